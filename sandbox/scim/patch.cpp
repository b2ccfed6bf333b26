#include "sandbox/scim/patch.hpp"

#include <algorithm>

#include "sandbox/base/calendar.hpp"
#include "sandbox/base/http.hpp"

namespace perennial::sandbox::scim {
namespace {

constexpr const char* patch_urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

bool is_core_attribute(std::string_view name) {
  static constexpr std::string_view known[] = {
      "schemas",     "id",           "externalId", "meta",   "userName",     "name",
      "displayName", "nickName",     "profileUrl", "title",  "userType",     "preferredLanguage",
      "locale",      "timezone",     "active",     "emails", "phoneNumbers", "addresses",
      "groups",      "entitlements", "roles"};
  return std::any_of(std::begin(known), std::end(known), [&](std::string_view candidate) {
    return equal_ignoring_case(candidate, name);
  });
}

bool is_extension_attribute(std::string_view name) {
  static constexpr std::string_view known[] = {"contract", "validFrom",     "validUntil",
                                               "plan",     "status",        "correlationId",
                                               "quantity", "contractValue", "currency"};
  return std::any_of(std::begin(known), std::end(known), [&](std::string_view candidate) {
    return equal_ignoring_case(candidate, name);
  });
}

ScimError bad_path(const std::string& path) {
  return {400, "invalidPath", "the path '" + path + "' names no attribute of a User"};
}

// Where a value goes: the member of `object` called `name`, in the case the resource already uses.
void set_member(Json& object, const std::string& name, const Json& value, bool is_add) {
  if (!object.is_object()) object = Json::object();
  std::string member = actual_name(object, name);
  if (member.empty()) member = name;
  if (is_add && object.contains(member) && object[member].is_array()) {
    for (const Json& element : value.is_array() ? value : Json::array({value})) {
      object[member].push_back(element);
    }
    return;
  }
  if (value.is_object() && object.contains(member) && object[member].is_object()) {
    for (const auto& [key, inner] : value.items()) set_member(object[member], key, inner, is_add);
    return;
  }
  object[member] = value;
}

std::optional<ScimError> check_path(const AttributePath& path, const std::string& text) {
  const std::string& first = path.steps.front();
  if (first == entitlement_urn) {
    const bool is_known = path.steps.size() == 1 || is_extension_attribute(path.steps[1]);
    return is_known ? std::nullopt : std::optional(bad_path(text));
  }
  if (!is_core_attribute(first)) return bad_path(text);
  if (equal_ignoring_case(first, "id") || equal_ignoring_case(first, "meta")) {
    return ScimError{400, "mutability", "the attribute '" + text + "' is read only"};
  }
  return std::nullopt;
}

std::optional<ScimError> apply_where(const AttributePath& path, const std::string& op,
                                     const Json& value, Json& resource) {
  const std::string list_name = actual_name(resource, path.steps.front());
  bool has_matched = false;
  if (!list_name.empty() && resource[list_name].is_array()) {
    Json kept = Json::array();
    for (Json element : resource[list_name]) {
      const bool is_match = is_matching(*path.where, element);
      has_matched = has_matched || is_match;
      if (is_match && op == "remove" && path.after.empty()) continue;
      if (is_match && op == "remove")
        element.erase(actual_name(element, path.after));
      else if (is_match && path.after.empty())
        element.update(value);
      else if (is_match)
        set_member(element, path.after, value, false);
      kept.push_back(std::move(element));
    }
    resource[list_name] = std::move(kept);
  }
  if (has_matched || op == "remove") return std::nullopt;
  return ScimError{400, "noTarget", "no element matches the filter of the path"};
}

std::optional<ScimError> apply_at(const std::string& text, const std::string& op, const Json& value,
                                  Json& resource) {
  const auto path = parse_path(text);
  if (!path) return ScimError{400, "invalidPath", path.error()};
  if (auto problem = check_path(*path, text)) return problem;
  if (path->where) return apply_where(*path, op, value, resource);
  Json* holder = &resource;
  for (std::size_t i = 0; i + 1 < path->steps.size(); ++i) {
    std::string member = actual_name(*holder, path->steps[i]);
    if (member.empty()) {
      if (op == "remove") return std::nullopt;
      member = path->steps[i];
      (*holder)[member] = Json::object();
    }
    holder = &(*holder)[member];
  }
  if (op == "remove") {
    holder->erase(actual_name(*holder, path->steps.back()));
    return std::nullopt;
  }
  set_member(*holder, path->steps.back(), value, op == "add");
  return std::nullopt;
}

std::optional<ScimError> apply_without_path(const std::string& op, const Json& value,
                                            Json& resource) {
  if (op == "remove") return ScimError{400, "noTarget", "a remove operation needs a path"};
  if (!value.is_object()) {
    return ScimError{400, "invalidValue", "an operation without a path needs an object as value"};
  }
  for (const auto& [name, inner] : value.items()) {
    if (auto problem = apply_at(name, op, inner, resource)) return problem;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ScimError> apply_patch(const Json& body, Json& resource) {
  const Json& schemas = member_of(body, "schemas");
  const bool is_patch = schemas.is_array() &&
                        std::find(schemas.begin(), schemas.end(), Json(patch_urn)) != schemas.end();
  if (!is_patch) {
    return ScimError{400, "invalidSyntax", std::string("schemas must contain ") + patch_urn};
  }
  const std::string list = actual_name(body, "Operations");
  if (list.empty() || !body[list].is_array() || body[list].empty()) {
    return ScimError{400, "invalidSyntax", "Operations must be a list that is not empty"};
  }
  Json changed = resource;
  for (const Json& operation : body[list]) {
    const std::string op = lower_case(text_of(operation, "op"));
    if (op != "add" && op != "replace" && op != "remove") {
      return ScimError{400, "invalidSyntax", "op must be add, replace or remove"};
    }
    const std::string path = text_of(operation, "path");
    const Json& value = member_of(operation, "value");
    auto problem =
        path.empty() ? apply_without_path(op, value, changed) : apply_at(path, op, value, changed);
    if (problem) return problem;
  }
  if (auto problem = check_user(changed)) return problem;
  resource = std::move(changed);
  return std::nullopt;
}

std::optional<ScimError> check_user(const Json& user) {
  if (!user.is_object()) return ScimError{400, "invalidSyntax", "a User is a JSON object"};
  if (text_of(user, "userName").empty()) {
    return ScimError{400, "invalidValue", "userName is required"};
  }
  for (const auto& [name, value] : user.items()) {
    if (name == entitlement_urn || is_core_attribute(name)) continue;
    return ScimError{400, "invalidSyntax", "'" + name + "' is no attribute of a User"};
  }
  const Json& entitlement = member_of(user, entitlement_urn);
  if (entitlement.is_null()) return std::nullopt;
  if (!entitlement.is_object()) {
    return ScimError{400, "invalidValue", "the entitlement extension is a JSON object"};
  }
  for (const auto& [name, value] : entitlement.items()) {
    if (!is_extension_attribute(name)) {
      return ScimError{400, "invalidSyntax", "'" + name + "' is no attribute of the extension"};
    }
    const bool is_date =
        equal_ignoring_case(name, "validFrom") || equal_ignoring_case(name, "validUntil");
    if (!is_date || value.is_null()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (!parse_day(text) && !parse_instant(text)) {
      return ScimError{400, "invalidValue", name + " must be a date such as 2026-12-31"};
    }
  }
  return std::nullopt;
}

}  // namespace perennial::sandbox::scim
