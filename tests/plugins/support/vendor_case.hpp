// One delivery for a client under test.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_VENDOR_CASE_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_VENDOR_CASE_HPP

#include "plugins/common/deliveries.hpp"
#include "tests/plugins/support/replies.hpp"
#include "tests/plugins/support/scripted_transport.hpp"

namespace perennial::tests {

inline constexpr std::int64_t test_now_ms = 1'796'000'000'000;  // 2026-11-30T00:53:20Z

// Keeps alive what a Request borrows.
class Case {
 public:
  explicit Case(Json payload, std::string key = "key-1", std::uint32_t attempt = 1)
      : payload_(std::move(payload)), key_(std::move(key)), attempt_(attempt) {}

  plugins::common::Request request() { return {key_, payload_, attempt_, deadline_, test_now_ms}; }

 private:
  Json payload_;
  std::string key_;
  std::uint32_t attempt_;
  plugins::common::Deadline deadline_{30'000};
};

inline sdk::Value config_value(const Json& config) {
  return sdk::decode(plugins::common::msgpack_of(config)).value;
}

// The ways in which the answer to a change can get lost, with what each means.
struct Loss {
  plugins::common::Phase phase;
  const char* code;
  sdk::OutcomeKind kind;
};
inline constexpr Loss losses[] = {
    {plugins::common::Phase::surely_not_sent, "connect_failed", sdk::OutcomeKind::not_connected},
    {plugins::common::Phase::maybe_sent, "timeout", sdk::OutcomeKind::unknown},
    {plugins::common::Phase::maybe_sent, "answer_cut_short", sdk::OutcomeKind::unknown}};

}  // namespace perennial::tests

#endif
