#include "sandbox/sap/edm.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "sandbox/base/calendar.hpp"
#include "sandbox/base/http.hpp"

namespace perennial::sandbox::sap {
namespace {

bool is_decimal_text(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  bool has_digit = false;
  bool has_point = false;
  for (const char c : text) {
    if (c == '.' && !has_point)
      has_point = true;
    else if (c >= '0' && c <= '9')
      has_digit = true;
    else
      return false;
  }
  return has_digit;
}

// /Date(1700000000000)/ with an optional offset, or nothing.
std::optional<Instant> parse_v2_date(const std::string& text) {
  if (text.rfind("/Date(", 0) != 0) return std::nullopt;
  char* end = nullptr;
  const long long millis = std::strtoll(text.c_str() + 6, &end, 10);
  if (end == text.c_str() + 6) return std::nullopt;
  return Instant(std::chrono::milliseconds(millis));
}

std::optional<Instant> parse_any_date(const std::string& text) {
  if (const auto at = parse_v2_date(text)) return at;
  if (const auto day = parse_day(text)) return start_of(*day);
  return parse_instant(text);
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash != (text[i] == '-')) return false;
    if (!is_dash && std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

std::string invalid(const Property& property) {
  return "Property '" + property.name + "' has invalid value";
}

std::optional<std::string> check_text(const Property& property, const Json& value) {
  const auto& text = value.get_ref<const std::string&>();
  switch (property.type) {
    case Edm::string:
      if (property.length > 0 && text.size() > static_cast<std::size_t>(property.length)) {
        return invalid(property) + ": it is longer than " + std::to_string(property.length);
      }
      return std::nullopt;
    case Edm::decimal:
      return is_decimal_text(text) ? std::nullopt : std::optional(invalid(property));
    case Edm::date:
    case Edm::date_time:
      return parse_any_date(text) ? std::nullopt : std::optional(invalid(property));
    case Edm::guid:
      return is_guid(text) ? std::nullopt : std::optional(invalid(property));
    case Edm::boolean:
      break;
  }
  return invalid(property);
}

std::optional<std::string> check_property(const Service& service, const Property& property,
                                          const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (property.type == Edm::boolean) {
    return value.is_boolean() ? std::nullopt : std::optional(invalid(property));
  }
  // OData v2 JSON carries Edm.Decimal as text; a JSON number is refused by the vendor's parser.
  if (property.type == Edm::decimal && value.is_number() && service.is_v4) return std::nullopt;
  return value.is_string() ? check_text(property, value) : std::optional(invalid(property));
}

const Json& rows_of(const Json& nested) {
  const Json& results = member_of(nested, "results");
  return results.is_array() ? results : nested;
}

std::string v2_instant(const std::string& stored, bool with_offset) {
  const auto at = parse_any_date(stored);
  if (!at) return stored;
  return "/Date(" + std::to_string(unix_millis(*at)) + (with_offset ? "+0000)/" : ")/");
}

std::string key_predicate(const EntityType& type, const Json& record) {
  std::string keys;
  int count = 0;
  for (const Property& property : type.properties) {
    if (!property.is_key) continue;
    if (count++ > 0) keys += ",";
    keys += property.name + "='" + text_of(record, property.name) + "'";
  }
  if (count == 1) keys = keys.substr(keys.find('=') + 1);
  return type.set + "(" + keys + ")";
}

}  // namespace

const Property* EntityType::property(std::string_view property_name) const {
  for (const Property& candidate : properties) {
    if (candidate.name == property_name) return &candidate;
  }
  return nullptr;
}

const Navigation* EntityType::navigation(std::string_view navigation_name) const {
  for (const Navigation& candidate : navigations) {
    if (candidate.name == navigation_name) return &candidate;
  }
  return nullptr;
}

const EntityType* Service::by_set(std::string_view set) const {
  for (const EntityType& type : types) {
    if (type.set == set) return &type;
  }
  return nullptr;
}

const EntityType* Service::by_type(std::string_view name) const {
  for (const EntityType& type : types) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::optional<std::string> check_entity(const Service& service, const EntityType& type,
                                        const Json& entity) {
  if (!entity.is_object()) return "The request body is not a JSON object of " + type.name;
  for (const auto& [name, value] : entity.items()) {
    if (name == "__metadata" || name.rfind('@', 0) == 0) continue;
    if (const Navigation* navigation = type.navigation(name)) {
      const Json single = navigation->is_single ? Json::array({value}) : Json();
      const Json& rows = navigation->is_single ? single : rows_of(value);
      if (!rows.is_array()) return "Navigation property '" + name + "' is not a list";
      for (const Json& row : rows) {
        if (auto problem = check_entity(service, *service.by_type(navigation->type), row)) {
          return problem;
        }
      }
      continue;
    }
    const Property* property = type.property(name);
    if (property == nullptr) {
      return "Property '" + name + "' is invalid for entity type '" + type.name + "'";
    }
    if (auto problem = check_property(service, *property, value)) return problem;
  }
  return std::nullopt;
}

Json stored_value(const Property& property, const Json& value) {
  if (property.type == Edm::decimal && value.is_number()) {
    std::array<char, 48> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.*f", property.scale, value.get<double>());
    return std::string(buffer.data());
  }
  if (!value.is_string()) return value;
  const auto at = parse_any_date(value.get<std::string>());
  if (property.type == Edm::date && at) return format_day(day_of(*at));
  if (property.type == Edm::date_time && at) return format_instant(*at);
  return value;
}

Json render_v2(const Service& service, const EntityType& type, const Json& record,
               const std::string& root_url) {
  const std::string uri = root_url + service.path + "/" + key_predicate(type, record);
  Json out{{"__metadata", {{"id", uri}, {"uri", uri}, {"type", service.space + "." + type.name}}}};
  if (record.contains("LastChangeDateTime")) out["__metadata"]["etag"] = etag_of(record);
  for (const Property& property : type.properties) {
    const Json& value = member_of(record, property.name);
    const bool is_date = property.type == Edm::date || property.type == Edm::date_time;
    if (value.is_string() && is_date) {
      out[property.name] = v2_instant(value.get<std::string>(), property.type == Edm::date_time);
    } else if (value.is_null() && property.type == Edm::string) {
      out[property.name] = "";
    } else {
      out[property.name] = value;
    }
  }
  for (const Navigation& navigation : type.navigations) {
    out[navigation.name] = {{"__deferred", {{"uri", uri + "/" + navigation.name}}}};
  }
  return out;
}

Json render_v4(const EntityType& type, const Json& record, bool decimals_as_text) {
  Json out = Json::object();
  if (record.contains("LastChangeDateTime")) out["@odata.etag"] = etag_of(record);
  for (const Property& property : type.properties) {
    const Json& value = member_of(record, property.name);
    if (value.is_string() && property.type == Edm::decimal && !decimals_as_text) {
      out[property.name] = std::strtod(value.get_ref<const std::string&>().c_str(), nullptr);
    } else if (value.is_null() && property.type == Edm::string) {
      out[property.name] = "";
    } else {
      out[property.name] = value;
    }
  }
  return out;
}

std::string etag_of(const Json& record) {
  // The vendor's tag is the time of the last change; two changes within one millisecond still
  // differ.
  std::string at = text_of(record, "LastChangeDateTime");
  at = at.substr(0, at.size() - 1);
  std::array<char, 16> count{};
  std::snprintf(count.data(), count.size(), "%04d",
                static_cast<int>(number_of(record, "_changes") % 10000));
  return "W/\"datetimeoffset'" + percent_encode(at + count.data() + "Z") + "'\"";
}

}  // namespace perennial::sandbox::sap
