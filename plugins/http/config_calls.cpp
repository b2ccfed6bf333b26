// The `calls:` of the configuration.
#include <algorithm>
#include <charconv>

#include "plugins/common/call.hpp"
#include "plugins/http/config.hpp"

namespace perennial::plugins::http {
namespace {

using common::Parsed;

constexpr std::size_t calls_max = 64;
constexpr std::size_t list_max = 32;

struct WordName {
  std::string_view name;
  Word word;
};
constexpr WordName words[] = {
    {"done", Word::done},
    {"already_done", Word::already_done},
    {"rejected", Word::rejected},
    {"try_again", Word::try_again},
    {"throttled", Word::throttled},
    {"unauthorized", Word::unauthorized},
    {"unknown", Word::unknown},
    {"absent", Word::absent},
    {"several", Word::several},
    {"in_progress", Word::in_progress},
    {"cannot_tell", Word::cannot_tell},
    {"cursor_invalid", Word::cursor_invalid},
};

struct RelationName {
  std::string_view name;
  Relation relation;
};
constexpr RelationName relations[] = {
    {"equal", Relation::equal}, {"different", Relation::different}, {"above", Relation::above},
    {"below", Relation::below}, {"present", Relation::present},     {"absent", Relation::absent},
};

// Fields that belong to the transport or to `auth`: a second one would change what is sent, or put
// a secret where configurations are shown (RFC 9110, 7.6.1 and 8.6).
constexpr std::string_view reserved_headers[] = {"authorization",
                                                 "proxy-authorization",
                                                 "host",
                                                 "content-length",
                                                 "transfer-encoding",
                                                 "connection",
                                                 "expect",
                                                 "te",
                                                 "trailer",
                                                 "upgrade"};

bool is_token(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || marks.find(letter) != std::string_view::npos;
  });
}

bool is_reserved(const std::string& name) {
  return std::any_of(
      std::begin(reserved_headers), std::end(reserved_headers),
      [&](std::string_view reserved) { return common::equals_ignoring_case(name, reserved); });
}

// "404", "500-599" and lists of them, parted by commas.
bool read_statuses(std::string_view text, std::vector<std::pair<int, int>>& statuses) {
  const auto take = [&text](int& status) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), status);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return read.ec == std::errc() && status >= 100 && status <= 599;
  };
  while (true) {
    int from = 0;
    if (!take(from)) return false;
    int to = from;
    if (!text.empty() && text.front() == '-') {
      text.remove_prefix(1);
      if (!take(to) || to < from) return false;
    }
    statuses.emplace_back(from, to);
    if (text.empty()) return true;
    if (text.front() != ',') return false;
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
  }
}

// Reads one call and keeps the first thing that is wrong with it.
class CallReader {
 public:
  CallReader(const sdk::Value& given, std::string place)
      : given_(given), place_(std::move(place)) {}

  std::unique_ptr<Call> read() {
    call_ = std::make_unique<Call>();
    call_->name = given_.text_or("name", "");
    call_->operation = given_.text_or("operation", "");
    call_->method = given_.text_or("method", "GET");
    call_->first_name = given_.text_or("first", "");
    call_->lookup_name = given_.text_or("lookup", "");
    call_->accept = given_.text_or("accept", "application/json");
    if (call_->name.empty()) refuse("name", "is required");
    read_path();
    call_->query = read_pairs("query");
    call_->headers = read_pairs("headers");
    for (const Pair& header : call_->headers) check_header("headers", header.name);
    read_body();
    read_key();
    call_->error_code = pointer("error_code_at");
    call_->error_text = pointer("error_text_at");
    call_->count = pointer("count");
    read_answers();
    read_take();
    return std::move(call_);
  }

  const std::string& error() const { return error_; }

 private:
  void refuse(const std::string& field, const std::string& why) {
    if (error_.empty()) error_ = "`" + place_ + "." + field + "`: " + why;
  }

  template <class Value>
  Value checked(const std::string& field, Parsed<Value> parsed) {
    if (parsed) return std::move(*parsed);
    refuse(field, parsed.error());
    return Value();
  }

