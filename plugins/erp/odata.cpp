#include "plugins/erp/odata.hpp"

#include <charconv>

#include "plugins/common/time.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;
using common::Parsed;

constexpr std::int64_t day_ms = 86'400'000;

// Nothing when the text is no v2 date. An offset ("+0060") only says where the clock stood.
std::optional<std::string> iso_of_v2_date(const std::string& text) {
  constexpr std::string_view head = "/Date(";
  if (text.rfind(head, 0) != 0 || text.size() < head.size() + 3 || text.back() != '/') {
    return std::nullopt;
  }
  std::int64_t ms = 0;
  const char* first = text.data() + head.size();
  const char* last = text.data() + text.size() - 2;
  const auto read = std::from_chars(first, last, ms);
  if (read.ec != std::errc() || (read.ptr != last && *read.ptr != '+' && *read.ptr != '-')) {
    return std::nullopt;
  }
  const std::string iso = common::iso_of_ms(ms);
  return ms % day_ms == 0 ? iso.substr(0, 10) : iso;
}

void add_text(std::string& all, const std::string& text) {
  if (text.empty() || all.find(text) != std::string::npos) return;
  all += (all.empty() ? "" : "; ") + text;
}

// Version 2 tells the severity in words and nests further ones as details; version 4 numbers it, 3
// for a warning and 4 for an error ("SAP__Message", numericSeverity).
void add_warning(std::string& warnings, const Json& one) {
  const std::string severity = common::text_at(one, {"severity"});
  const std::string number = common::text_at(one, {"numericSeverity"});
  if (severity == "warning" || severity == "error" || number == "3" || number == "4") {
    const std::string code = common::text_at(one, {"code"});
    add_text(warnings, (code.empty() ? "" : code + ": ") + common::text_at(one, {"message"}));
  }
  const Json* details = common::find_at(one, {"details"});
  if (details == nullptr || !details->is_array()) return;
  for (const Json& detail : *details) {
    if (detail.is_object() && !detail.contains("details")) add_warning(warnings, detail);
  }
}

}  // namespace

std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'') quoted += '\'';
    quoted += letter;
  }
  return quoted + "'";
}

Parsed<Json> entity_of(const std::string& body) {
  Parsed<Json> parsed = common::parse_json(body);
  if (!parsed) return parsed;
  const Json* wrapped = common::find_at(*parsed, {"d"});
  const Json& entity = wrapped == nullptr ? *parsed : *wrapped;
  if (!entity.is_object()) return tl::unexpected(std::string("no entity in the answer"));
  return Json(entity);
}

Parsed<Json> entities_of(const std::string& body) {
  Parsed<Json> parsed = common::parse_json(body);
  if (!parsed) return parsed;
  for (const auto& path : {std::initializer_list<const char*>{"d", "results"}, {"d"}, {"value"}}) {
    const Json* list = common::find_at(*parsed, path);
    if (list != nullptr && list->is_array()) return Json(*list);
  }
  return tl::unexpected(std::string("no list of entities in the answer"));
}

std::string etag_of(const common::HttpResponse& response, const Json& entity) {
  if (const auto header = response.headers.find("etag")) return *header;
  const std::string inside = common::text_at(entity, {"__metadata", "etag"});
  return inside.empty() ? common::text_at(entity, {"@odata.etag"}) : inside;
}

Json readable(const Json& entity) {
  if (entity.is_string()) {
    const auto date = iso_of_v2_date(entity.get_ref<const std::string&>());
    return date ? Json(*date) : entity;
  }
  if (entity.is_array()) {
    Json list = Json::array();
    for (const Json& child : entity) list.push_back(readable(child));
    return list;
  }
  if (!entity.is_object()) return entity;
  Json fields = Json::object();
  for (const auto& [name, child] : entity.items()) {
    if (name == "__metadata" || name.rfind("@odata.", 0) == 0) continue;
    if (child.is_object() && child.contains("__deferred")) continue;
    fields[name] = readable(child);
  }
  return fields;
}

std::string warnings_of(const common::Headers& headers) {
  std::string warnings;
  for (const char* name : {"sap-message", "sap-messages"}) {
    const auto header = headers.find(name);
    if (!header) continue;
    const Parsed<Json> parsed = common::parse_json(*header);
    if (!parsed) {
      add_text(warnings, *header);
    } else if (parsed->is_array()) {
      for (const Json& one : *parsed) add_warning(warnings, one);
    } else {
      add_warning(warnings, *parsed);
    }
  }
  return warnings;
}

std::optional<std::string> below_service(const std::string& link, const std::string& base_url,
                                         const std::string& service) {
  const std::string root = common::joined_url(base_url, service);
  for (const std::string& head : {root + "/", service + "/"}) {
    if (link.rfind(head, 0) == 0) return link.substr(head.size());
  }
  const std::size_t path_end = link.find_first_of("?(");
  const bool is_elsewhere = link.empty() || link.front() == '/' || link.find("://") < path_end ||
                            link.find("..") < path_end;
  if (is_elsewhere) return std::nullopt;
  return link;
}

}  // namespace perennial::plugins::erp
