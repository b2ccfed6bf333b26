#include "plugins/http/faults.hpp"

#include <algorithm>

namespace perennial::plugins::http {
namespace {

namespace kinds = common::kinds;
using common::Fault;

struct Pairing {
  Word word;
  sdk::OutcomeKind kind;
};
constexpr Pairing pairings[] = {
    {Word::done, sdk::OutcomeKind::done}, {Word::already_done, sdk::OutcomeKind::already_done},
    {Word::rejected, kinds::rejected},    {Word::try_again, kinds::try_again},
    {Word::throttled, kinds::throttled},  {Word::unauthorized, kinds::unauthorized},
    {Word::unknown, kinds::unknown},
};

// The remote's own words where the call says where they stand.
void put_own_words(const Call& call, const Seen& seen, Fault& fault) {
  const std::string code = text_of_place(call.error_code, seen.body);
  const std::string text = text_of_place(call.error_text, seen.body);
  if (!code.empty()) fault.code = code;
  if (!text.empty()) fault.text = text;
}

Verdict listed(const Call& call, const Rule& rule, const Seen& seen, bool is_read) {
  Verdict verdict;
  verdict.word = rule.outcome;
  verdict.is_listed = true;
  verdict.fault = common::fault_of_status(seen.response, is_read);
  verdict.fault.kind = kind_of(rule.outcome);
  if (rule.at) {
    const std::string value = text_of_place(rule.at, seen.body);
    verdict.fault.text = "the answer has " +
                         (value.empty() ? "nothing" : common::excerpt_of(value)) + " at " +
                         rule.at->text();
  }
  put_own_words(call, seen, verdict.fault);
  if (!rule.code.empty()) verdict.fault.code = rule.code;
  return verdict;
}

}  // namespace

Word word_of(sdk::OutcomeKind kind) {
  const auto* found = std::find_if(std::begin(pairings), std::end(pairings),
                                   [&](const Pairing& one) { return one.kind == kind; });
  // Out of reach is said by faults of the transport alone, as something to try again.
  return found == std::end(pairings) ? Word::try_again : found->word;
}

sdk::OutcomeKind kind_of(Word word) {
  const auto* found = std::find_if(std::begin(pairings), std::end(pairings),
                                   [&](const Pairing& one) { return one.word == word; });
  return found == std::end(pairings) ? kinds::unknown : found->kind;
}

Fault unlisted_fault(const common::HttpResponse& response, bool is_read) {
  Fault fault = common::fault_of_status(response, is_read);
  // A gateway's credentials are the connection's matter, not one delivery's.
  if (response.status == 407) fault.kind = kinds::unauthorized;
  // RFC 9110 lets a server say 503 before or after it acted, and gateways say it for their own
  // timeouts: only the table of a call can promise that nothing was applied.
  if (response.status >= 500 && !is_read) fault.kind = kinds::unknown;
  if (response.status >= 300 && response.status < 400) {
    // 307 and 308 ask to send the same request elsewhere, so it was not acted on here. The others
    // may be how a form answers when it has acted (RFC 9110, 15.4).
    const bool is_unacted = is_read || response.status == 307 || response.status == 308;
    fault.kind = is_unacted ? kinds::rejected : kinds::unknown;
    fault.text = "HTTP " + std::to_string(response.status) +
                 ": the remote redirects, which is not followed; correct `base_url` or the path";
  }
  return fault;
}

Verdict judge(const Call& call, const Seen& seen, const Scope& scope, bool is_read) {
  const int status = seen.response.status;
  const bool is_success = common::is_success(status);
  Verdict verdict;
  if (is_success && !seen.unreadable.empty() && reads_body(call, status)) {
    verdict.fault = common::unreadable_answer(seen.unreadable);
    if (is_read) verdict.fault = common::as_read(std::move(verdict.fault));
    verdict.word = word_of(verdict.fault.kind);
    return verdict;
  }
  for (const Rule& rule : call.answers) {
    if (fits(rule, seen, scope)) return listed(call, rule, seen, is_read);
  }
  if (is_success) {
    verdict.word = Word::done;
    return verdict;
  }
  verdict.fault = unlisted_fault(seen.response, is_read);
  put_own_words(call, seen, verdict.fault);
  verdict.word = word_of(verdict.fault.kind);
  return verdict;
}

}  // namespace perennial::plugins::http
