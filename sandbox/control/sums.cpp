#include "sandbox/control/sums.hpp"

#include <algorithm>
#include <map>

#include "sandbox/base/plan.hpp"
#include "sandbox/stripe/currencies.hpp"

namespace perennial::sandbox {
namespace {

class Comparison {
 public:
  Comparison(const EstatePlan& plan, const PlannedRenewal& renewal,
             std::vector<std::string>& problems)
      : plan_(plan),
        renewal_(renewal),
        digits_(minor_digits(renewal.currency)),
        problems_(problems) {
    shown_["currency"] = renewal.currency;
    shown_["contract"] = renewal.amount_minor;
  }

  // A decimal of the record, in minor units; a problem when it is none of the currency.
  std::int64_t minor(const Json& record, const char* field, const std::string& name) {
    const Json& value = member_of(record, field);
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const auto parsed = parse_minor(text, digits_);
    if (!parsed) problems_.push_back(name + " says " + text + " " + renewal_.currency);
    return parsed.value_or(0);
  }

  void show(const std::string& name, std::int64_t total) {
    shown_[name] = total;
    if (total == renewal_.amount_minor) return;
    problems_.push_back(name + " sums to " + std::to_string(total) + " instead of " +
                        std::to_string(renewal_.amount_minor) + " " + renewal_.currency);
  }

  template <typename Rows>
  void show_sum(const std::string& name, const Rows& rows, const char* field) {
    std::int64_t total = 0;
    for (const auto& row : rows) {
      if constexpr (std::is_pointer_v<std::decay_t<decltype(row)>>) {
        total += minor(*row, field, name);
      } else {
        total += minor(row, field, name);
      }
    }
    show(name, total);
  }

  void billing(const Json& invoice) {
    const std::string currency = text_of(invoice, "currency");
    const auto amount = [&](const Json& record, const char* field) {
      const auto value = stripe::from_amount(number_of(record, field), currency);
      if (!value) problems_.push_back("billing amount is no whole " + currency);
      return value.value_or(0);
    };
    show("billing_total", amount(invoice, "total"));
    std::int64_t total = 0;
    std::map<std::string, std::vector<std::int64_t>> parts;
    for (const Json& line : invoice.at("lines").at("data")) {
      total += amount(line, "amount");
      parts[product_of(line)].push_back(number_of(line, "amount"));
    }
    show("billing_lines", total);
    if (renewal_.instalments > 1) instalments(parts, stripe::step_of(currency));
  }

  Json shown() {
    shown_["agree"] = problems_.empty();
    return std::move(shown_);
  }

 private:
  // A renewal has a product once; an invoice line names it somewhere.
  std::string product_of(const Json& line) const {
    const std::string text = line.dump();
    for (const PlannedLine& planned : renewal_.lines) {
      const std::string& code = plan_.products[planned.product].code;
      if (text.find(code) != std::string::npos) return code;
    }
    return "unknown";
  }

  // Each contract line in its parts, none of which is more than a step above another.
  void instalments(const std::map<std::string, std::vector<std::int64_t>>& parts,
                   std::int64_t step) {
    shown_["instalments"] = renewal_.instalments;
    if (parts.size() != renewal_.lines.size()) {
      problems_.push_back("billing invoices " + std::to_string(parts.size()) + " of " +
                          std::to_string(renewal_.lines.size()) + " contract lines");
    }
    for (const auto& [line, amounts] : parts) {
      const auto [low, high] = std::minmax_element(amounts.begin(), amounts.end());
      if (static_cast<int>(amounts.size()) != renewal_.instalments) {
        problems_.push_back("line " + line + " has " + std::to_string(amounts.size()) +
                            " instalments instead of " + std::to_string(renewal_.instalments));
      } else if (*high - *low > step) {
        problems_.push_back("line " + line + " has uneven instalments");
      }
    }
  }

  const EstatePlan& plan_;
  const PlannedRenewal& renewal_;
  int digits_;
  std::vector<std::string>& problems_;
  Json shown_ = Json::object();
};

}  // namespace

Json compare_sums(const EstatePlan& plan, const PlannedRenewal& renewal,
                  const RenewalRecords& records, std::vector<std::string>& problems) {
  std::vector<std::string> found;
  Comparison comparison(plan, renewal, found);
  if (records.opportunity != nullptr) {
    comparison.show("crm_amount", comparison.minor(*records.opportunity, "Amount", "crm_amount"));
    comparison.show_sum("crm_lines", records.opportunity_lines, "TotalPrice");
  }
  for (const Json* order : records.orders) {
    comparison.show("erp_order", comparison.minor(*order, "TotalNetAmount", "erp_order"));
    comparison.show_sum("erp_order_lines", member_of(*order, "to_Item"), "NetAmount");
  }
  for (const Json* invoice : records.invoices) comparison.billing(*invoice);
  for (const Json* booking : records.bookings) {
    comparison.show("erp_booking", comparison.minor(*booking, "GrossAmount", "erp_booking"));
    const Json& lines = member_of(*booking, "_Item");
    if (lines.is_array() && !lines.empty()) {
      comparison.show_sum("erp_booking_lines", lines, "Amount");
    }
  }
  const bool has_value = records.entitlement != nullptr &&
                         text_of(*records.entitlement, "correlationId") == renewal.number &&
                         !text_of(*records.entitlement, "contractValue").empty();
  if (has_value) {
    comparison.show("entitlement",
                    comparison.minor(*records.entitlement, "contractValue", "entitlement"));
    if (text_of(*records.entitlement, "currency") != renewal.currency) {
      found.push_back("entitlement is not in " + renewal.currency);
    }
  }
  Json shown = comparison.shown();
  problems.insert(problems.end(), found.begin(), found.end());
  return shown;
}

Json total_sums(const Json& settlement) {
  Json totals = Json::object();
  for (const Json& row : settlement.at("list")) {
    if (!flag_of(row, "accepted")) continue;
    const Json& sums = row.at("sums");
    Json& of_currency = totals[text_of(sums, "currency")];
    if (of_currency.is_null()) of_currency = {{"renewals", 0}, {"disagreeing", 0}};
    of_currency["renewals"] = number_of(of_currency, "renewals") + 1;
    if (!flag_of(sums, "agree")) {
      of_currency["disagreeing"] = number_of(of_currency, "disagreeing") + 1;
    }
    for (const auto& [name, value] : sums.items()) {
      if (!value.is_number() || name == "instalments") continue;
      of_currency[name] = number_of(of_currency, name) + value.get<std::int64_t>();
    }
  }
  return totals;
}

}  // namespace perennial::sandbox
