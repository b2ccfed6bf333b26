// Parameter checks, lists and expansion: what every endpoint of the vendor has in common.
#include <algorithm>
#include <charconv>

#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {
namespace {

constexpr std::int64_t list_limit_default = 10;
constexpr std::int64_t list_limit_max = 100;
constexpr std::int64_t event_retention_s = 30LL * 24 * 3600;  // docs.stripe.com/api/events

std::optional<std::int64_t> integer_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_in_range(const Json& range, std::int64_t value) {
  if (range.is_null()) return true;
  if (range.is_string()) return integer_of(range) == value;
  for (const auto& [bound, text] : range.items()) {
    const auto limit = integer_of(text);
    if (!limit) continue;
    if (bound == "gte" && value < *limit) return false;
    if (bound == "gt" && value <= *limit) return false;
    if (bound == "lte" && value > *limit) return false;
    if (bound == "lt" && value >= *limit) return false;
  }
  return true;
}

// `invoice.*` matches every invoice event, as the vendor's type filter does.
bool is_type_match(const std::string& wanted, const std::string& type) {
  if (!wanted.empty() && wanted.back() == '*') {
    return type.rfind(wanted.substr(0, wanted.size() - 1), 0) == 0;
  }
  return wanted == type;
}

std::string list_url(const std::string& object) {
  return object == "invoiceitem" ? "/v1/invoiceitems" : "/v1/" + object + "s";
}

struct Page {
  std::vector<const Json*> rows;  // newest first
  bool has_more = false;
};

// Cuts one page out of records sorted newest first; nothing when the named id is not there.
std::optional<Page> cut_page(std::vector<const Json*> all, std::size_t limit,
                             const std::string& after, const std::string& before) {
  const auto position = [&](const std::string& id) {
    return std::find_if(all.begin(), all.end(),
                        [&](const Json* row) { return text_of(*row, "id") == id; });
  };
  Page page;
  if (!before.empty()) {
    const auto end = position(before);
    if (end == all.end()) return std::nullopt;
    const auto count = static_cast<std::size_t>(end - all.begin());
    const std::size_t taken = std::min(count, limit);
    page.rows.assign(end - static_cast<std::ptrdiff_t>(taken), end);
    page.has_more = count > taken;
    return page;
  }
  auto begin = all.begin();
  if (!after.empty()) {
    begin = position(after);
    if (begin == all.end()) return std::nullopt;
    ++begin;
  }
  const auto left = static_cast<std::size_t>(all.end() - begin);
  page.rows.assign(begin, begin + static_cast<std::ptrdiff_t>(std::min(left, limit)));
  page.has_more = left > limit;
  return page;
}

}  // namespace

std::optional<StripeError> check_parameters(const Json& form,
                                            std::initializer_list<std::string_view> allowed) {
  for (const auto& [name, value] : form.items()) {
    if (name == "expand" || std::find(allowed.begin(), allowed.end(), name) != allowed.end()) {
      continue;
    }
    StripeError error;
    error.code = "parameter_unknown";
    error.text = "Received unknown parameter: " + name;
    error.param = name;
    return error;
  }
  return std::nullopt;
}

std::optional<StripeError> read_integer(const Json& form, const std::string& name,
                                        std::optional<std::int64_t>& out) {
  const Json& value = member_of(form, name);
  if (value.is_null()) return std::nullopt;
  out = integer_of(value);
  if (out) return std::nullopt;
  StripeError error;
  error.code = "parameter_invalid_integer";
  error.text = "Invalid integer: " + (value.is_string() ? value.get<std::string>() : value.dump());
  error.param = name;
  return error;
}

StripeError missing_parameter(const std::string& name) {
  StripeError error;
  error.code = "parameter_missing";
  error.text = "Missing required param: " + name + ".";
  error.param = name;
  return error;
}

StripeError no_such(const std::string& object, const std::string& id, const std::string& param,
                    int status) {
  StripeError error;
  error.status = status;
  error.code = "resource_missing";
  error.text = "No such " + object + ": '" + id + "'";
  error.param = param;
  return error;
}

void merge_metadata(const Json& form, Json& record) {
  const Json& posted = member_of(form, "metadata");
  if (!record.contains("metadata")) record["metadata"] = Json::object();
  if (posted.is_string()) {
    record["metadata"] = Json::object();
    return;
  }
  if (!posted.is_object()) return;
  for (const auto& [name, value] : posted.items()) {
    if (value == Json(""))
      record["metadata"].erase(name);
    else
      record["metadata"][name] = value;
  }
}

