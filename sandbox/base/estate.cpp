#include "sandbox/base/estate.hpp"

#include <cctype>

namespace perennial::sandbox {
namespace {

constexpr std::size_t traced_text_bytes_max = 8192;

bool is_id_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

}  // namespace

Estate::Estate(const EstateOptions& options)
    : plan(plan_estate(options.plan)), random(options.plan.seed ^ 0x5EEDULL), options_(options) {
  for (std::size_t i = 0; i < plan.renewals.size(); ++i) {
    PlannedRenewal& renewal = plan.renewals[i];
    numbers_[renewal.number] = i;
    trace(renewal.opportunity_id, renewal.number);
    trace(renewal.subscription_id, renewal.number);
    for (const PlannedLine& line : renewal.lines) trace(line.crm_id, renewal.number);
    const PlannedAccount& account = account_of(renewal);
    if (account.renewals == 1) {
      trace(account.billing_customer, renewal.number);
      trace(account.entitlement_user, renewal.number);
      trace(account.erp_customer, renewal.number);
    }
  }
}

PlannedRenewal* Estate::renewal(const std::string& number) {
  const auto found = numbers_.find(number);
  return found == numbers_.end() ? nullptr : &plan.renewals[found->second];
}

const PlannedAccount& Estate::account_of(const PlannedRenewal& renewal) const {
  return plan.accounts[renewal.account];
}

void Estate::trace(const std::string& record_id, const std::string& renewal_number) {
  if (!record_id.empty() && !renewal_number.empty()) traces_[record_id] = renewal_number;
}

std::string Estate::traced(std::string_view text) const {
  text = text.substr(0, traced_text_bytes_max);
  std::string number = find_renewal_number(text);
  if (!number.empty()) return number;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = begin;
    while (end < text.size() && is_id_letter(text[end])) ++end;
    if (end - begin >= 5) {
      const auto found = traces_.find(std::string(text.substr(begin, end - begin)));
      if (found != traces_.end()) return found->second;
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace perennial::sandbox
