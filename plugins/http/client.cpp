#include "plugins/http/client.hpp"

namespace perennial::plugins::http {
namespace {

using common::Answer;
using common::Fault;
using common::Json;
using common::Request;
using sdk::OutcomeKind;

// An outcome crosses the boundary as one record; a longer answer is left out of it.
constexpr std::size_t body_bytes_max = PERENNIAL_RECORD_BYTES_MAX;

sdk::Outcome applied(OutcomeKind kind, const Json& receipt, const Json& answer, const Json& found) {
  sdk::Outcome outcome;
  outcome.kind = kind;
  outcome.receipt = common::msgpack_of(receipt);
  if (outcome.receipt.size() > PERENNIAL_RECEIPT_BYTES_MAX) {
    Fault fault = common::unreadable_answer("what the call takes exceeds " +
                                            std::to_string(PERENNIAL_RECEIPT_BYTES_MAX) +
                                            " bytes; take identifiers only");
    fault.code = "receipt_too_large";
    return common::outcome_of(fault);
  }
  outcome.body = common::msgpack_of({{"answer", answer}, {"found", found}});
  if (outcome.body.size() > body_bytes_max) {
    outcome.body = common::msgpack_of({{"answer", nullptr}, {"found", found}});
  }
  return outcome;
}

sdk::LookupKind kind_of_lookup(Word word) {
  switch (word) {
    case Word::done:
      return sdk::LookupKind::done;
    case Word::absent:
      return sdk::LookupKind::absent;
    case Word::several:
      return sdk::LookupKind::several;
    case Word::in_progress:
      return sdk::LookupKind::in_progress;
    default:
      return sdk::LookupKind::cannot_tell;
  }
}

sdk::LookupAnswer cannot_tell(std::string code, std::string text) {
  return common::lookup_answer_of(
      {common::kinds::rejected, std::move(code), std::move(text), -1, 0});
}

// How many the answer of a success has, when the call says where that stands; nothing when it is
// not there, which is a fault unless a row of the table fits without it.
struct Counted {
  bool is_asked = false;
  std::optional<std::int64_t> count;

