// The configuration of an http connector, checked: calls, and what each is for.
//
// Place:   read in configure(); everything else works on these structs only.
// Errors:  Parsed carries the field, by its path in `config`, and what to do about it.
// Limits:  64 calls; 32 header fields, query pairs, rules and taken fields a call.
#ifndef PERENNIAL_PLUGINS_HTTP_CONFIG_HPP
#define PERENNIAL_PLUGINS_HTTP_CONFIG_HPP

#include "plugins/common/oauth.hpp"
#include "plugins/common/settings.hpp"
#include "plugins/http/template.hpp"

namespace perennial::plugins::http {

enum class AuthKind { none, basic, bearer, api_key, oauth2 };

struct Auth {
  AuthKind kind = AuthKind::none;
  std::string user;          // basic
  std::string name;          // api_key: of the header field or query parameter
  bool is_in_query = false;  // api_key
  common::OauthSettings oauth;
};

// What an answer means. Which words a call may use depends on what it is for.
enum class Word {
  done,
  already_done,
  rejected,
  try_again,
  throttled,
  unauthorized,
  unknown,
  absent,
  several,
  in_progress,
  cannot_tell,
  cursor_invalid
};

enum class Relation { equal, different, above, below, present, absent };

// One row of a call's table: the first that fits an answer decides.
struct Rule {
  std::vector<std::pair<int, int>> statuses;  // from, to
  std::optional<Pointer> at;                  // of the answer's body
  Relation is = Relation::present;
  Template to;  // what the value at `at` is compared with
  Word outcome = Word::done;
  std::string code;
};

// A name and a value that may be left out when one of its fields is missing.
struct Pair {
  std::string name;
  Template value;
  bool is_optional = false;
};

// One field that is kept of an answer, or made of what is known.
struct Taken {
  std::string name;
  std::optional<Pointer> at;
  Template value;
  bool is_optional = false;
};

enum class BodyForm { none, json, form };

struct Call {
  std::string name;
  std::string operation;  // of the manifest; empty: a call that others refer to
  std::string method = "GET";
  Template path;
  std::vector<Pair> query;
  std::vector<Pair> headers;
  BodyForm body_form = BodyForm::none;
  Pointer body;  // which part of the payload is sent
  std::string content_type;
  std::string accept;
  std::string key_header;
  std::optional<Pointer> key_field;
  std::vector<Rule> answers;
  std::optional<Pointer> error_code;
  std::optional<Pointer> error_text;
  std::optional<Pointer> count;
  std::vector<Taken> take;
  std::string first_name;
  std::string lookup_name;
  const Call* first = nullptr;   // a read before this call
  const Call* lookup = nullptr;  // what became of this call
};

enum class PagingKind { none, page, offset, token, link, keyset };

struct Paging {
  PagingKind kind = PagingKind::none;
  std::string parameter;       // page, offset, token, keyset: of the query
  std::int64_t first = 1;      // page, offset: the number of the first page or record
  std::string size_parameter;  // empty: not sent
  std::int64_t size = 0;
  std::optional<Pointer> at;     // token; link: in the body instead of the Link field
  std::optional<Pointer> total;  // page, offset: how many records there are
  std::int64_t pages_max = 10'000;
};

enum class PositionFormat { text, rfc3339, epoch_s, epoch_ms };

// The field of records by which reading goes on where it ended.
struct Position {
  Pointer at;
  std::string parameter;
  PositionFormat format = PositionFormat::text;
  std::int64_t overlap_ms = 0;
};

struct Source {
  const Call* call = nullptr;
  Pointer records;
  Pointer id;
  std::optional<Pointer> version;
  std::optional<Position> position;
  Paging paging;
};

struct Config {
  common::ConnectionSettings connection;
  Auth auth;
  std::vector<std::unique_ptr<Call>> calls;  // by pointer, since calls refer to each other
  std::optional<Source> source;
  const Call* health = nullptr;
  std::size_t request_bytes_max = 1'048'576;

  const Call* find(std::string_view name) const;
};

common::Parsed<Config> read_config(const sdk::Value& config);

// The calls of the configuration, not yet joined to each other.
common::Parsed<std::vector<std::unique_ptr<Call>>> read_calls(const sdk::Value& config);

// A JSON Pointer of a field; nothing when the field is not there.
common::Parsed<std::optional<Pointer>> pointer_of(const sdk::Value& value, std::string_view field,
                                                  const std::string& place);

// What a call may say of an answer, by what it is for.
enum class Role { write, read_operation, first, lookup, source, health };
bool may_say(Role role, Word word);

}  // namespace perennial::plugins::http

#endif
