// Single records and collections of records, read and written.
#include <algorithm>
#include <set>

#include "sandbox/salesforce/crm.hpp"

namespace perennial::sandbox::salesforce {
namespace {

// developer.salesforce.com, "Use Composite Resources: sObject Collections": 200 records a call.
constexpr std::size_t collection_rows_max = 200;

Json error_row(const WriteError& error) {
  return {{"statusCode", error.code}, {"message", error.text}, {"fields", error.fields}};
}

WriteError locked_row() {
  return {400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", {}};
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

const ObjectSpec* row_object(const Json& row) {
  return find_object(text_of(member_of(row, "attributes"), "type"));
}

}  // namespace

Json Crm::render(const ObjectSpec& object, const Json& record, const std::string& base) const {
  Json out = record;
  out["attributes"] = {{"type", object.name},
                       {"url", base + "/sobjects/" + object.name + "/" + text_of(record, "Id")}};
  return out;
}

Response Crm::route_sobjects(const Call& call) {
  const std::vector<std::string>& rest = call.rest;
  if (rest.size() == 1) return answer(200, describe_global(call.base));
  const ObjectSpec* object = find_object(rest[1]);
  if (object == nullptr || rest.size() > 4) {
    return failed(404, "NOT_FOUND", "The requested resource does not exist");
  }
  if (rest.size() == 2) {
    if (call.request.method == "POST") return write_record(call, *object);
    return answer(200, {{"objectDescribe", {{"name", object->name}, {"label", object->label}}},
                        {"recentItems", Json::array()}});
  }
  if (rest.size() == 4) return by_external_id(call, *object);
  if (rest[2] == "describe") return answer(200, describe(*object, call.base));
  if (rest[2] == "updated") return changed_between(call, *object, false);
  if (rest[2] == "deleted") return changed_between(call, *object, true);
  if (call.request.method == "GET" || call.request.method == "HEAD") {
    return get_record(call, *object, rest[2]);
  }
  return write_record(call, *object);
}

Response Crm::get_record(const Call& call, const ObjectSpec& object, const std::string& id) {
  const Json* found = org_.find(object, id);
  if (found == nullptr) return failed(404, "NOT_FOUND", "The requested resource does not exist");
  Json out = render(object, *found, call.base);
  const auto wanted = call.request.parameter("fields");
  if (!wanted) return answer(200, out);
  Json picked{{"attributes", out["attributes"]}, {"Id", out["Id"]}};
  for (const std::string& name : split_commas(*wanted)) {
    const FieldSpec* field = object.field(name);
    if (field == nullptr) {
      return failed(400, "INVALID_FIELD",
                    "No such column '" + name + "' on sobject of type " + object.name);
    }
    picked[field->name] = out[field->name];
  }
  return answer(200, picked);
}

Response Crm::write_record(const Call& call, const ObjectSpec& object) {
  const std::string& method = call.request.method;
  if (method == "DELETE") {
    const WriteResult result = org_.remove(object, call.rest[2]);
    if (result.error) return failed(result.error->status, result.error->code, result.error->text);
    record("delete", object, result, Json::object());
    return answer(204, nullptr);
  }
  const auto body = parse_json(call.request.body);
  if (!body || !body->is_object()) {
    return failed(400, "JSON_PARSER_ERROR", "Unexpected character or end of input in request body");
  }
  if (method != "POST" && method != "PATCH") {
    return failed(405, "METHOD_NOT_ALLOWED", "HTTP Method '" + method + "' not allowed");
  }
  const bool is_create = method == "POST" && call.rest.size() == 2;
  const WriteResult result =
      is_create ? org_.create(object, *body) : org_.update(object, call.rest[2], *body);
  if (result.error) {
    return failed(result.error->status, result.error->code, result.error->text,
                  result.error->fields);
  }
  record(is_create ? "create" : "update", object, result, *body);
  if (!is_create) return answer(204, nullptr);
  return answer(201, {{"id", result.id}, {"success", true}, {"errors", Json::array()}});
}

Response Crm::by_external_id(const Call& call, const ObjectSpec& object) {
  const FieldSpec* key = object.field(call.rest[2]);
  const std::string& value = call.rest[3];
  const bool is_key = key != nullptr && (key->external_id || key->name == "Id");
  if (!is_key) {
    return failed(404, "NOT_FOUND",
                  "Provided external ID field does not exist or is not "
                  "accessible: " +
                      call.rest[2]);
  }
  if (call.request.method == "GET" || call.request.method == "HEAD") {
    for (const std::string& id : org_.find_by_external_id(object, *key, value)) {
      if (org_.find(object, id) != nullptr) return get_record(call, object, id);
    }
    return failed(404, "NOT_FOUND", "The requested resource does not exist");
  }
  const auto body = parse_json(call.request.body);
  if (call.request.method != "PATCH" || !body || !body->is_object()) {
    return failed(400, "JSON_PARSER_ERROR", "an upsert is a PATCH with a JSON object as its body");
  }
  if (member_of(*body, key->name).is_string()) {
    return failed(400, "INVALID_FIELD",
                  "The " + key->name + " field should not be specified in the sobject data.");
  }
  const WriteResult result = org_.upsert(object, *key, value, *body);
  if (result.error) {
    return failed(result.error->status, result.error->code, result.error->text,
                  result.error->fields);
  }
  record("upsert", object, result, *body);
  // Since API version 46.0 an update answers 200 with a body that says created:false.
  return answer(result.is_created ? 201 : 200, {{"id", result.id},
                                                {"success", true},
                                                {"errors", Json::array()},
                                                {"created", result.is_created}});
}

Response Crm::changed_between(const Call& call, const ObjectSpec& object, bool is_deleted) {
  const auto start = parse_instant(call.request.parameter("start").value_or(""));
  const auto end = parse_instant(call.request.parameter("end").value_or(""));
  if (!start || !end) {
    return failed(400, "INVALID_REPLICATION_DATE", "start and end must be ISO 8601 datetimes");
  }
  Json ids = Json::array();
  Json rows = Json::array();
  org_.table(object).for_each([&](const std::string& id, const Json& record) {
    const auto changed = parse_instant(text_of(record, "SystemModstamp"));
    if (!changed || *changed < *start || *changed >= *end) return;
    if (flag_of(record, "IsDeleted") != is_deleted) return;
    ids.push_back(id);
    rows.push_back({{"id", id}, {"deletedDate", text_of(record, "SystemModstamp")}});
  });
  if (!is_deleted) {
    return answer(200, {{"ids", ids}, {"latestDateCovered", format_crm_instant(*end)}});
  }
  return answer(200, {{"deletedRecords", rows},
                      {"earliestDateAvailable", format_crm_instant(*start)},
                      {"latestDateCovered", format_crm_instant(*end)}});
}

Response Crm::collections(const Call& call) {
  const std::vector<std::string>& rest = call.rest;
  const ObjectSpec* object = rest.size() >= 3 ? find_object(rest[2]) : nullptr;
  if (rest.size() >= 3 && object == nullptr) {
    return failed(404, "NOT_FOUND", "The requested resource does not exist");
  }
  const std::string& method = call.request.method;
  if (rest.size() == 3 && (method == "GET" || method == "POST")) {
    return collection_read(call, *object);
  }
  const FieldSpec* key = nullptr;
  if (rest.size() == 4) {
    key = object->field(rest[3]);
    if (method != "PATCH" || key == nullptr || (!key->external_id && key->name != "Id")) {
      return failed(404, "NOT_FOUND",
                    "Provided external ID field does not exist or is not "
                    "accessible: " +
                        rest[3]);
    }
  }
  const auto body = parse_json(call.request.body);
  if (!body || !member_of(*body, "records").is_array()) {
    return failed(400, "JSON_PARSER_ERROR", "The request body has no list of records");
  }
  return collection_write(call, *body, object, key);
}

std::optional<WriteError> Crm::row_problem(const Call& call, const Json& row,
                                           const ObjectSpec* object, const FieldSpec* key,
                                           std::size_t index, std::size_t rows) {
  const ObjectSpec* actual = row_object(row);
  if (actual == nullptr) {
    return WriteError{400, "INVALID_TYPE", "attributes.type is missing or unknown", {}};
  }
  if (object != nullptr && actual != object) {
    return WriteError{400,
                      "INVALID_INPUT",
                      "The object type must match the type in the URI: " + object->name,
                      {}};
  }
  if (key != nullptr && text_of(row, key->name).empty()) {
    return WriteError{400, "MISSING_ARGUMENT", key->name + " not specified", {}};
  }
  // About half of the rows of a partly failing batch, and always at least the last one.
  const bool is_unlucky = index + 1 == rows || estate_.random.chance(0.5);
  if (call.fails_some && is_unlucky) return locked_row();
  return std::nullopt;
}

WriteResult Crm::write_row(const Call& call, const Json& row, const ObjectSpec& object,
                           const FieldSpec* key) {
  Json fields = row;
  fields.erase("attributes");
  if (key != nullptr && key->name != "Id") {
    const std::string value = text_of(row, key->name);
    fields.erase(key->name);
    return org_.upsert(object, *key, value, fields);
  }
  std::string id = text_of(row, "Id");
  if (id.empty()) id = text_of(row, "id");
  fields.erase("Id");
  fields.erase("id");
  if (call.request.method == "POST") return org_.create(object, fields);
  return org_.update(object, id, fields);
}

Response Crm::collection_write(const Call& call, const Json& body, const ObjectSpec* object,
                               const FieldSpec* key) {
  const Json& rows = body["records"];
  if (rows.size() > collection_rows_max) {
    return failed(400, "EXCEEDED_ID_LIMIT",
                  "record limit reached. cannot submit more than 200 records in this call");
  }
  const bool is_all_or_none = flag_of(body, "allOrNone");
  std::vector<std::optional<WriteError>> problems;
  std::map<std::string, int> seen;
  for (const Json& row : rows) {
    if (key != nullptr) ++seen[lower_case(text_of(row, key->name))];
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto problem = row_problem(call, rows[i], object, key, i, rows.size());
    if (!problem && key != nullptr && seen[lower_case(text_of(rows[i], key->name))] > 1) {
      problem = WriteError{400,
                           "DUPLICATE_VALUE",
                           "Duplicate external id specified: " + text_of(rows[i], key->name),
                           {}};
    }
    if (!problem && is_all_or_none && key != nullptr) {
      const auto ids = org_.find_by_external_id(*object, *key, text_of(rows[i], key->name));
      problem = org_.check(*object, rows[i], ids.empty() ? "" : ids.front(), ids.empty());
    }
    problems.push_back(std::move(problem));
  }
  const bool is_rolled_back =
      is_all_or_none && std::any_of(problems.begin(), problems.end(),
                                    [](const auto& problem) { return problem.has_value(); });
  Json results = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::optional<WriteError> problem = problems[i];
    if (!problem && is_rolled_back) {
      problem = WriteError{400,
                           "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                           "Record rolled back because not all records were valid and the request "
                           "was using AllOrNone header",
                           {}};
    }
    WriteResult result;
    if (!problem) {
      const ObjectSpec& actual = *row_object(rows[i]);
      result = write_row(call, rows[i], actual, key);
      problem = result.error;
      record(key != nullptr ? "upsert" : "collection_write", actual, result, rows[i]);
    }
    Json shown{{"success", !problem}, {"errors", Json::array()}};
    if (problem)
      shown["errors"].push_back(error_row(*problem));
    else
      shown["id"] = result.id;
    if (key != nullptr && !problem) shown["created"] = result.is_created;
    results.push_back(std::move(shown));
  }
  return answer(200, results);
}

Response Crm::collection_read(const Call& call, const ObjectSpec& object) {
  std::vector<std::string> ids;
  std::vector<std::string> fields;
  if (call.request.method == "GET") {
    ids = split_commas(call.request.parameter("ids").value_or(""));
    fields = split_commas(call.request.parameter("fields").value_or(""));
  } else if (const auto body = parse_json(call.request.body)) {
    for (const Json& id : member_of(*body, "ids")) {
      if (id.is_string()) ids.push_back(id.get<std::string>());
    }
    for (const Json& field : member_of(*body, "fields")) {
      if (field.is_string()) fields.push_back(field.get<std::string>());
    }
  }
  Json rows = Json::array();
  for (const std::string& id : ids) {
    const Json* found = org_.find(object, id);
    if (found == nullptr) {
      rows.push_back(nullptr);
      continue;
    }
    const Json whole = render(object, *found, call.base);
    Json picked{{"attributes", whole["attributes"]}, {"Id", whole["Id"]}};
    for (const std::string& name : fields) {
      const FieldSpec* field = object.field(name);
      if (field == nullptr) {
        return failed(400, "INVALID_FIELD",
                      "No such column '" + name + "' on sobject of type " + object.name);
      }
      picked[field->name] = whole[field->name];
    }
    rows.push_back(std::move(picked));
  }
  return answer(200, rows);
}

}  // namespace perennial::sandbox::salesforce
