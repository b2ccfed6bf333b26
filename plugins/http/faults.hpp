// Answers to outcomes: the call's own table first, then what statuses mean at any remote. Pure.
//
// Errors:  an answer that nothing lists is judged so that no second effect can follow from it.
// Format:  statuses of RFC 9110, section 15, and RFC 6585.
#ifndef PERENNIAL_PLUGINS_HTTP_FAULTS_HPP
#define PERENNIAL_PLUGINS_HTTP_FAULTS_HPP

#include "plugins/http/answers.hpp"

namespace perennial::plugins::http {

struct Verdict {
  Word word = Word::unknown;
  bool is_listed = false;  // by the call's table
  common::Fault fault;     // code, text and wait, for every word but done and already_done
};

// `is_read` tells that there was nothing to apply.
Verdict judge(const Call& call, const Seen& seen, const Scope& scope, bool is_read);

// What a status that is no success means when the call does not list it.
common::Fault unlisted_fault(const common::HttpResponse& response, bool is_read);

Word word_of(sdk::OutcomeKind kind);
sdk::OutcomeKind kind_of(Word word);

}  // namespace perennial::plugins::http

#endif
