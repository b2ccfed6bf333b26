#include "runtime/host/jq_scan.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace perennial::host {
namespace {

// Builtins of the jq 1.6 manual (jqlang.github.io/jq/manual/v1.6) whose answer depends on more than
// their input, and words that load other files. mktime, and what is made of it, is among them
// because it moves with the process's time zone; the prelude's iso_to_epoch_s does not.
constexpr std::array<std::string_view, 20> refused_words = {"now",
                                                            "env",
                                                            "input",
                                                            "inputs",
                                                            "debug",
                                                            "stderr",
                                                            "halt",
                                                            "halt_error",
                                                            "import",
                                                            "include",
                                                            "module",
                                                            "modulemeta",
                                                            "localtime",
                                                            "strflocaltime",
                                                            "input_filename",
                                                            "mktime",
                                                            "fromdate",
                                                            "fromdateiso8601",
                                                            "input_line_number",
                                                            "get_search_list"};
constexpr std::array<std::string_view, 2> refused_variables = {"ENV", "__prog_args"};

bool is_word_start(char symbol) {
  return (symbol >= 'a' && symbol <= 'z') || (symbol >= 'A' && symbol <= 'Z') || symbol == '_';
}
bool is_digit(char symbol) {
  return symbol >= '0' && symbol <= '9';
}
bool is_word(char symbol) {
  return is_word_start(symbol) || is_digit(symbol);
}

char closing_of(char open) {
  return open == '(' ? ')' : open == '[' ? ']' : '}';
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::optional<FilterError> run() {
    while (at_ < text_.size() && !error_) step();
    if (!error_ && !open_.empty()) {
      const Open& last = open_.back();
      refuse(last.at, last.symbol == '"'
                          ? std::string("expected the end of this text, but the filter ends")
                          : std::string("expected '") + closing_of(last.symbol) +
                                "' for this bracket, but the filter ends");
    }
    return std::move(error_);
  }

 private:
  // An open bracket, or '"' for a text; a text inside which code is open has a '(' above it.
  struct Open {
    char symbol;
    std::size_t at;
    bool is_interpolation;
  };

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void refuse(std::size_t at, std::string reason) {
    if (error_) return;
    const std::string_view before = text_.substr(0, at);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto last = before.rfind('\n');
    const std::size_t column = last == std::string_view::npos ? at + 1 : at - last;
    error_ = FilterError{line, column, std::move(reason)};
  }

  void step() {
    if (!open_.empty() && open_.back().symbol == '"') return text_step();
    const char symbol = peek();
    if (symbol == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (symbol == '"') {
      open_.push_back({'"', at_++, false});
    } else if (symbol == '(' || symbol == '[' || symbol == '{') {
      open_.push_back({symbol, at_++, false});
    } else if (symbol == ')' || symbol == ']' || symbol == '}') {
      close(symbol);
    } else if (symbol == '$') {
      variable();
    } else if (symbol == '.') {
      dot();
    } else if (symbol == '@') {
      do ++at_;
      while (is_word(peek()));
    } else if (is_digit(symbol)) {
      number();
    } else if (is_word_start(symbol)) {
      word();
    } else if (symbol == '\0') {
      refuse(at_, "expected text, but a zero byte came");
    } else {
      ++at_;
    }
  }

  void text_step() {
    const char symbol = peek();
    if (symbol == '\\' && peek(1) == '(') {
      open_.push_back({'(', at_ + 1, true});
      at_ += 2;
    } else if (symbol == '\\') {
      at_ += 2;
    } else {
      if (symbol == '"') open_.pop_back();
      ++at_;
    }
  }

  void close(char symbol) {
    if (open_.empty()) {
      return refuse(at_, std::string("expected no '") + symbol + "' here, but it closes nothing");
    }
    const Open last = open_.back();
    if (closing_of(last.symbol) != symbol) {
      return refuse(at_, std::string("expected '") + closing_of(last.symbol) + "', but '" + symbol +
                             "' came");
    }
    open_.pop_back();
    ++at_;
  }

  void variable() {
    const std::size_t begin = at_++;
    const std::string_view name = take_word();
    if (std::find(refused_variables.begin(), refused_variables.end(), name) !=
        refused_variables.end()) {
      refuse(begin, impure("$" + std::string(name)));
    }
  }

  // `..` is an operator; `.name` is a field, whatever its name.
  void dot() {
    ++at_;
    if (peek() == '.') {
      ++at_;
    } else if (is_word_start(peek())) {
      take_word();
    } else if (is_digit(peek())) {
      number();
    }
  }

  void number() {
    while (is_digit(peek()) || peek() == '.') ++at_;
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && is_digit(peek(2))))) {
      at_ += 2;
      while (is_digit(peek())) ++at_;
    }
  }

  std::string_view take_word() {
    const std::size_t begin = at_;
    while (is_word(peek()) || (peek() == ':' && peek(1) == ':' && is_word_start(peek(2)))) {
      at_ += peek() == ':' ? 2 : 1;
    }
    return text_.substr(begin, at_ - begin);
  }

  void word() {
    const std::size_t begin = at_;
    const std::string_view name = take_word();
    if (std::find(refused_words.begin(), refused_words.end(), name) == refused_words.end()) return;
    std::size_t next = at_;
    while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\t')) ++next;
    const bool is_key = next < text_.size() && text_[next] == ':';
    if (!is_key) refuse(begin, impure(name));
  }

  static std::string impure(std::string_view name) {
    return "expected a filter that depends on its input alone, but '" + std::string(name) +
           "' reads something else; if a field is meant, write ." + std::string(name);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
  std::optional<FilterError> error_;
};

}  // namespace

std::optional<FilterError> scan_filter(std::string_view text) {
  return Scan(text).run();
}

}  // namespace perennial::host