  bool is_off() const { return is_asked && count && *count != 1; }
};

Counted counted(const Call& call, const Seen& seen) {
  Counted counted;
  counted.is_asked = call.count.has_value() && common::is_success(seen.response.status);
  if (!counted.is_asked) return counted;
  counted.count = count_of(*call.count, seen.body);
  if (counted.count && *counted.count < 0) counted.count.reset();
  return counted;
}

std::string no_count(const Call& call) {
  return "the answer of call " + call.name + " has no number and no list at " + call.count->text();
}

sdk::LookupAnswer by_count(std::int64_t count) {
  sdk::LookupAnswer answer;
  answer.kind = count == 0 ? sdk::LookupKind::absent : sdk::LookupKind::several;
  answer.matches = static_cast<std::uint32_t>(std::min<std::int64_t>(count, UINT32_MAX));
  answer.text = "the remote has " + std::to_string(count);
  return answer;
}

Fault not_one(const Call& call, std::int64_t count) {
  return {common::kinds::rejected, count == 0 ? "none_found" : "several_found",
          "call " + call.name + " has to find one, but the remote has " + std::to_string(count)};
}

}  // namespace

Answer<const Call*> Client::pick(std::string_view operation, const Json& payload) const {
  std::string known;
  const Call* only = nullptr;
  std::size_t count = 0;
  const std::string wanted = common::text_at(payload, {"call"});
  for (const auto& call : config_.calls) {
    if (call->operation != operation) continue;
    if (call->name == wanted) return call.get();
    known += (known.empty() ? "" : ", ") + call->name;
    only = call.get();
    ++count;
  }
  if (count == 1 && wanted.empty()) return only;
  return tl::unexpected(Fault{
      common::kinds::rejected, "call_unknown",
      count == 0
          ? "no call of the configuration has `operation: " + std::string(operation) + "`; add one"
          : "expected the field `call` of the payload to be one of " + known + ", but it is " +
                (wanted.empty() ? "not there" : wanted)});
}

Answer<Client::Judged> Client::perform(const Call& call, const Scope& scope, const Request& request,
                                       bool is_read) {
  const Answer<common::HttpRequest> made = caller_.request(call, scope);
  if (!made) return tl::unexpected(made.error());
  Answer<Seen> seen = caller_.send(*made, request.deadline, request.now_ms);
  if (!seen) return tl::unexpected(is_read ? common::as_read(seen.error()) : seen.error());
  Verdict verdict = judge(call, *seen, scope, is_read);
  return Judged{std::move(*seen), std::move(verdict)};
}

std::optional<sdk::Outcome> Client::run_first(const Call& call, const Request& request,
                                              Json& found) {
  if (call.first == nullptr) return std::nullopt;
  const Json nothing = Json::object();
  const Scope scope{request.payload, nothing, request.key};
  const Answer<Judged> judged = perform(*call.first, scope, request, true);
  if (!judged) return common::outcome_of(judged.error());
  const auto& [seen, verdict] = *judged;
  const Counted found_count = counted(*call.first, seen);
  if (found_count.is_off()) return common::outcome_of(not_one(*call.first, *found_count.count));
  if (verdict.word != Word::done && verdict.word != Word::already_done) {
    return common::outcome_of(verdict.fault);
  }
  if (found_count.is_asked && !found_count.count && !verdict.is_listed) {
    return common::outcome_of(common::as_read(common::unreadable_answer(no_count(*call.first))));
  }
  Answer<Json> taken = taken_of(*call.first, seen, scope);
  if (!taken) return common::outcome_of(common::as_read(taken.error()));
  if (verdict.word == Word::already_done) {
    return applied(OutcomeKind::already_done, *taken, seen.body, *taken);
  }
  found = std::move(*taken);
  return std::nullopt;
}

sdk::Outcome Client::execute(std::string_view operation, const Request& request) {
  const Answer<const Call*> picked = pick(operation, request.payload);
  if (!picked) return common::outcome_of(picked.error());
  const Call& call = **picked;
  Json found = Json::object();
  if (auto outcome = run_first(call, request, found)) return std::move(*outcome);
  const Scope scope{request.payload, found, request.key};
  const bool is_read = operation == "read";
  const Answer<Judged> judged = perform(call, scope, request, is_read);
  if (!judged) return common::outcome_of(judged.error());
  const auto& [seen, verdict] = *judged;
  if (verdict.word != Word::done && verdict.word != Word::already_done) {
    return common::outcome_of(verdict.fault);
  }
  const Answer<Json> receipt = taken_of(call, seen, scope);
  if (!receipt) {
    return common::outcome_of(is_read ? common::as_read(receipt.error()) : receipt.error());
  }
  return applied(kind_of(verdict.word), *receipt, seen.body, found);
}

sdk::LookupAnswer Client::find(std::string_view operation, const Request& request) {
  const Answer<const Call*> picked = pick(operation, request.payload);
  if (!picked) return common::lookup_answer_of(picked.error());
  const Call* call = (*picked)->lookup;
  if (call == nullptr) {
    return cannot_tell("lookup_missing",
                       "call " + (*picked)->name + " names no call in `lookup` that could tell");
  }
  Json found = Json::object();
  if (const auto outcome = run_first(*call, request, found)) {
    return cannot_tell(outcome->code, outcome->text);
  }
  const Scope scope{request.payload, found, request.key};
  const Answer<Judged> judged = perform(*call, scope, request, true);
  if (!judged) return common::lookup_answer_of(judged.error());
  const auto& [seen, verdict] = *judged;
  const Counted found_count = counted(*call, seen);
  if (found_count.is_off()) return by_count(*found_count.count);
  sdk::LookupAnswer answer;
  answer.kind = kind_of_lookup(verdict.word);
  answer.code = verdict.fault.code;
  answer.text = verdict.fault.text;
  answer.after_ms = verdict.fault.after_ms;
  if (answer.kind != sdk::LookupKind::done) return answer;
  if (found_count.is_asked && !found_count.count && !verdict.is_listed) {
    return cannot_tell("count_missing", no_count(*call));
  }
  const Answer<Json> receipt = taken_of(*call, seen, scope);
  if (!receipt) return common::lookup_answer_of(receipt.error());
  const sdk::Outcome outcome = applied(OutcomeKind::done, *receipt, seen.body, found);
  if (outcome.kind != OutcomeKind::done) return cannot_tell(outcome.code, outcome.text);
  answer.matches = 1;
  answer.code.clear();
  answer.text.clear();
  answer.receipt = outcome.receipt;
  answer.body = outcome.body;
  return answer;
}

void Client::check(const common::Deadline& deadline, std::int64_t now_ms, sdk::HealthReply& reply) {
  if (config_.health == nullptr) {
    reply.finding(sdk::Level::info, "health", "the configuration names no call in `health`");
    return;
  }
  const Json nothing = Json::object();
  const Request request{"", nothing, 1, deadline, now_ms};
  const Answer<Judged> judged = perform(*config_.health, {nothing, nothing, ""}, request, true);
  if (judged && judged->verdict.word == Word::done) {
    reply.finding(sdk::Level::info, "health", "call " + config_.health->name + " is answered");
    return;
  }
  const Fault& fault = judged ? judged->verdict.fault : judged.error();
  reply.finding(sdk::Level::error, "health",
                "call " + config_.health->name + ": " + fault.code + ": " + fault.text);
}

}  // namespace perennial::plugins::http
