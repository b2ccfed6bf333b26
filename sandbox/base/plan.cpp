#include "sandbox/base/plan.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "sandbox/base/random.hpp"

namespace perennial::sandbox {
namespace {

constexpr std::array<std::string_view, 24> first_words{
    "Aurora", "Borealis", "Cascade", "Delta",  "Everest",  "Fjord",  "Granite", "Harbor",
    "Indigo", "Juniper",  "Kestrel", "Lumen",  "Meridian", "Nimbus", "Orchard", "Pinnacle",
    "Quarry", "Redwood",  "Summit",  "Tundra", "Umbra",    "Vertex", "Willow",  "Zephyr"};
constexpr std::array<std::string_view, 8> second_words{
    "Logistics", "Foods", "Energy", "Health", "Retail", "Systems", "Marine", "Textiles"};

struct RegionProfile {
  std::string_view name;
  int weight;
  std::array<std::string_view, 3> currencies;
  std::array<std::string_view, 3> legal_forms;
};
constexpr std::array<RegionProfile, 3> regions{{
    {"NA", 45, {"USD", "USD", "CAD"}, {"Inc.", "LLC", "Corp."}},
    {"EMEA", 35, {"EUR", "GBP", "CHF"}, {"GmbH", "Ltd", "AG"}},
    {"APAC", 20, {"JPY", "AUD", "SGD"}, {"KK", "Pty Ltd", "Pte Ltd"}},
}};

struct ProductProfile {
  std::string_view code;
  std::string_view name;
  int unit_low;  // whole currency units a year
  int unit_high;
};
constexpr std::array<ProductProfile, 6> catalogue{{
    {"PLAT-ENT", "Platform Enterprise", 90, 240},
    {"PLAT-STD", "Platform Standard", 30, 80},
    {"SUP-PREM", "Premium Support", 8, 40},
    {"API-PACK", "API Call Pack", 100, 450},
    {"ANLYT", "Analytics Add-on", 15, 60},
    {"SANDBX", "Full Copy Sandbox", 600, 1800},
}};

const RegionProfile& pick_region(Random& random) {
  int roll = random.between(1, 100);
  for (const RegionProfile& region : regions) {
    if (roll <= region.weight) return region;
    roll -= region.weight;
  }
  return regions.front();
}

std::string numbered(const char* format, int number) {
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, number);
  return buffer.data();
}

PlannedAccount plan_account(Random& random, int number) {
  const RegionProfile& region = pick_region(random);
  const auto pick = static_cast<std::size_t>(random.between(0, 2));
  const std::string first(first_words.at(static_cast<std::size_t>(random.between(0, 23))));
  const std::string second(second_words.at(static_cast<std::size_t>(random.between(0, 7))));
  PlannedAccount account;
  account.crm_id = crm_record_id("0015g00000", static_cast<std::uint64_t>(number));
  account.name = first + " " + second + " " + std::string(region.legal_forms.at(pick));
  account.domain = numbered("customer%04d.example", number);
  account.region = region.name;
  account.currency = region.currencies.at(pick);
  account.erp_customer = numbered("1%07d", number);
  account.billing_customer = "cus_" + random.letters_and_digits(14);
  account.entitlement_user = numbered("ent-%06d", number);
  return account;
}

PlannedLine plan_line(Random& random, std::size_t product, const std::string& currency,
                      int months) {
  const ProductProfile& profile = catalogue.at(product);
  const int digits = minor_digits(currency);
  PlannedLine line;
  line.product = product;
  line.quantity = product == 5 ? random.between(1, 3) : random.between(5, 250);
  // JPY prices are about a hundred times as many units, so the minor-unit scale stays the same.
  std::int64_t unit =
      static_cast<std::int64_t>(random.between(profile.unit_low, profile.unit_high)) * 100;
  if (digits != 0) unit += random.between(0, 19) * 5;
  line.unit_minor = unit * months / 12;
  // Card networks take the third decimal as 0 only.
  if (digits == 3) line.unit_minor -= line.unit_minor % 10;
  line.total_minor = line.unit_minor * line.quantity;
  line.price_id = "price_1" + random.letters_and_digits(23);
  line.subscription_line_id = "si_" + random.letters_and_digits(14);
  return line;
}

int whole_months(Day start, Day end) {
  int months = 0;
  while (add_months(start, months + 1) <= end) ++months;
  return std::max(months, 1);
}

void plan_lines(Random& random, PlannedRenewal& renewal, int number) {
  const int count = random.between(1, 3);
  std::array<std::size_t, 6> order{0, 1, 2, 3, 4, 5};
  for (std::size_t i = order.size() - 1; i > 0; --i) {
    std::swap(order.at(i),
              order.at(static_cast<std::size_t>(random.between(0, static_cast<int>(i)))));
  }
  const int months = whole_months(renewal.start, renewal.end);
  for (int i = 0; i < count; ++i) {
    PlannedLine line =
        plan_line(random, order.at(static_cast<std::size_t>(i)), renewal.currency, months);
    line.crm_id = crm_record_id("00k5g00000", static_cast<std::uint64_t>(number * 10 + i));
    renewal.amount_minor += line.total_minor;
    renewal.lines.push_back(std::move(line));
  }
}

PlannedRenewal plan_renewal(Random& random, const PlannedAccount& account, int number,
                            int instalments) {
  PlannedRenewal renewal;
  renewal.number = numbered("R-%06d", number);
  renewal.opportunity_id = crm_record_id("0065g00000", static_cast<std::uint64_t>(number));
  renewal.contract_id = crm_record_id("8005g00000", static_cast<std::uint64_t>(number));
  renewal.contract_number = numbered("C-%06d", 100000 + number);
  renewal.subscription_id = "sub_1" + random.letters_and_digits(23);
  renewal.currency = account.currency;
  renewal.instalments = instalments;
  return renewal;
}

// One anniversary contract, or several that start apart and end together.
void plan_terms(Random& random, const PlanOptions& options, std::vector<PlannedRenewal>& group) {
  static constexpr std::array<int, 10> terms{12, 12, 12, 12, 12, 12, 12, 12, 24, 36};
  const Day first = options.start + std::chrono::days(random.between(1, 60));
  const Day end = add_months(first, terms.at(static_cast<std::size_t>(random.between(0, 9))));
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].start = i == 0 ? first : first + std::chrono::days(random.between(1, 150));
    group[i].end = end;
  }
}

