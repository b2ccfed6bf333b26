// What is wrong with a configuration: place, stable name, reason, cure.
//
// Place:  collected by app/config, shown by every verb that loads one.
// Format: text: "file:line:col: name: reason", the line, a caret; JSON: {file, line, column, name,
//         reason}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::app {

struct SourceFile {
  std::string path;  // as the user gave it or an include found it
  std::string text;
};

// Lines and columns count from 1.
struct Place {
  std::shared_ptr<const SourceFile> file;
  int line = 1;
  int column = 1;
};

struct Finding {
  Place place;
  std::string name;
  std::string reason;
};

class Findings {
 public:
  void add(const Place& place, std::string_view name, std::string reason);
  [[nodiscard]] bool is_empty() const { return all_.empty(); }
  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<Finding> all_;
};

// A line of the file without its line feed; empty beyond the end.
[[nodiscard]] std::string_view line_of(const SourceFile& file, int line);

// " (did you mean 'x'?)" for the known word nearest to `word`, or nothing when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& known);

}  // namespace perennial::app
