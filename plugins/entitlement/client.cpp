#include "plugins/entitlement/client.hpp"

#include <tuple>

#include "plugins/common/url.hpp"
#include "plugins/entitlement/faults.hpp"

namespace perennial::plugins::entitlement {
namespace {

using common::Answer;
using common::Fault;
using common::HttpResponse;
using common::Json;
using common::Request;
using sdk::OutcomeKind;

constexpr const char* media_type = "application/scim+json";

bool is_date(const std::string& text) {
  return text.size() == 10 && common::ms_of_iso(text).has_value();
}

// A text of a SCIM filter is a JSON string (RFC 7644, 3.4.2.2).
std::string filter_text(std::string_view text) {
  return common::text_of(std::string(text));
}

Json receipt_of(const std::string& id, const std::string& until) {
  return {{"entitlement", id}, {"until", until}};
}

Json body_of(const std::string& id, const std::string& until) {
  return {{"id", id}, {"until", until}};
}

}  // namespace

Client::Client(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config),
      secrets_(std::move(secrets)),
      transport_(transport),
      tokens_(config.oauth, secrets_, transport) {}

Answer<std::string> Client::authorization(const common::Deadline& deadline, std::int64_t now_ms) {
  if (config_.auth == AuthKind::oauth2) {
    const Answer<common::Token> token = tokens_.token(deadline, now_ms);
    if (!token) return tl::unexpected(token.error());
    return token->value;
  }
  const auto token = secrets_("auth.token");
  if (!token) {
    return tl::unexpected(Fault{common::kinds::unauthorized, "secret_missing",
                                "the secret of the config field `auth.token` is not set"});
  }
  return *token;
}

Answer<HttpResponse> Client::send(common::HttpRequest request, const common::Deadline& deadline,
                                  std::int64_t now_ms) {
  request.headers.add("Accept", media_type);
  const Answer<std::string> token = authorization(deadline, now_ms);
  if (!token) return tl::unexpected(token.error());
  common::HttpRequest first = request;
  first.headers.add("Authorization", "Bearer " + *token);
  const std::int64_t timeout_ms = config_.connection.timeout_ms;
  Answer<HttpResponse> answer =
      common::send_within(transport_, std::move(first), deadline, timeout_ms);
  if (!answer || answer->status != 401) return answer;

  // A refused token was refused before anything was done, so one request with a new one is safe. A
  // static token may have been rotated meanwhile; the same one again would be refused again.
  std::string renewed;
  if (config_.auth == AuthKind::oauth2) {
    const Answer<common::Token> fetched = tokens_.replacement(*token, deadline, now_ms);
    if (!fetched) return tl::unexpected(fetched.error());
    renewed = fetched->value;
  } else {
    renewed = secrets_("auth.token").value_or(*token);
    if (renewed == *token) return answer;
  }
  request.headers.add("Authorization", "Bearer " + renewed);
  return common::send_within(transport_, std::move(request), deadline, timeout_ms);
}

Answer<Client::User> Client::read_user(const Request& request) {
  const std::string external_id = common::text_at(request.payload, {"user"});
  common::HttpRequest read;
  read.url = common::joined_url(config_.connection.base_url, "Users") + "?" +
             common::query_of({{"filter", "externalId eq " + filter_text(external_id)},
                               {"startIndex", "1"},
                               {"count", "2"}});
  const Answer<HttpResponse> answer = send(std::move(read), request.deadline, request.now_ms);
  if (!answer) return tl::unexpected(common::as_read(answer.error()));
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, true));
  const common::Parsed<Json> list = common::parse_json(answer->body);
  if (!list || common::text_at(*list, {"totalResults"}).empty()) {
    return tl::unexpected(common::as_read(common::unreadable_answer("no list of users")));
  }
  // RFC 7644, 3.4.2: Resources is left out when nothing matches.
  const Json* users = common::find_at(*list, {"Resources"});
  const std::size_t count = users != nullptr && users->is_array() ? users->size() : 0;
  if (count != 1) {
    return tl::unexpected(
        Fault{common::kinds::rejected, count == 0 ? "user_missing" : "several_users",
              (count == 0 ? "no user has the externalId " : "several users have the externalId ") +
                  external_id});
  }
  User user;
  user.resource = users->front();
  user.id = common::text_at(user.resource, {"id"});
  user.etag = common::text_at(user.resource, {"meta", "version"});
  user.until = common::text_at(user.resource,
                               {config_.extension_urn.c_str(), config_.until_attribute.c_str()});
  user.until = user.until.substr(0, 10);
  return user;
}

