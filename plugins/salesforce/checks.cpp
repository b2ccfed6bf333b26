#include "plugins/salesforce/checks.hpp"

#include <algorithm>
#include <map>

#include "plugins/salesforce/records.hpp"

namespace perennial::plugins::salesforce {
namespace {

using common::Answer;
using common::Json;

constexpr const char* written_fields[] = {"Renewal_Status__c", "Sales_Order__c", "Invoice__c",
                                          "Access_Until__c"};

bool is_true(const Json* value) {
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

class Describes {
 public:
  Describes(Org& org, const Moment& moment, sdk::HealthReply& reply)
      : org_(org), moment_(moment), reply_(reply) {}

  // Null when the user cannot see the object; that is told once.
  const Json* object(const std::string& name) {
    const auto known = objects_.find(name);
    if (known != objects_.end()) return known->second.is_object() ? &known->second : nullptr;
    Answer<Json> describe = org_.get("sobjects/" + name + "/describe", moment_);
    Json& kept = objects_[name];
    if (describe && describe->is_object()) {
      kept = std::move(*describe);
      return &kept;
    }
    const std::string why = describe ? "no description" : describe.error().text;
    reply_.finding(sdk::Level::error, "object", name + " cannot be described: " + why);
    return nullptr;
  }

  // The field, or null; `is_wanted` tells the lack.
  static const Json* field(const Json& object, const std::string& name, const char* by) {
    const Json* fields = common::find_at(object, {"fields"});
    if (fields == nullptr || !fields->is_array()) return nullptr;
    const auto found = std::find_if(fields->begin(), fields->end(), [&](const Json& one) {
      return common::text_at(one, {by}) == name;
    });
    return found == fields->end() ? nullptr : &*found;
  }

  // "Region__c", or "Account.Parent.Name" over references.
  void check_path(const std::string& object_name, const std::string& path) {
    const Json* described = object(object_name);
    if (described == nullptr) return;
    const std::size_t dot = path.find('.');
    const std::string first = path.substr(0, dot);
    const bool is_reference = dot != std::string::npos;
    const Json* found = field(*described, first, is_reference ? "relationshipName" : "name");
    if (found == nullptr) {
      reply_.finding(sdk::Level::error, "field",
                     object_name + " has no field " + first + " that the integration user can see");
      return;
    }
    if (!is_reference) return;
    const Json* targets = common::find_at(*found, {"referenceTo"});
    if (targets == nullptr || targets->empty() || !targets->front().is_string()) return;
    check_path(targets->front().get<std::string>(), path.substr(dot + 1));
  }

 private:
  Org& org_;
  const Moment& moment_;
  sdk::HealthReply& reply_;
  std::map<std::string, Json> objects_;
};

std::vector<std::string> names_of(const std::string& list) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin < list.size()) {
    const std::size_t end = std::min(list.find(", ", begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

void check_feed(Describes& describes, const Feed& feed) {
  const Json* object = describes.object(feed.object);
  if (object == nullptr) return;
  for (const std::string& name : names_of(feed.fields)) describes.check_path(feed.object, name);
  const Json* children = common::find_at(*object, {"childRelationships"});
  if (children == nullptr || !children->is_array()) return;
  for (const Json& child : *children) {
    if (common::text_at(child, {"relationshipName"}) != feed.lines) continue;
    const std::string line_object = common::text_at(child, {"childSObject"});
    for (const std::string& name : names_of(feed.line_fields)) {
      describes.check_path(line_object, name);
    }
  }
}

// What is written back must be changeable, and its key must be an external id, or an upsert would
// be refused record by record.
void check_writes(Describes& describes, const Config& config, sdk::HealthReply& reply) {
  const Json* object = describes.object("Opportunity");
  if (object == nullptr) return;
  if (!is_true(common::find_at(*object, {"updateable"}))) {
    reply.finding(sdk::Level::error, "object",
                  "the integration user may not edit Opportunity: grant Edit on the object");
  }
  for (const char* name : written_fields) {
    const Json* field = Describes::field(*object, name, "name");
    if (field == nullptr) {
      describes.check_path("Opportunity", name);
    } else if (!is_true(common::find_at(*field, {"updateable"}))) {
      reply.finding(sdk::Level::error, "field",
                    "the integration user may not edit Opportunity." + std::string(name) +
                        ": grant Edit in its field-level security");
    }
  }
  const Json* key = Describes::field(*object, config.external_id_field, "name");
  if (key == nullptr) {
    describes.check_path("Opportunity", config.external_id_field);
  } else if (!is_true(common::find_at(*key, {"externalId"}))) {
    reply.finding(sdk::Level::error, "field",
                  "Opportunity." + config.external_id_field + " is no external id: mark it as one");
  } else if (!is_true(common::find_at(*key, {"unique"}))) {
    reply.finding(sdk::Level::error, "field",
                  "Opportunity." + config.external_id_field +
                      " is not unique: two records with one number would make writing ambiguous");
  }
}

void check_limits(Org& org, const Moment& moment, sdk::HealthReply& reply) {
  const Answer<Json> limits = org.get("limits", moment);
  if (!limits) return;  // the user may lack the permission to see them; nothing depends on it
  reply.finding(sdk::Level::info, "limits",
                common::text_at(*limits, {"DailyApiRequests", "Remaining"}) + " of " +
                    common::text_at(*limits, {"DailyApiRequests", "Max"}) +
                    " daily API calls are left");
}

// Salesforce CPQ is a package that an org may lack; then only the source of quotes has no use.
void check_quotes(Org& org, const Moment& moment, Describes& describes, sdk::HealthReply& reply) {
  const Feed feed = quote_feed(org.config());
  if (!org.get("sobjects/" + feed.object + "/describe", moment)) {
    reply.finding(sdk::Level::info, "quotes",
                  "the org shows no " + feed.object + ": the source `quotes` cannot be used");
    return;
  }
  check_feed(describes, feed);
}

}  // namespace

void check_org(Org& org, const Moment& moment, sdk::HealthReply& reply) {
  const std::string& version = org.config().api_version;
  const Answer<Json> versions = org.get("/services/data", moment);
  if (!versions) {
    reply.finding(sdk::Level::error, "logon", versions.error().code + ": " + versions.error().text);
    return;
  }
  reply.finding(sdk::Level::info, "logon", "the org accepts the credentials");
  const bool is_known =
      versions->is_array() && std::any_of(versions->begin(), versions->end(), [&](const Json& one) {
        return common::text_at(one, {"version"}) == version;
      });
  if (!is_known) {
    reply.finding(sdk::Level::error, "api_version",
                  "the org does not offer version " + version + ": set `api_version`");
    return;
  }
  reply.finding(sdk::Level::info, "api_version", "the org offers version " + version);
  Describes describes(org, moment, reply);
  check_feed(describes, opportunity_feed(org.config()));
  check_writes(describes, org.config(), reply);
  check_quotes(org, moment, describes, reply);
  check_limits(org, moment, reply);
}

}  // namespace perennial::plugins::salesforce
