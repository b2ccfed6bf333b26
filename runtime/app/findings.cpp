#include "runtime/app/findings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace perennial::app {
namespace {

// Levenshtein distance over bytes.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t at = 0; at < left.size(); ++at) {
    std::size_t diagonal = row[0];
    row[0] = at + 1;
    for (std::size_t to = 0; to < right.size(); ++to) {
      const std::size_t above = row[to + 1];
      const std::size_t change = diagonal + (left[at] == right[to] ? 0 : 1);
      row[to + 1] = std::min({change, above + 1, row[to] + 1});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string_view line_of(const SourceFile& file, int line) {
  std::string_view rest = file.text;
  for (int at = 1; at < line; ++at) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  return rest.substr(0, rest.find('\n'));
}

void Findings::add(const Place& place, std::string_view name, std::string reason) {
  all_.push_back(Finding{place, std::string(name), std::move(reason)});
}

std::string Findings::to_text() const {
  std::string out;
  for (const Finding& finding : all_) {
    const Place& place = finding.place;
    out += place.file->path + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column) + ": " + finding.name + ": " + finding.reason + "\n";
    const std::string_view line = line_of(*place.file, place.line);
    if (line.empty()) continue;
    out += "    " + std::string(line) + "\n    ";
    for (int at = 1; at < place.column; ++at) {
      // Tabs stay tabs, so that the caret stands under its character.
      const auto index = static_cast<std::size_t>(at - 1);
      out += index < line.size() && line[index] == '\t' ? '\t' : ' ';
    }
    out += "^\n";
  }
  return out;
}

std::string Findings::to_json() const {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const Finding& finding : all_) {
    findings.push_back({{"file", finding.place.file->path},
                        {"line", finding.place.line},
                        {"column", finding.place.column},
                        {"name", finding.name},
                        {"reason", finding.reason}});
  }
  return nlohmann::ordered_json{{"schema_version", 1}, {"findings", findings}}.dump();
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string& candidate : known) {
    const std::size_t away = distance(word, candidate);
    if (away < best) {
      best = away;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : " (did you mean '" + std::string(nearest) + "'?)";
}

}  // namespace perennial::app
