// Questions to the view: renewals, timelines, exceptions, events, connectors.
//
// Place:   admin's read routes, and the command line when no runtime is up.
// Thread:  any; one connection behind a lock, so callers that must not block ask from a pool.
// Errors:  Status with the database's words; not_found where one thing was asked for by name.
// Limits:  lists give at most `limit` rows and a cursor to go on with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/view/rows.hpp"

namespace perennial::view {

template <typename Row>
struct Page {
  std::vector<Row> rows;
  std::string next;  // opaque; empty in lists that are over, never empty in a timeline
};

struct RenewalFilter {
  std::string state = {};
  std::string cursor = {};
  std::size_t limit = 100;
};

struct ExceptionFilter {
  std::string state = {};
  std::string owner = {};
  std::string cause = {};
  std::string connector = {};
  std::string correlation = {};
  std::size_t limit = 100;
};

struct EventFilter {
  std::string type = {};
  std::string correlation = {};
  std::string cursor = {};
  std::size_t limit = 100;
};

struct RenewalStory {
  RenewalRow renewal;
  std::vector<TimelineRow> timeline;
  std::vector<DeliveryRow> deliveries;
  std::vector<ExceptionRow> exceptions;
};

struct Applied {
  std::uint32_t partition = 0;
  Position position = 0;
};

class View {
 public:
  [[nodiscard]] static Result<std::unique_ptr<View>> open(const std::string& path);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  [[nodiscard]] Result<Page<RenewalRow>> renewals(const RenewalFilter& filter) const;
  // The correlation id that any id of the renewal stands for: its own, that of an exception, an
  // event or a delivery, or one of another system. Code::conflict when several renewals bear it.
  [[nodiscard]] Result<std::string> resolve(const std::string& id) const;
  [[nodiscard]] Result<RenewalStory> renewal(const std::string& correlation) const;
  // Oldest first; `after` is the `next` of an earlier page or empty.
  [[nodiscard]] Result<Page<TimelineRow>> timeline(const std::string& after,
                                                   std::size_t limit) const;
  [[nodiscard]] Result<std::vector<ExceptionRow>> exceptions(const ExceptionFilter& filter) const;
  [[nodiscard]] Result<ExceptionRow> exception(const std::string& id) const;
  [[nodiscard]] Result<Page<EventRow>> events(const EventFilter& filter) const;
  // All events with this id, of whatever source.
  [[nodiscard]] Result<std::vector<EventRow>> event(const std::string& id) const;
  [[nodiscard]] Result<std::vector<ConnectorRow>> connectors() const;
  [[nodiscard]] Result<std::vector<Applied>> applied() const;

 private:
  struct Parts;
  explicit View(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace perennial::view
