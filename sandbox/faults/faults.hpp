// Fault switches: which calls fail, how, and how often it has happened.
//
// Thread:  guarded by the estate's mutex.
// Errors:  add answers a reason for a rule it cannot understand and changes nothing.
// Format:  sandbox/README.md, POST /faults.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "sandbox/base/json.hpp"
#include "sandbox/base/random.hpp"
#include "sandbox/base/system.hpp"

namespace perennial::sandbox {

enum class FaultKind {
  latency,
  throttle,
  unavailable,
  expired_token,
  drop_before,
  drop_after,
  partial_success,
  malformed_body,
  slow_trickle,
  late_visible,
  late_effect,
  server_error,
};

inline constexpr std::array all_fault_kinds{
    FaultKind::latency,         FaultKind::throttle,       FaultKind::unavailable,
    FaultKind::expired_token,   FaultKind::drop_before,    FaultKind::drop_after,
    FaultKind::partial_success, FaultKind::malformed_body, FaultKind::slow_trickle,
    FaultKind::late_visible,    FaultKind::late_effect,    FaultKind::server_error,
};

std::string fault_name(FaultKind kind);  // "429" for throttle, "503" for unavailable,
                                         // "500" for server_error
std::optional<FaultKind> fault_from_name(const std::string& name);
bool fault_applies(FaultKind kind, const CallKind& call);

// One call as the rules see it.
struct FaultedCall {
  std::string system;
  const Request& request;
  CallKind kind;
  std::string renewal;
};

struct Fault {
  FaultKind kind = FaultKind::latency;
  Json params = Json::object();
};

struct FaultRule {
  int id = 0;
  std::string system;  // "*" for all
  FaultKind kind = FaultKind::latency;
  double rate = 1.0;
  std::optional<int> limit;
  std::string method;
  std::string path_pattern;
  std::optional<std::regex> path_regex;
  std::string renewal;
  Json params = Json::object();
  int injected = 0;
  Random random{0};
};

class Faults {
 public:
  explicit Faults(std::uint64_t seed) : seed_(seed), preset_random_(seed ^ 0xFA17ULL) {}

  // The new rule's id, or a reason.
  std::optional<std::string> add(const Json& rule, int* id);
  bool remove(int id);
  void remove_all();

  // The fault to inject into this call, if any; counts it.
  std::optional<Fault> choose(const FaultedCall& call);

  // Spreads `rate` of all calls over every kind but late_effect and server_error, on every system.
  struct Preset {
    double rate = 0.15;
    int floor = 20;           // every kind happens at least this often on every system
    double floor_rate = 0.5;  // how hard a system is pressed until then
    int streak_max = 3;       // faults in a row on one renewal's same call
    Json params = Json::object();
  };
  void set_preset(const Preset& preset);
  void clear_preset();

  Json describe() const;

 private:
  struct SystemCounts {
    std::uint64_t calls = 0;
    std::uint64_t preset_injected = 0;
    std::map<FaultKind, int> by_preset;
    std::map<FaultKind, int> total;
    std::map<std::string, int> streaks;
  };

  std::optional<Fault> choose_by_rule(const FaultedCall& call);
  std::optional<Fault> choose_by_preset(const FaultedCall& call, SystemCounts& counts);
  static std::optional<FaultKind> scarcest(const CallKind& call, const SystemCounts& counts);
  static bool is_matched(const FaultRule& rule, const FaultedCall& call);

  std::uint64_t seed_;
  Random preset_random_;
  int next_id_ = 1;
  std::vector<FaultRule> rules_;
  std::optional<Preset> preset_;
  std::map<std::string, SystemCounts> counts_;
};

}  // namespace perennial::sandbox
