#include "sandbox/faults/gate.hpp"

#include <algorithm>
#include <memory>
#include <thread>

namespace perennial::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t latency_ms_default = 250;
constexpr std::int64_t trickle_ms_default = 1200;
constexpr std::int64_t visible_after_ms_default = 1500;
constexpr std::int64_t lands_after_ms_default = 10000;
constexpr std::int64_t unrepeated_ms_default = 120000;
constexpr milliseconds repeat_look_every(200);

milliseconds wait_of(const Fault& fault, std::string_view name, std::int64_t fallback) {
  return milliseconds(number_of(fault.params, name, fallback));
}

Reply dropped() {
  Reply reply;
  reply.finish = Finish::drop;
  return reply;
}

// Restores the ambient visibility even when a system throws.
class HiddenScope {
 public:
  HiddenScope(Visibility& visibility, milliseconds hidden_for) : visibility_(visibility) {
    visibility_.hidden_for = hidden_for;
  }
  ~HiddenScope() { visibility_.hidden_for = milliseconds(0); }
  HiddenScope(const HiddenScope&) = delete;
  HiddenScope& operator=(const HiddenScope&) = delete;

 private:
  Visibility& visibility_;
};

// Ends a call that has begun, whatever happens in between.
class CallScope {
 public:
  CallScope(System& system, const Request& request) : system_(system), request_(request) {}
  ~CallScope() { system_.end(request_); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  System& system_;
  const Request& request_;
};

}  // namespace

Reply Gate::handle(const Request& request) {
  if (auto refused = system_.begin(request)) return Reply{std::move(*refused), Finish::whole, {}};
  const CallScope scope(system_, request);
  std::optional<Fault> fault;
  {
    const std::lock_guard lock(estate_.mutex);
    CallKind kind = system_.kind_of(request);
    kind.is_admitted = system_.is_admitted(request);
    fault = faults_.choose(FaultedCall{system_.name(), request, kind, renewal_of(request)});
  }
  Reply reply = apply(request, fault);
  reply.response.with("Date", format_http_date(estate_.clock.now()));
  return reply;
}

std::string Gate::renewal_of(const Request& request) const {
  std::string text = request.path + " " + request.query + " " + request.body;
  text += " " + std::string(request.header("Idempotency-Key"));
  return estate_.traced(text);
}

Response Gate::run(const Request& request, bool fails_some) {
  const std::lock_guard lock(estate_.mutex);
  return system_.handle(request, fails_some);
}

Response Gate::refusal(Refusal refusal, const Request& request) {
  const std::lock_guard lock(estate_.mutex);
  return system_.refuse(refusal, request);
}

Reply Gate::apply(const Request& request, const std::optional<Fault>& fault) {
  if (!fault) return Reply{run(request, false), Finish::whole, {}};
  switch (fault->kind) {
    case FaultKind::latency:
      std::this_thread::sleep_for(wait_of(*fault, "ms", latency_ms_default));
      return Reply{run(request, false), Finish::whole, {}};
    case FaultKind::throttle:
      return Reply{refusal(Refusal::throttled, request), Finish::whole, {}};
    case FaultKind::unavailable:
      return Reply{refusal(Refusal::unavailable, request), Finish::whole, {}};
    case FaultKind::expired_token:
      return Reply{refusal(Refusal::expired, request), Finish::whole, {}};
    case FaultKind::drop_before:
      return dropped();
    case FaultKind::late_effect:
      return answer_late(request, *fault);
    case FaultKind::server_error:
      return Reply{refusal(Refusal::broken, request), Finish::whole, {}};
    default:
      return execute(request, fault->kind, *fault);
  }
}

Reply Gate::answer_late(const Request& request, const Fault& fault) {
  const std::lock_guard lock(estate_.mutex);
  const auto kept = std::make_shared<Request>(request);
  const milliseconds wait = wait_of(fault, "lands_after_ms", lands_after_ms_default);
  const Json& after_repeat = member_of(fault.params, "after_repeat");
  if (after_repeat.is_boolean() && after_repeat.get<bool>()) {
    const SteadyTime latest =
        estate_.clock.steady() + wait_of(fault, "unrepeated_ms", unrepeated_ms_default);
    land_after_repeat({kept, renewal_of(request), estate_.ledger.rows().size(), wait, latest});
  } else {
    estate_.alarms.after(wait, [this, kept] { system_.land(*kept); });
  }
  return dropped();
}

// A caller that is slow to repeat its call would otherwise find the first one and never repeat it.
void Gate::land_after_repeat(const LateCall& call) {
  const std::vector<LedgerRow>& rows = estate_.ledger.rows();
  const bool is_repeated = std::any_of(rows.begin() + static_cast<std::ptrdiff_t>(call.rows_before),
                                       rows.end(), [&](const LedgerRow& row) {
                                         return row.effect.system == system_.name() &&
                                                row.effect.renewal == call.renewal;
                                       });
  if (is_repeated) {
    estate_.alarms.after(call.wait, [this, call] { system_.land(*call.request); });
  } else if (estate_.clock.steady() >= call.latest) {
    system_.land(*call.request);
  } else {
    estate_.alarms.after(repeat_look_every, [this, call] { land_after_repeat(call); });
  }
}

Reply Gate::execute(const Request& request, FaultKind kind, const Fault& fault) {
  if (kind == FaultKind::partial_success && !system_.kind_of(request).is_batch) {
    return Reply{refusal(Refusal::locked, request), Finish::whole, {}};
  }
  const std::lock_guard lock(estate_.mutex);
  const milliseconds hidden_for = kind == FaultKind::late_visible
                                      ? wait_of(fault, "visible_after_ms", visible_after_ms_default)
                                      : milliseconds(0);
  const HiddenScope scope(estate_.visibility, hidden_for);
  Reply reply;
  reply.response = system_.handle(request, kind == FaultKind::partial_success);
  switch (kind) {
    case FaultKind::drop_after:
    case FaultKind::late_visible:
      reply.finish = Finish::drop;
      break;
    case FaultKind::malformed_body:
      // A bodiless answer can only be malformed by missing altogether.
      if (reply.response.body.empty())
        reply.finish = Finish::drop;
      else
        reply.finish = estate_.random.chance(0.5) ? Finish::truncate : Finish::garble;
      break;
    case FaultKind::slow_trickle:
      reply.finish = Finish::trickle;
      reply.trickle_for = wait_of(fault, "ms", trickle_ms_default);
      break;
    default:
      break;
  }
  return reply;
}

}  // namespace perennial::sandbox