Answer Billing::retrieve(const std::string& object, const std::string& id) const {
  const Json* found = store_.named(object).find(id);
  if (found == nullptr) return {nullptr, no_such(object, id, "id", 404)};
  return {*found, std::nullopt};
}

bool Billing::is_listed(const Call& call, const Json& record,
                        std::initializer_list<std::string_view> filters) const {
  if (flag_of(record, "deleted")) return false;
  if (!is_in_range(member_of(call.form, "created"), number_of(record, "created"))) return false;
  for (const std::string_view filter : filters) {
    const std::string wanted = text_of(call.form, filter);
    if (wanted.empty() || (filter == "status" && wanted == "all")) continue;
    if (filter == "type" ? !is_type_match(wanted, text_of(record, "type"))
                         : text_of(record, filter) != wanted) {
      return false;
    }
  }
  const Json& types = member_of(call.form, "types");
  if (types.is_array()) {
    return std::any_of(types.begin(), types.end(), [&](const Json& type) {
      return type.is_string() && is_type_match(type.get<std::string>(), text_of(record, "type"));
    });
  }
  return true;
}

Answer Billing::list(const Call& call, const std::string& object,
                     std::initializer_list<std::string_view> filters) const {
  std::optional<std::int64_t> limit;
  if (auto problem = read_integer(call.form, "limit", limit)) return {nullptr, *problem};
  if (limit && (*limit < 1 || *limit > list_limit_max)) {
    StripeError error;
    error.code = "parameter_invalid_integer";
    error.text = "This value must be between 1 and 100 (inclusive).";
    error.param = "limit";
    return {nullptr, error};
  }
  const bool by_default_open = object == "subscription" && text_of(call.form, "status").empty();
  const std::int64_t oldest = object == "event" ? store_.now() - event_retention_s : 0;
  std::vector<const Json*> rows;
  store_.named(object).for_each([&](const std::string&, const Json& record) {
    if (by_default_open && text_of(record, "status") == "canceled") return;
    if (number_of(record, "created") < oldest) return;
    if (is_listed(call, record, filters)) rows.push_back(&record);
  });
  std::reverse(rows.begin(), rows.end());
  const std::string after = text_of(call.form, "starting_after");
  const std::string before = text_of(call.form, "ending_before");
  const auto page = cut_page(
      std::move(rows), static_cast<std::size_t>(limit.value_or(list_limit_default)), after, before);
  if (!page) {
    return {nullptr, before.empty() ? no_such(object, after, "starting_after", 400)
                                    : no_such(object, before, "ending_before", 400)};
  }
  Json shown = Json::array();
  for (const Json* row : page->rows) shown.push_back(*row);
  return {{{"object", "list"},
           {"url", list_url(object)},
           {"has_more", page->has_more},
           {"data", std::move(shown)}},
          std::nullopt};
}

// The payments of an invoice, which it shows only when they are asked for.
Json Billing::payments_of(const Json& invoice) const {
  Json rows = Json::array();
  store_.named("invoice_payment").for_each([&](const std::string&, const Json& payment) {
    if (text_of(payment, "invoice") == text_of(invoice, "id")) rows.push_back(payment);
  });
  return {{"object", "list"},
          {"data", std::move(rows)},
          {"has_more", false},
          {"url", "/v1/invoice_payments?invoice=" + text_of(invoice, "id")}};
}

void Billing::expand_path(Json& node, const std::string& path, const std::string& version) const {
  if (node.is_array()) {
    for (Json& row : node) expand_path(row, path, version);
    return;
  }
  if (!node.is_object()) return;
  const std::size_t dot = path.find('.');
  const std::string name = path.substr(0, dot);
  if (name == "payments" && text_of(node, "object") == "invoice") node[name] = payments_of(node);
  if (!node.contains(name)) return;
  Json& child = node[name];
  if (child.is_string()) {
    const Table* table = store_.table_of(child.get<std::string>());
    const Json* found = table == nullptr ? nullptr : table->find(child.get<std::string>());
    if (found != nullptr) child = shown_in_version(*found, version);
  }
  if (dot != std::string::npos) expand_path(child, path.substr(dot + 1), version);
}

void Billing::expand(const Call& call, Json& body) const {
  const Json& wanted = member_of(call.form, "expand");
  if (!wanted.is_array()) return;
  for (const Json& path : wanted) {
    if (path.is_string()) expand_path(body, path.get<std::string>(), call.version);
  }
}

}  // namespace perennial::sandbox::stripe
