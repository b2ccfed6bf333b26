// Columns of text, aligned for a terminal.
#pragma once

#include <string>
#include <vector>

namespace perennial::app {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Empty columns are left out; the last one is not padded. Control characters read as spaces.
  [[nodiscard]] std::string text(const std::string& indent = {}) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace perennial::app