Answer<HttpResponse> Client::read(const std::string& path, const common::Deadline& deadline,
                                  std::int64_t now_ms) {
  common::HttpRequest request;
  request.url = common::joined_url(config_.connection.base_url, path);
  Answer<HttpResponse> answer = send(std::move(request), deadline, now_ms);
  if (!answer) return tl::unexpected(common::as_read(answer.error()));
  return answer;
}

Answer<Features> Client::features(const common::Deadline& deadline, std::int64_t now_ms) {
  {
    const std::lock_guard lock(features_mutex_);
    if (features_) return *features_;
  }
  const Answer<HttpResponse> answer = read("ServiceProviderConfig", deadline, now_ms);
  if (!answer) return tl::unexpected(answer.error());
  Features features;
  if (common::is_success(answer->status)) {
    const common::Parsed<Json> config = common::parse_json(answer->body);
    if (!config) {
      return tl::unexpected(common::as_read(common::unreadable_answer(config.error())));
    }
    features = features_of(*config);
  } else if (!is_missing_endpoint(answer->status)) {
    return tl::unexpected(fault_of(*answer, true));
  }
  const std::lock_guard lock(features_mutex_);
  features_ = features;
  return features;
}

Json Client::attributes_of(const Request& request) const {
  Json attributes = Json::object();
  if (const Json* given = common::find_at(request.payload, {"attributes"});
      given != nullptr && given->is_object()) {
    attributes = *given;
  }
  attributes[config_.until_attribute] = common::text_at(request.payload, {"until"});
  return attributes;
}

Json Client::operations_of(const Request& request) const {
  Json operations = Json::array();
  const auto set = [&](const std::string& attribute, const Json& value) {
    // Replacing an attribute that is not there adds it (RFC 7644, 3.5.2.3).
    operations.push_back(
        {{"op", "replace"}, {"path", config_.extension_urn + ":" + attribute}, {"value", value}});
  };
  const Json attributes = attributes_of(request);
  set(config_.until_attribute, attributes[config_.until_attribute]);
  for (const auto& [attribute, value] : attributes.items()) {
    if (attribute != config_.until_attribute) set(attribute, value);
  }
  return operations;
}

common::HttpRequest Client::change_of(const User& user, const Features& features,
                                      const Request& request) const {
  common::HttpRequest change;
  change.method = features.has_patch ? "PATCH" : "PUT";
  change.url =
      common::joined_url(config_.connection.base_url, "Users/" + common::percent_encoded(user.id));
  change.headers.add("Content-Type", media_type);
  if (features.has_versions && !user.etag.empty()) change.headers.add("If-Match", user.etag);
  change.body = common::text_of(
      features.has_patch
          ? Json{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                 {"Operations", operations_of(request)}}
          : replaced_user(user.resource, config_.extension_urn, attributes_of(request)));
  return change;
}

sdk::Outcome Client::change(const User& user, const Request& request) {
  Answer<Features> features = this->features(request.deadline, request.now_ms);
  if (!features) return common::outcome_of(features.error());
  Answer<HttpResponse> answer =
      send(change_of(user, *features, request), request.deadline, request.now_ms);
  // 501 and 405 come before anything was done (RFC 7644, 3.5.2 and 3.12), whatever the
  // configuration promised: the same change goes as a whole user, here and from now on.
  if (answer && features->has_patch && (answer->status == 501 || answer->status == 405)) {
    features->has_patch = false;
    {
      const std::lock_guard lock(features_mutex_);
      features_ = *features;
    }
    answer = send(change_of(user, *features, request), request.deadline, request.now_ms);
  }
  if (!answer) return common::outcome_of(answer.error());
  return judge(*answer, user, request);
}

