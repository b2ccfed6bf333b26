// Money in mappings and filters: findings at the place in the mapping file itself.
#include <filesystem>

#include "runtime/app/config_loader.hpp"
#include "runtime/app/references.hpp"
#include "runtime/host/money_check.hpp"

namespace perennial::app {
namespace {

namespace fs = std::filesystem;

// As the operator wrote paths: relative to the main file when it is below its folder.
std::string shown_path(LoadContext& context, const std::string& path) {
  const fs::path relative =
      fs::path(path).lexically_relative(context.reader.references().base_directory());
  if (relative.empty() || *relative.begin() == "..") return path;
  return (fs::path(context.config.path).parent_path() / relative).lexically_normal().string();
}

}  // namespace

void check_money_of_mappings(LoadContext& context, const std::vector<std::string>& files) {
  std::vector<host::NamedText> definitions;
  std::vector<host::NamedText> maps;
  for (const std::string& path : files) {
    auto text = read_text_file(path);
    if (!text) continue;  // it was read a moment ago; the next start says why it can't be now
    const bool is_shared = fs::path(path).filename().string().front() == '_';
    (is_shared ? definitions : maps).emplace_back(path, std::move(*text));
  }
  for (const host::MoneyFinding& finding :
       host::check_money(context.money_fields, definitions, maps)) {
    auto file = std::make_shared<SourceFile>();
    file->path = shown_path(context, finding.file);
    file->text = read_text_file(finding.file).value_or("");
    const Place place{file, static_cast<int>(finding.line), static_cast<int>(finding.column)};
    if (context.money_places.emplace(finding.file, place.line, place.column).second) {
      context.reader.add(place, "inexact-money", finding.reason);
    }
  }
}

bool check_money_of_filter(LoadContext& context, const std::string& filter, const Place& place) {
  for (const host::MoneyFinding& finding :
       host::check_money(context.money_fields, {}, {{"filter", filter}})) {
    if (finding.is_unread) continue;  // not a filter at all, which is told by its own name
    Place at = place;
    const auto column = static_cast<std::size_t>(place.column - 1);
    const std::string_view line = line_of(*place.file, place.line);
    const bool is_plain = line.size() > column && line.substr(column, filter.size()) == filter;
    if (is_plain) at.column += static_cast<int>(finding.column) - 1;
    context.reader.add(at, "inexact-money", finding.reason);
    return false;
  }
  return true;
}

}  // namespace perennial::app
