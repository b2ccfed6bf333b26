// The business of a simulated world: facts that a source, a register of records and HTTP callers give,
// and the process that follows from them.
//
// Rule:    what must follow from a fact stands here a second time, without the runtime's router, so
//          that a check can ask for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/pipeline/graph.hpp"
#include "tests/simulation/profile.hpp"

namespace perennial::simulation {

inline constexpr std::string_view crm = "crm";
inline constexpr std::string_view facts_source = "facts";
inline constexpr std::string_view records_source = "records";

// The operations, by what makes a second send of them safe.
struct OperationShape {
  std::string_view connector;
  std::string_view operation;
  pipeline::Idempotency idempotency;
  bool has_lookup;
  TimeMs key_window_ms;
  bool may_be_pending;
  std::string_view follow_up;  // type of the event that tells it; empty = none
};

inline constexpr TimeMs settle_ms = 2'000;
inline constexpr TimeMs deadline_ms = 15'000;
inline constexpr TimeMs join_within_ms = 600'000;

[[nodiscard]] const std::vector<OperationShape>& operation_shapes();
[[nodiscard]] const OperationShape& shape_of(std::string_view connector,
                                             std::string_view operation);

struct Fact {
  Bytes event;
  std::string id;
  std::string type;
  std::string correlation;
  std::uint64_t number = 0;  // its place among those of its kind and correlation
  bool is_bad = false;       // breaks its schema: must be refused and visible
};

// An effect that must be there once everything settled.
struct Duty {
  std::string connector;
  std::string operation;
  std::string correlation;
  std::string event;  // id of the event; empty = of a follow-up, whose id is the runtime's
};

class Estate {
 public:
  Estate(Clockwork& clock, std::uint64_t events);

  [[nodiscard]] const std::vector<Fact>& facts() const { return facts_; }
  [[nodiscard]] const std::vector<Fact>& records() const { return records_; }
  [[nodiscard]] const std::vector<Fact>& posts() const { return posts_; }
  [[nodiscard]] std::vector<Duty> duties_of_sources() const;
  [[nodiscard]] static Duty duty_of_post(const Fact& fact);
  [[nodiscard]] std::uint64_t bad_facts() const;

  // `revision` changes names and retries, never identities; `has_notify` false = an operation is gone.
  [[nodiscard]] static pipeline::Graph graph(const Profile& profile, std::uint32_t revision,
                                             bool has_notify);
  // What a connector tells after it did the operation for `event`.
  [[nodiscard]] static Bytes follow_up(const OperationShape& shape, std::string_view key,
                                       std::string_view correlation);

 private:
  std::vector<Fact> facts_;
  std::vector<Fact> records_;
  std::vector<Fact> posts_;
  std::vector<Duty> edges_;  // what the register's versions must lead to
};

}  // namespace perennial::simulation