  Template text(const sdk::Value& value, const std::string& name, const std::string& field) {
    return checked(field, Template::parse(value.text_or(name, "")));
  }

  std::optional<Pointer> pointer(const std::string& field) {
    Parsed<std::optional<Pointer>> read = pointer_of(given_, field, place_);
    if (read) return *read;
    if (error_.empty()) error_ = read.error();
    return std::nullopt;
  }

  // Each map of a list, with its place.
  template <class Each>
  void each(const std::string& field, Each read) {
    const sdk::Value* found = given_.find(field);
    const auto* list = found == nullptr ? nullptr : found->array();
    if (list == nullptr) return;
    if (list->size() > list_max) {
      return refuse(field, "expected at most " + std::to_string(list_max) + " entries");
    }
    for (std::size_t index = 0; index < list->size(); ++index) {
      read((*list)[index], field + "[" + std::to_string(index) + "]");
    }
  }

  void check_header(const std::string& field, const std::string& name) {
    if (!is_token(name)) refuse(field, "expected the name of a header field, but it is " + name);
    if (is_reserved(name)) {
      refuse(field, name + " is set by the connection or by `auth`; remove it here");
    }
  }

  void read_path() {
    const std::string path = given_.text_or("path", "");
    if (path.empty() || path.front() != '/' ||
        path.find_first_of("?# \t\r\n") != std::string::npos) {
      refuse("path", "expected a path that begins with / and has no query, but \"" + path +
                         "\" came; parameters go into `query`");
    }
    call_->path = checked("path", Template::parse(path));
  }

  std::vector<Pair> read_pairs(const std::string& list) {
    std::vector<Pair> pairs;
    each(list, [&](const sdk::Value& value, const std::string& field) {
      Pair pair{value.text_or("name", ""), text(value, "value", field + ".value"),
                value.boolean_or("optional", false)};
      if (pair.name.empty()) refuse(field + ".name", "is required");
      pairs.push_back(std::move(pair));
    });
    return pairs;
  }

  void read_body() {
    const bool has_method =
        call_->method == "POST" || call_->method == "PUT" || call_->method == "PATCH";
    const bool is_usual = has_method && !call_->operation.empty();
    const std::string body = given_.text_or("body", is_usual ? "" : "none");
    const std::string form = given_.text_or("body_form", "json");
    if (body == "none") return;
    if (!has_method) refuse("body", call_->method + " has none; use `query`, or another method");
    call_->body_form = form == "form" ? BodyForm::form : BodyForm::json;
    call_->body = checked("body", Pointer::parse(body));
    call_->content_type = given_.text_or(
        "content_type", form == "form" ? "application/x-www-form-urlencoded" : "application/json");
  }

  void read_key() {
    call_->key_header = given_.text_or("key_header", "");
    call_->key_field = pointer("key_field");
    if (!call_->key_header.empty()) check_header("key_header", call_->key_header);
    if (call_->key_field && call_->body_form == BodyForm::none) {
      refuse("key_field", "the call has no body to put the key into; use `key_header`");
    }
    const bool is_keyed = !call_->key_header.empty() || call_->key_field.has_value();
    if (call_->operation == "submit" && !is_keyed) {
      refuse("key_header",
             "operation submit promises that the remote knows a delivery by its key: say where it "
             "goes with `key_header` or `key_field`, or use another operation");
    }
  }

  void read_answers() {
    each("answers", [&](const sdk::Value& value, const std::string& field) {
      Rule rule;
      if (!read_statuses(value.text_or("status", "200-299"), rule.statuses)) {
        refuse(field + ".status", "expected statuses such as \"404\" or \"400-499,503\"");
      }
      const auto at = pointer_of(value, "at", place_ + "." + field);
      if (!at && error_.empty()) error_ = at.error();
      if (at) rule.at = *at;
      rule.to = text(value, "to", field + ".to");
      rule.code = value.text_or("code", "");
      read_relation(value, field, rule);
      const std::string outcome = value.text_or("outcome", "");
      const auto* word = std::find_if(std::begin(words), std::end(words),
                                      [&](const WordName& one) { return one.name == outcome; });
      if (word == std::end(words)) return refuse(field + ".outcome", "is none: " + outcome);
      rule.outcome = word->word;
      call_->answers.push_back(std::move(rule));
    });
  }

