// What all nouns of the command line share: asking, and showing the answer.
//
// Errors:  a refusal of the API becomes its reason and exit code 1; a wrong filter 2; what keeps an
//          answer from coming 3.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/app/cli.hpp"
#include "runtime/app/desk.hpp"

namespace perennial::app {

using Json = nlohmann::ordered_json;
using ToText = std::function<std::string(const Json&)>;

// The verb after the noun, or empty.
[[nodiscard]] std::string word_at(const Invocation& invocation, std::size_t index);
// Text of a text, empty for null, JSON of anything else.
[[nodiscard]] std::string cell(const Json& object, const std::string& name);
// "2026-11-24 10:00:00" of an instant in JSON.
[[nodiscard]] std::string short_time(const Json& object, const std::string& name);
// "?name=value&..." of the options that were given.
[[nodiscard]] std::string query_of(const Invocation& invocation,
                                   const std::vector<std::string>& names);

// GET: prints the answer as JSON, or as what `to_text` makes of it. Exit code 1 for an answer whose `is_well` is
// false.
int ask(const Invocation& invocation, const std::string& target, const ToText& to_text);
// POST with the role operator.
int tell(const Invocation& invocation, const std::string& target, const std::string& body,
         const std::string& content_type, const ToText& to_text);
// "expected renewal list or renewal show ID, but ..." and exit code 2.
int refuse_usage(const Invocation& invocation, const std::string& usage);

[[nodiscard]] Verb renewal_verb();
[[nodiscard]] Verb exception_verb();
[[nodiscard]] Verb event_verb();
[[nodiscard]] Verb connector_verb();
[[nodiscard]] Verb plugin_verb();

}  // namespace perennial::app
