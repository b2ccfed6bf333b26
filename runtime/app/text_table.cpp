#include "runtime/app/text_table.hpp"

#include <algorithm>

namespace perennial::app {
namespace {

// Code points, which is what a terminal shows for the texts of business systems.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char symbol) { return (symbol & 0xC0) != 0x80; }));
}

// What other systems say may hold line feeds and escapes; a terminal must not obey them.
std::string plain(const std::string& text) {
  std::string out = text;
  std::replace_if(
      out.begin(), out.end(),
      [](char symbol) { return static_cast<unsigned char>(symbol) < 0x20 || symbol == 0x7f; }, ' ');
  return out;
}

}  // namespace

std::string TextTable::text(const std::string& indent) const {
  const std::size_t columns = rows_.front().size();
  std::vector<std::size_t> widths(columns, 0);
  for (std::size_t row = 1; row < rows_.size(); ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      widths[column] = std::max(widths[column], width_of(rows_[row][column]));
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line = indent;
    for (std::size_t column = 0; column < columns; ++column) {
      if (widths[column] == 0) continue;
      const std::string cell = plain(row[column]);
      const std::size_t width = std::max(widths[column], width_of(rows_.front()[column]));
      line += cell + std::string(width - std::min(width, width_of(cell)) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace perennial::app
