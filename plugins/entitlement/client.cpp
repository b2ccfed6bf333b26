#include "plugins/entitlement/client.hpp"

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

Json Client::operations_of(const Request& request) const {
  Json operations = Json::array();
  const auto set = [&](const std::string& attribute, const Json& value) {
    // Replacing an attribute that is not there adds it (RFC 7644, 3.5.2.3).
    operations.push_back(
        {{"op", "replace"}, {"path", config_.extension_urn + ":" + attribute}, {"value", value}});
  };
  set(config_.until_attribute, common::text_at(request.payload, {"until"}));
  if (const Json* attributes = common::find_at(request.payload, {"attributes"});
      attributes != nullptr && attributes->is_object()) {
    for (const auto& [attribute, value] : attributes->items()) set(attribute, value);
  }
  return operations;
}

sdk::Outcome Client::patch(const User& user, const Request& request) {
  common::HttpRequest change;
  change.method = "PATCH";
  change.url =
      common::joined_url(config_.connection.base_url, "Users/" + common::percent_encoded(user.id));
  change.headers.add("Content-Type", media_type);
  if (!user.etag.empty()) change.headers.add("If-Match", user.etag);
  change.body = common::text_of({{"schemas", {"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                                 {"Operations", operations_of(request)}});
  const Answer<HttpResponse> answer = send(std::move(change), request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  if (!common::is_success(answer->status)) return common::outcome_of(fault_of(*answer, false));
  const std::string until = common::text_at(request.payload, {"until"});
  // 204 carries nothing; 200 carries the user, which must then say what was asked for.
  if (answer->status != 204) {
    const common::Parsed<Json> changed = common::parse_json(answer->body);
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
  return patch(*user, request);
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
  common::HttpRequest read;
  read.url = common::joined_url(config_.connection.base_url, "ServiceProviderConfig");
  const Answer<HttpResponse> answer = send(std::move(read), deadline, now_ms);
  if (!answer || !common::is_success(answer->status)) {
    const Fault fault = answer ? fault_of(*answer, true) : answer.error();
    reply.finding(sdk::Level::error, "service", fault.code + ": " + fault.text);
    return;
  }
  const common::Parsed<Json> service = common::parse_json(answer->body);
  const Json* patch = service ? common::find_at(*service, {"patch", "supported"}) : nullptr;
  if (patch == nullptr || *patch != true) {
    reply.finding(sdk::Level::error, "patch", "the service does not say that it supports PATCH");
  } else {
    reply.finding(sdk::Level::info, "patch", "the service supports PATCH");
  }
  const Json* etag = service ? common::find_at(*service, {"etag", "supported"}) : nullptr;
  reply.finding(
      etag != nullptr && *etag == true ? sdk::Level::info : sdk::Level::warning, "etag",
      etag != nullptr && *etag == true
          ? "the service gives versions"
          : "the service gives no versions: two changes at once may overwrite each other");
}

}  // namespace perennial::plugins::entitlement
