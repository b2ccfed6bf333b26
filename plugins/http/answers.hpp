// An answer as far as it can be read, and what is taken out of it. Pure.
//
// Errors:  a required field that is not there is a Fault `answer_incomplete`.
#ifndef PERENNIAL_PLUGINS_HTTP_ANSWERS_HPP
#define PERENNIAL_PLUGINS_HTTP_ANSWERS_HPP

#include "plugins/common/call.hpp"
#include "plugins/http/config.hpp"

namespace perennial::plugins::http {

struct Seen {
  common::HttpResponse response;
  common::Json body;       // null when there is none, or none that is JSON
  std::string unreadable;  // why a body that is there is no JSON; empty when it is
};

Seen seen_of(common::HttpResponse response);

// The text at a place, or "" where there is none.
std::string text_of_place(const std::optional<Pointer>& place, const common::Json& body);

// Whether a rule fits; `scope` fills what it compares with.
bool fits(const Rule& rule, const Seen& seen, const Scope& scope);

// Whether the call says anything about the body of an answer with this status.
bool reads_body(const Call& call, int status);

// The fields of `call.take` as a map.
common::Answer<common::Json> taken_of(const Call& call, const Seen& seen, const Scope& scope);

// How many there are: a number, or the length of a list; nothing when it is neither.
std::optional<std::int64_t> count_of(const Pointer& place, const common::Json& body);

}  // namespace perennial::plugins::http

#endif
