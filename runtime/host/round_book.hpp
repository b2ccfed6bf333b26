// Which rounds of events are on their way to disk, and what follows when they are there.
//
// Place:   connector_host's I/O thread.
// Thread:  one.
// Errors:  a send that fails ends the connection; clear() then forgets everything, because the
//          sources read again from the journaled cursors.
// Limits:  a frame carries at most entries_max events and about bytes_max bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "runtime/host/host_links.hpp"
#include "runtime/host/host_shared.hpp"

namespace perennial::host {

class RoundBook {
 public:
  using OnDurable = std::function<void(const Round&)>;

  // `on_durable` is told when a round and its cursor are on disk.
  RoundBook(HostShared& shared, HostLinks& links, OnDurable on_durable)
      : shared_(shared), links_(links), on_durable_(std::move(on_durable)) {}

  // Sends the round's events.
  [[nodiscard]] Status begin(std::shared_ptr<Round> round);
  // Sends a refusal that belongs to no round.
  [[nodiscard]] Status refuse(std::size_t partition, std::string_view source,
                              const OwnedRefusal& refusal);
  [[nodiscard]] Status events_durable(std::size_t partition, std::string_view source,
                                      std::uint64_t batch);
  [[nodiscard]] Status cursor_durable(std::string_view source, std::uint64_t batch);
  void clear();
  [[nodiscard]] bool is_empty() const { return lines_.empty(); }

 private:
  struct Open {
    std::shared_ptr<Round> round;
    std::size_t frames = 0;  // not yet durable
    std::uint64_t last_batch = 0;
    bool is_cursor_sent = false;
    bool is_done = false;
  };
  using Key = std::tuple<std::size_t, std::string, std::uint64_t>;

  [[nodiscard]] Status send_part(std::size_t partition, const std::shared_ptr<Open>& open,
                                 bool has_refusals);
  [[nodiscard]] Status send_frame(std::size_t partition, const std::shared_ptr<Open>& open,
                                  wire::Events& frame);
  [[nodiscard]] Status advance(const std::string& source);

  HostShared& shared_;
  HostLinks& links_;
  OnDurable on_durable_;
  std::uint64_t last_batch_ = 0;
  std::map<Key, std::shared_ptr<Open>> frames_;
  std::map<std::string, std::deque<std::shared_ptr<Open>>, std::less<>> lines_;  // by source
};

}  // namespace perennial::host