std::vector<PlannedProduct> plan_products(Random& random) {
  std::vector<PlannedProduct> products;
  int number = 1;
  for (const ProductProfile& profile : catalogue) {
    products.push_back({std::string(profile.code), std::string(profile.name),
                        crm_record_id("01t5g00000", static_cast<std::uint64_t>(number++)),
                        "prod_" + random.letters_and_digits(14)});
  }
  return products;
}

void plan_decoys(Random& random, const PlanOptions& options, EstatePlan& plan) {
  for (int i = 1; i <= std::max(2, options.renewals / 10); ++i) {
    PlannedDecoy decoy;
    decoy.account =
        static_cast<std::size_t>(random.between(0, static_cast<int>(plan.accounts.size()) - 1));
    decoy.opportunity_id = crm_record_id("0065g00000", static_cast<std::uint64_t>(900000 + i));
    if (i % 2 == 0) decoy.number = numbered("R-%06d", 900000 + i);
    plan.decoys.push_back(std::move(decoy));
  }
}

}  // namespace

EstatePlan plan_estate(const PlanOptions& options) {
  Random random(options.seed);
  EstatePlan plan;
  plan.products = plan_products(random);
  int number = 0;
  while (number < options.renewals) {
    const int roll = random.between(1, 10);
    const int wanted = roll <= 7 ? 1 : (roll <= 9 ? 2 : 3);
    const int count = std::min(wanted, options.renewals - number);
    plan.accounts.push_back(plan_account(random, static_cast<int>(plan.accounts.size()) + 1));
    PlannedAccount& account = plan.accounts.back();
    if (!options.currencies.empty()) {
      account.currency = options.currencies[(plan.accounts.size() - 1) % options.currencies.size()];
    }
    std::vector<PlannedRenewal> group;
    for (int i = 0; i < count; ++i) {
      group.push_back(plan_renewal(random, account, ++number, options.instalments));
    }
    plan_terms(random, options, group);
    account.entitled_until = group.front().start;
    account.renewals = count;
    int line_number = number - count;
    for (PlannedRenewal& renewal : group) {
      renewal.account = plan.accounts.size() - 1;
      plan_lines(random, renewal, ++line_number);
      plan.renewals.push_back(std::move(renewal));
    }
  }
  if (!plan.accounts.empty()) plan_decoys(random, options, plan);
  return plan;
}

std::optional<int> known_digits(const std::string& currency) {
  static constexpr std::array<std::string_view, 8> two{"USD", "CAD", "EUR", "GBP",
                                                       "CHF", "AUD", "SGD", "NZD"};
  const int digits = minor_digits(currency);
  const bool is_two = std::find(two.begin(), two.end(), currency) != two.end();
  if (digits == 2 && !is_two) return std::nullopt;
  return digits;
}

int minor_digits(const std::string& currency) {
  static constexpr std::array<std::string_view, 6> none{"JPY", "KRW", "CLP", "VND", "ISK", "UGX"};
  static constexpr std::array<std::string_view, 5> three{"KWD", "BHD", "OMR", "JOD", "TND"};
  if (std::find(none.begin(), none.end(), currency) != none.end()) return 0;
  return std::find(three.begin(), three.end(), currency) != three.end() ? 3 : 2;
}

std::string format_minor(std::int64_t minor, int digits) {
  std::string text = std::to_string(std::llabs(minor));
  const auto places = static_cast<std::size_t>(digits);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  if (places > 0) text.insert(text.size() - places, ".");
  if (minor < 0) text.insert(text.begin(), '-');
  return text;
}

std::optional<std::int64_t> parse_minor(std::string_view text, int digits) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string all(text.substr(0, point));
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  const auto places = static_cast<std::size_t>(digits);
  while (fraction.size() > places && fraction.back() == '0') fraction.pop_back();
  if (fraction.size() > places || all.empty()) return std::nullopt;
  fraction.append(places - fraction.size(), '0');
  all += fraction;
  if (all.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : all) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

std::string crm_long_id(std::string_view id) {
  static constexpr std::string_view checksum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
  if (id.size() != 15) return std::string(id);
  std::string result(id);
  for (std::size_t chunk = 0; chunk < 3; ++chunk) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const char c = id[chunk * 5 + i];
      if (c >= 'A' && c <= 'Z') bits |= 1U << i;
    }
    result += checksum[bits];
  }
  return result;
}

std::string crm_record_id(std::string_view prefix, std::uint64_t number) {
  static constexpr std::string_view alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string tail;
  while (number > 0) {
    tail.insert(tail.begin(), alphabet[number % 62]);
    number /= 62;
  }
  std::string id(prefix);
  id.append(15 - prefix.size() - tail.size(), '0');
  return crm_long_id(id + tail);
}

}  // namespace perennial::sandbox
