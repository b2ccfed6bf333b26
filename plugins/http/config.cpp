#include "plugins/http/config.hpp"

#include <algorithm>

namespace perennial::plugins::http {
namespace {

using common::Parsed;
using Done = std::optional<std::string>;  // what is wrong; nothing when all is well

std::string at(const std::string& field, const std::string& why) {
  return "`" + field + "`: " + why;
}

Done read_oauth(const sdk::Value& given, Config& config) {
  common::OauthSettings& oauth = config.auth.oauth;
  oauth.client_id = given.text_or("auth.client_id", "");
  oauth.scope = given.text_or("auth.scope", "");
  oauth.secret_field = "auth.client_secret";
  oauth.is_secret_in_header = given.text_or("auth.client_secret_in", "header") == "header";
  oauth.timeout_ms = config.connection.timeout_ms;
  if (oauth.client_id.empty())
    return at("auth.client_id", "is required when `auth.kind` is oauth2");
  const Parsed<std::string> url =
      common::checked_url(given.text_or("auth.token_url", ""), "auth.token_url");
  if (!url) return url.error();
  oauth.token_url = *url;
  return std::nullopt;
}

Done read_auth(const sdk::Value& given, Config& config) {
  const std::string kind = given.text_or("auth.kind", "");
  config.auth.user = given.text_or("auth.user", "");
  config.auth.name = given.text_or("auth.name", "");
  config.auth.is_in_query = given.text_or("auth.in", "header") == "query";
  if (kind == "none") return std::nullopt;
  if (kind == "bearer") {
    config.auth.kind = AuthKind::bearer;
    return std::nullopt;
  }
  if (kind == "basic") {
    config.auth.kind = AuthKind::basic;
    if (config.auth.user.empty()) return at("auth.user", "is required when `auth.kind` is basic");
    return std::nullopt;
  }
  if (kind == "api_key") {
    config.auth.kind = AuthKind::api_key;
    if (config.auth.name.empty()) {
      return at("auth.name",
                "is required when `auth.kind` is api_key: the header field or query "
                "parameter that carries the key");
    }
    return std::nullopt;
  }
  if (kind != "oauth2") {
    return at("auth.kind", "expected none, basic, bearer, api_key or oauth2, but it is " + kind);
  }
  config.auth.kind = AuthKind::oauth2;
  return read_oauth(given, config);
}

// Whoever names a call needs it to be there.
Done refer(const Config& config, const std::string& field, const std::string& name,
           const Call*& call) {
  call = config.find(name);
  if (call != nullptr) return std::nullopt;
  std::string known;
  for (const auto& one : config.calls) known += (known.empty() ? "" : ", ") + one->name;
  return at(field, "there is no call " + name + "; the calls are " + known);
}

Done check_words(const Call& call, Role role, const std::string& use) {
  for (std::size_t index = 0; index < call.answers.size(); ++index) {
    if (may_say(role, call.answers[index].outcome)) continue;
    return at("calls",
              "call " + call.name + " is used as " + use + ", where the outcome of answers[" +
                  std::to_string(index) +
                  "] means nothing; docs/vendors/http.md lists which outcomes may be used");
  }
  return std::nullopt;
}

bool needs_payload(const Call& call) {
  const auto has_fields = [](const Pair& pair) { return pair.value.has_fields(); };
  return call.path.has_fields() || call.body_form != BodyForm::none || call.first != nullptr ||
         std::any_of(call.query.begin(), call.query.end(), has_fields) ||
         std::any_of(call.headers.begin(), call.headers.end(), has_fields);
}

// For calls that no delivery causes.
Done check_alone(const Call& call, const std::string& field) {
  if (!needs_payload(call)) return std::nullopt;
  return at(field, "call " + call.name +
                       " has {fields}, a body or a `first`, but there is no "
                       "delivery whose payload could fill them");
}

Done join_calls(Config& config) {
  for (const auto& call : config.calls) {
    const std::string field = "call " + call->name;
    if (!call->first_name.empty()) {
      if (Done wrong = refer(config, field + ": first", call->first_name, call->first))
        return wrong;
      if (call->first->first_name.empty()) {
        if (Done wrong = check_words(*call->first, Role::first, "first")) return wrong;
      } else {
        return at(field + ": first", "a call that comes first cannot have one before it");
      }
    }
    if (!call->lookup_name.empty()) {
      if (Done wrong = refer(config, field + ": lookup", call->lookup_name, call->lookup)) {
        return wrong;
      }
      if (Done wrong = check_words(*call->lookup, Role::lookup, "lookup")) return wrong;
    }
    if (call->operation.empty()) continue;
    const Role role = call->operation == "read" ? Role::read_operation : Role::write;
    if (Done wrong = check_words(*call, role, "operation " + call->operation)) return wrong;
    if (call->operation == "create" && call->lookup == nullptr) {
      return at(field + ": lookup",
                "operation create promises that the remote can be asked what became of a delivery: "
                "name the call that asks, or use another operation");
    }
  }
  return std::nullopt;
}

PagingKind paging_kind(const std::string& name) {
  constexpr std::pair<std::string_view, PagingKind> kinds[] = {{"page", PagingKind::page},
                                                               {"offset", PagingKind::offset},
                                                               {"token", PagingKind::token},
                                                               {"link", PagingKind::link},
                                                               {"keyset", PagingKind::keyset}};
  for (const auto& [known, kind] : kinds) {
    if (known == name) return kind;
  }
  return PagingKind::none;
}

Done read_paging(const sdk::Value& given, Source& source) {
  Paging& paging = source.paging;
  const std::string kind = given.text_or("kind", "none");
  paging.kind = paging_kind(kind);
  paging.parameter = given.text_or("parameter", "");
  paging.first = given.integer_or("first_number", kind == "offset" ? 0 : 1);
  paging.size_parameter = given.text_or("size_parameter", "");
  paging.size = given.integer_or("page_records", 0);
  paging.pages_max = given.integer_or("pages_max", paging.pages_max);
  Parsed<std::optional<Pointer>> token = pointer_of(given, "at", "source.paging");
  if (!token) return token.error();
  paging.at = *token;
  Parsed<std::optional<Pointer>> total = pointer_of(given, "total", "source.paging");
  if (!total) return total.error();
  paging.total = *total;
  const bool is_numbered = paging.kind == PagingKind::page || paging.kind == PagingKind::offset;
  if ((is_numbered || paging.kind == PagingKind::token) && paging.parameter.empty()) {
    return at("source.paging.parameter", "is required for kind " + kind);
  }
  if (paging.kind == PagingKind::token && !paging.at) {
    return at("source.paging.at", "is required for kind token: where the next token stands");
  }
  if (paging.size_parameter.empty() != (paging.size == 0)) {
    return at("source.paging.page_records", "goes with `size_parameter`");
  }
  if (paging.kind == PagingKind::keyset && !source.position) {
    return at("source.position", "is required for paging of kind keyset: the field to go on by");
  }
  if (paging.kind == PagingKind::keyset && source.position->overlap_ms > 0) {
    return at("source.position.overlap_s", "a keyset cannot go back while it goes on; remove it");
  }
  return std::nullopt;
}

Done read_position(const sdk::Value& given, Source& source) {
  Position position;
  Parsed<std::optional<Pointer>> at_field = pointer_of(given, "at", "source.position");
  if (!at_field) return at_field.error();
  position.parameter = given.text_or("parameter", "");
  if (!*at_field || position.parameter.empty()) {
    return at("source.position",
              "expected `at`, the field of a record, and `parameter`, the query "
              "parameter that asks for records from there on");
  }
  position.at = **at_field;
  const std::string format = given.text_or("format", "text");
  position.format = format == "rfc3339"    ? PositionFormat::rfc3339
                    : format == "epoch_s"  ? PositionFormat::epoch_s
                    : format == "epoch_ms" ? PositionFormat::epoch_ms
                                           : PositionFormat::text;
  position.overlap_ms = given.integer_or("overlap_s", 0) * 1000;
  if (position.overlap_ms > 0 && position.format == PositionFormat::text) {
    return at("source.position.overlap_s", "only times can be gone back by; set `format`");
  }
  source.position = std::move(position);
  return std::nullopt;
}

Done read_source(const sdk::Value& given, Config& config) {
  const sdk::Value* found = given.find("source");
  if (found == nullptr || found->map() == nullptr) return std::nullopt;
  Source source;
  if (Done wrong = refer(config, "source.call", found->text_or("call", ""), source.call)) {
    return wrong;
  }
  if (Done wrong = check_words(*source.call, Role::source, "source")) return wrong;
  if (Done wrong = check_alone(*source.call, "source.call")) return wrong;
  Parsed<Pointer> records = Pointer::parse(found->text_or("records", ""));
  if (!records) return at("source.records", records.error());
  source.records = std::move(*records);
  Parsed<Pointer> id = Pointer::parse(found->text_or("id", "/id"));
  if (!id) return at("source.id", id.error());
  source.id = std::move(*id);
  Parsed<std::optional<Pointer>> version = pointer_of(*found, "version", "source");
  if (!version) return version.error();
  source.version = *version;
  if (const sdk::Value* position = found->find("position")) {
    if (Done wrong = read_position(*position, source)) return wrong;
  }
  const sdk::Value none{sdk::Value::Map{}};
  const sdk::Value* paging = found->find("paging");
  if (Done wrong = read_paging(paging == nullptr ? none : *paging, source)) return wrong;
  config.source = std::move(source);
  return std::nullopt;
}

Done read_health(const sdk::Value& given, Config& config) {
  const std::string name = given.text_or("health", "");
  if (name.empty()) return std::nullopt;
  if (Done wrong = refer(config, "health", name, config.health)) return wrong;
  if (Done wrong = check_words(*config.health, Role::health, "health")) return wrong;
  return check_alone(*config.health, "health");
}

}  // namespace

const Call* Config::find(std::string_view name) const {
  const auto found = std::find_if(calls.begin(), calls.end(),
                                  [&](const auto& call) { return call->name == name; });
  return found == calls.end() ? nullptr : found->get();
}

Parsed<Config> read_config(const sdk::Value& given) {
  Config config;
  Parsed<common::ConnectionSettings> connection = common::connection_settings(given);
  if (!connection) return tl::unexpected(connection.error());
  config.connection = std::move(*connection);
  config.connection.curl.response_bytes_max = static_cast<std::size_t>(given.integer_or(
      "answer_bytes_max", static_cast<std::int64_t>(config.connection.curl.response_bytes_max)));
  config.request_bytes_max = static_cast<std::size_t>(
      given.integer_or("request_bytes_max", static_cast<std::int64_t>(config.request_bytes_max)));
  if (Done wrong = read_auth(given, config)) return tl::unexpected(*wrong);
  Parsed<std::vector<std::unique_ptr<Call>>> calls = read_calls(given);
  if (!calls) return tl::unexpected(calls.error());
  config.calls = std::move(*calls);
  if (Done wrong = join_calls(config)) return tl::unexpected(*wrong);
  if (Done wrong = read_source(given, config)) return tl::unexpected(*wrong);
  if (Done wrong = read_health(given, config)) return tl::unexpected(*wrong);
  return config;
}

}  // namespace perennial::plugins::http