sdk::Outcome Client::judge(const HttpResponse& answer, const User& user,
                           const Request& request) const {
  if (!common::is_success(answer.status)) return common::outcome_of(fault_of(answer, false));
  const std::string until = common::text_at(request.payload, {"until"});
  // 204 carries nothing; 200 carries the user, which must then say what was asked for.
  if (answer.status != 204) {
    const common::Parsed<Json> changed = common::parse_json(answer.body);
    if (!changed) return common::outcome_of(common::unreadable_answer(changed.error()));
    const std::string now =
        common::text_at(*changed, {config_.extension_urn.c_str(), config_.until_attribute.c_str()});
    if (!now.empty() && now.substr(0, 10) != until) {
      return common::outcome_of({common::kinds::unknown, "end_differs",
                                 "asked for access until " + until + ", the user now has " + now});
    }
  }
  return common::settled(OutcomeKind::done, receipt_of(user.id, until), body_of(user.id, until));
}

sdk::Outcome Client::extend(const Request& request) {
  const std::string until = common::text_at(request.payload, {"until"});
  if (!is_date(until) || common::text_at(request.payload, {"user"}).empty()) {
    return common::refused("payload_invalid", "the mapping gave no `user` or no date `until`");
  }
  const Answer<User> user = read_user(request);
  if (!user) return common::outcome_of(user.error());
  if (user->until == until) {
    return common::settled(OutcomeKind::already_done, receipt_of(user->id, until),
                           body_of(user->id, until));
  }
  if (user->until > until) {
    return common::refused("would_shorten", "access already lasts until " + user->until +
                                                ", which is later than " + until +
                                                "; an extension never shortens it");
  }
  return change(*user, request);
}

sdk::LookupAnswer Client::find_extension(const Request& request) {
  const Answer<User> user = read_user(request);
  if (!user) return common::lookup_answer_of(user.error());
  const std::string until = common::text_at(request.payload, {"until"});
  sdk::LookupAnswer answer;
  if (user->until != until) {
    answer.kind = sdk::LookupKind::absent;
    answer.text = "access ends " + (user->until.empty() ? "never" : "on " + user->until);
    return answer;
  }
  answer.kind = sdk::LookupKind::done;
  answer.matches = 1;
  answer.receipt = common::msgpack_of(receipt_of(user->id, until));
  answer.body = common::msgpack_of(body_of(user->id, until));
  return answer;
}

void Client::check(const common::Deadline& deadline, std::int64_t now_ms, sdk::HealthReply& reply) {
  const Answer<HttpResponse> answer = read("ServiceProviderConfig", deadline, now_ms);
  if (answer && is_missing_endpoint(answer->status)) {
    reply.finding(sdk::Level::warning, "service",
                  "no ServiceProviderConfig: PATCH and versions are tried");
  } else if (!answer || !common::is_success(answer->status)) {
    const Fault fault = answer ? fault_of(*answer, true) : answer.error();
    reply.finding(sdk::Level::error, "service", fault.code + ": " + fault.text);
    return;
  } else if (const common::Parsed<Json> service = common::parse_json(answer->body); service) {
    report_features(features_of(*service), reply);
  } else {
    reply.finding(sdk::Level::error, "service", "ServiceProviderConfig: " + service.error());
    return;
  }
  check_extension(deadline, now_ms, reply);
}

// Both endpoints are optional for a service in practice: one that lacks them is checked by use.
void Client::check_extension(const common::Deadline& deadline, std::int64_t now_ms,
                             sdk::HealthReply& reply) {
  using Judge = void (*)(const Json&, const Config&, sdk::HealthReply&);
  const std::tuple<const char*, std::string, Judge> documents[] = {
      {"schema", "Schemas/" + common::percent_encoded(config_.extension_urn), report_schema},
      {"resource_type", "ResourceTypes/User", report_type}};
  for (const auto& [name, path, judge] : documents) {
    const Answer<HttpResponse> answer = read(path, deadline, now_ms);
    const common::Parsed<Json> document = answer && common::is_success(answer->status)
                                              ? common::parse_json(answer->body)
                                              : tl::unexpected(std::string("no document"));
    if (document) {
      judge(*document, config_, reply);
    } else {
      const Fault fault = answer ? fault_of(*answer, true) : answer.error();
      reply.finding(sdk::Level::warning, name, "cannot be read: " + fault.text);
    }
  }
}

}  // namespace perennial::plugins::entitlement
