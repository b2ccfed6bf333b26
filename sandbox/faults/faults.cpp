#include "sandbox/faults/faults.hpp"

#include <algorithm>

namespace perennial::sandbox {
namespace {

constexpr std::array<std::string_view, all_fault_kinds.size()> fault_names{"latency",
                                                                           "429",
                                                                           "503",
                                                                           "expired_token",
                                                                           "drop_before",
                                                                           "drop_after",
                                                                           "partial_success",
                                                                           "malformed_body",
                                                                           "slow_trickle",
                                                                           "late_visible",
                                                                           "late_effect",
                                                                           "500"};

constexpr std::array systems{"crm", "erp", "billing", "entitlement", "*"};

std::string kind_list() {
  std::string list;
  for (const std::string_view name : fault_names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

// One call of one renewal; ids in the path do not matter, its shape and method do.
std::string streak_key(const FaultedCall& call) {
  const std::string_view target = call.request.target;
  return call.request.method + " " + call.renewal + " " +
         std::string(target.substr(0, target.find_first_of("?(")));
}

}  // namespace

std::string fault_name(FaultKind kind) {
  return std::string(fault_names.at(static_cast<std::size_t>(kind)));
}

std::optional<FaultKind> fault_from_name(const std::string& name) {
  const auto found = std::find(fault_names.begin(), fault_names.end(), name);
  if (found == fault_names.end()) return std::nullopt;
  return static_cast<FaultKind>(found - fault_names.begin());
}

bool fault_applies(FaultKind kind, const CallKind& call) {
  switch (kind) {
    case FaultKind::expired_token:
      return call.can_expire && !call.is_authentication;
    case FaultKind::drop_after:
    case FaultKind::partial_success:
    case FaultKind::late_visible:
    case FaultKind::server_error:
      return call.is_write && !call.is_authentication;
    case FaultKind::late_effect:
      // On a call that is refused anyway it would be spent without any effect that lands.
      return call.is_write && !call.is_authentication && call.is_admitted;
    default:
      return true;
  }
}

std::optional<std::string> Faults::add(const Json& spec, int* id) {
  if (!spec.is_object()) return "expected a JSON object that describes one fault";
  FaultRule rule;
  rule.system = spec.contains("system") ? text_of(spec, "system") : "*";
  if (std::find(systems.begin(), systems.end(), rule.system) == systems.end()) {
    return "expected \"system\" to be crm, erp, billing, entitlement or *, but it is \"" +
           rule.system + "\"";
  }
  const auto kind = fault_from_name(text_of(spec, "kind"));
  if (!kind) {
    return "expected \"kind\" to be one of " + kind_list() + ", but it is \"" +
           text_of(spec, "kind") + "\"";
  }
  rule.kind = *kind;
  if (spec.contains("rate")) {
    const Json& rate = spec["rate"];
    if (!rate.is_number() || rate.get<double>() < 0 || rate.get<double>() > 1) {
      return "expected \"rate\" to be a number between 0 and 1";
    }
    rule.rate = rate.get<double>();
  }
  if (spec.contains("limit")) rule.limit = static_cast<int>(number_of(spec, "limit"));
  const Json& match = member_of(spec, "match");
  rule.method = text_of(match, "method");
  rule.renewal = text_of(match, "renewal");
  rule.path_pattern = text_of(match, "path_regex");
  if (!rule.path_pattern.empty()) {
    try {
      rule.path_regex = std::regex(rule.path_pattern, std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
      return "expected \"match.path_regex\" to be a regular expression, but " +
             std::string(error.what());
    }
  }
  if (member_of(spec, "params").is_object()) rule.params = spec["params"];
  rule.id = next_id_++;
  rule.random = Random(seed_ ^ (static_cast<std::uint64_t>(rule.id) * 0x9E37ULL));
  if (id != nullptr) *id = rule.id;
  rules_.push_back(std::move(rule));
  return std::nullopt;
}

bool Faults::remove(int id) {
  const auto before = rules_.size();
  std::erase_if(rules_, [id](const FaultRule& rule) { return rule.id == id; });
  return rules_.size() != before;
}

void Faults::remove_all() {
  rules_.clear();
  preset_.reset();
}

void Faults::set_preset(const Preset& preset) {
  preset_ = preset;
}

void Faults::clear_preset() {
  preset_.reset();
}

bool Faults::is_matched(const FaultRule& rule, const FaultedCall& call) {
  if (rule.system != "*" && rule.system != call.system) return false;
  if (rule.limit && rule.injected >= *rule.limit) return false;
  if (!fault_applies(rule.kind, call.kind)) return false;
  if (!rule.method.empty() && rule.method != call.request.method) return false;
  if (!rule.renewal.empty() && rule.renewal != call.renewal) return false;
  return !rule.path_regex || std::regex_search(call.request.path, *rule.path_regex);
}

std::optional<Fault> Faults::choose_by_rule(const FaultedCall& call) {
  for (FaultRule& rule : rules_) {
    if (!is_matched(rule, call) || !rule.random.chance(rule.rate)) continue;
    ++rule.injected;
    return Fault{rule.kind, rule.params};
  }
  return std::nullopt;
}

std::optional<FaultKind> Faults::scarcest(const CallKind& call, const SystemCounts& counts) {
  std::optional<FaultKind> best;
  int fewest = 0;
  for (const FaultKind kind : all_fault_kinds) {
    const bool is_by_rule = kind == FaultKind::late_effect || kind == FaultKind::server_error;
    if (is_by_rule || !fault_applies(kind, call)) continue;
    const auto found = counts.by_preset.find(kind);
    const int count = found == counts.by_preset.end() ? 0 : found->second;
    if (!best || count < fewest) {
      best = kind;
      fewest = count;
    }
  }
  return best;
}

std::optional<Fault> Faults::choose_by_preset(const FaultedCall& call, SystemCounts& counts) {
  int& streak = counts.streaks[streak_key(call)];
  const auto kind = scarcest(call.kind, counts);
  const bool below_floor = kind && counts.by_preset[*kind] < preset_->floor;
  // Below the floor a system is pressed harder; above it the debt keeps the rate over all calls.
  const bool in_debt = static_cast<double>(counts.preset_injected) <
                       preset_->rate * static_cast<double>(counts.calls);
  const double chance = below_floor ? preset_->floor_rate : (in_debt ? 0.5 : 0.0);
  if (!kind || streak >= preset_->streak_max || !preset_random_.chance(chance)) {
    streak = 0;
    return std::nullopt;
  }
  ++streak;
  ++counts.by_preset[*kind];
  ++counts.preset_injected;
  return Fault{*kind, preset_->params};
}

std::optional<Fault> Faults::choose(const FaultedCall& call) {
  SystemCounts& counts = counts_[call.system];
  ++counts.calls;
  std::optional<Fault> fault = choose_by_rule(call);
  if (!fault && preset_) fault = choose_by_preset(call, counts);
  if (fault) ++counts.total[fault->kind];
  return fault;
}

Json Faults::describe() const {
  Json rules = Json::array();
  for (const FaultRule& rule : rules_) {
    Json shown{{"id", rule.id},     {"system", rule.system}, {"kind", fault_name(rule.kind)},
               {"rate", rule.rate}, {"params", rule.params}, {"injected", rule.injected}};
    shown["match"] = {
        {"method", rule.method}, {"path_regex", rule.path_pattern}, {"renewal", rule.renewal}};
    if (rule.limit) shown["limit"] = *rule.limit;
    rules.push_back(std::move(shown));
  }
  Json injected = Json::object();
  Json calls = Json::object();
  std::uint64_t total = 0;
  for (const auto& [system, counts] : counts_) {
    calls[system] = counts.calls;
    for (const FaultKind kind : all_fault_kinds) {
      const auto found = counts.total.find(kind);
      const int count = found == counts.total.end() ? 0 : found->second;
      injected[system][fault_name(kind)] = count;
      total += static_cast<std::uint64_t>(count);
    }
  }
  Json preset = nullptr;
  if (preset_) preset = {{"rate", preset_->rate}, {"floor", preset_->floor}};
  return {{"rules", rules},
          {"preset", preset},
          {"injected", injected},
          {"calls", calls},
          {"injected_total", total}};
}

}  // namespace perennial::sandbox