  void read_relation(const sdk::Value& value, const std::string& field, Rule& rule) {
    const std::string name = value.text_or("is", "");
    if (name.empty() != !rule.at) refuse(field + ".is", "`at` and `is` go together");
    if (name.empty()) return;
    const auto* found = std::find_if(std::begin(relations), std::end(relations),
                                     [&](const RelationName& one) { return one.name == name; });
    if (found == std::end(relations)) return refuse(field + ".is", "is none: " + name);
    rule.is = found->relation;
    const bool compares = rule.is != Relation::present && rule.is != Relation::absent;
    if (compares != (value.find("to") != nullptr)) {
      refuse(field + ".to", compares ? "is required: what the value is compared with"
                                     : "present and absent compare with nothing; remove it");
    }
  }

  void read_take() {
    each("take", [&](const sdk::Value& value, const std::string& field) {
      Taken taken;
      taken.name = value.text_or("name", "");
      const auto at = pointer_of(value, "at", place_ + "." + field);
      if (!at && error_.empty()) error_ = at.error();
      if (at) taken.at = *at;
      taken.value = text(value, "value", field + ".value");
      taken.is_optional = value.boolean_or("optional", false);
      if (taken.name.empty()) refuse(field + ".name", "is required");
      if (taken.at.has_value() != taken.value.empty()) {
        refuse(field, "expected either `at`, a place in the answer, or `value`, a text");
      }
      call_->take.push_back(std::move(taken));
    });
  }

  const sdk::Value& given_;
  const std::string place_;
  std::unique_ptr<Call> call_;
  std::string error_;
};

}  // namespace

Parsed<std::optional<Pointer>> pointer_of(const sdk::Value& value, std::string_view field,
                                          const std::string& place) {
  const sdk::Value* found = value.find(field);
  if (found == nullptr || found->text() == nullptr) return std::optional<Pointer>();
  Parsed<Pointer> parsed = Pointer::parse(*found->text());
  if (parsed) return std::optional<Pointer>(std::move(*parsed));
  return tl::unexpected("`" + place + "." + std::string(field) + "`: " + parsed.error());
}

Parsed<std::vector<std::unique_ptr<Call>>> read_calls(const sdk::Value& config) {
  const sdk::Value* found = config.find("calls");
  const auto* list = found == nullptr ? nullptr : found->array();
  if (list == nullptr || list->empty() || list->size() > calls_max) {
    return tl::unexpected("`calls`: expected 1 to " + std::to_string(calls_max) + " calls");
  }
  std::vector<std::unique_ptr<Call>> calls;
  for (std::size_t index = 0; index < list->size(); ++index) {
    const std::string place = "calls[" + std::to_string(index) + "]";
    CallReader reader((*list)[index], place);
    std::unique_ptr<Call> call = reader.read();
    if (!reader.error().empty()) return tl::unexpected(reader.error());
    const bool is_taken = std::any_of(calls.begin(), calls.end(),
                                      [&](const auto& one) { return one->name == call->name; });
    if (is_taken) return tl::unexpected("`" + place + ".name`: there are two calls " + call->name);
    calls.push_back(std::move(call));
  }
  return calls;
}

bool may_say(Role role, Word word) {
  const auto among = [word](std::initializer_list<Word> allowed) {
    return std::find(allowed.begin(), allowed.end(), word) != allowed.end();
  };
  const bool is_refusal =
      among({Word::rejected, Word::try_again, Word::throttled, Word::unauthorized});
  switch (role) {
    case Role::write:
      return is_refusal || among({Word::done, Word::already_done, Word::unknown});
    case Role::read_operation:
    case Role::first:
      return is_refusal || among({Word::done, Word::already_done});
    case Role::lookup:
      return among({Word::done, Word::absent, Word::several, Word::in_progress, Word::cannot_tell});
    case Role::source:
      return is_refusal || among({Word::done, Word::cursor_invalid});
    case Role::health:
      return is_refusal || word == Word::done;
  }
  return false;
}

}  // namespace perennial::plugins::http
