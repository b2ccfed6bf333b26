#include "runtime/host/json_reader.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

#include "runtime/host/manifest.hpp"

namespace perennial::host {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1024} * 1024;

std::string shown(const nlohmann::json& value) {
  constexpr std::size_t length_max = 60;
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > length_max) text = text.substr(0, length_max) + "...";
  return text;
}

std::string join(std::initializer_list<std::string_view> names) {
  std::string text;
  for (std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[right.size()];
}

std::string line_and_column(const std::string& text, std::size_t byte) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t index = 0; index + 1 < byte && index < text.size(); ++index) {
    column = text[index] == '\n' ? 1 : column + 1;
    if (text[index] == '\n') ++line;
  }
  return std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace

std::string_view nearest(std::string_view name,
                         std::initializer_list<std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = name.size() / 3 + 2;
  for (std::string_view candidate : candidates) {
    const std::size_t steps = distance(name, candidate);
    if (steps < best_distance) {
      best = candidate;
      best_distance = steps;
    }
  }
  return best;
}

Result<nlohmann::json> parse_json_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Code::not_found, path +
                                     ": expected a readable file, but there is none; put it "
                                     "there or correct the folder");
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > file_bytes_max) {
    return fail(Code::invalid, path + ": expected at most 1 MiB, but the file has " +
                                   std::to_string(text.size()) + " bytes");
  }
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return fail(Code::invalid, path + ":" + line_and_column(text, error.byte) +
                                   ": expected JSON, but the parser stopped here: " + error.what());
  }
}

std::string JsonReader::pointer() const {
  std::string text;
  for (const std::string& part : path_) text += "/" + part;
  return text;
}

void JsonReader::refuse(std::string_view field, const std::string& expected,
                        const std::string& came) {
  if (error_) return;
  std::string place = pointer();
  if (!field.empty()) place += "/" + std::string(field);
  error_ = Error{Code::invalid, file_ + ": at " + (place.empty() ? "the top" : place) +
                                    ": expected " + expected + ", but " + came};
}

const nlohmann::json* JsonReader::find(std::string_view field) const {
  if (!at_->is_object()) return nullptr;
  const auto found = at_->find(std::string(field));
  return found == at_->end() ? nullptr : &*found;
}

bool JsonReader::has(std::string_view field) const {
  return find(field) != nullptr;
}

bool JsonReader::enter(std::string_view field) {
  const nlohmann::json* value = find(field);
  if (value == nullptr || error_) return false;
  if (!value->is_object()) {
    refuse(field, "an object", shown(*value) + " came");
    return false;
  }
  outer_.push_back(at_);
  path_.emplace_back(field);
  at_ = value;
  return true;
}

void JsonReader::leave() {
  at_ = outer_.back();
  outer_.pop_back();
  path_.pop_back();
}

std::vector<std::string> JsonReader::names() const {
  std::vector<std::string> all;
  for (const auto& [name, value] : at_->items()) all.push_back(name);
  return all;
}

void JsonReader::allow(std::initializer_list<std::string_view> known) {
  if (!at_->is_object()) return refuse("", "an object", shown(*at_) + " came");
  for (const auto& [name, value] : at_->items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string_view near = nearest(name, known);
    refuse(name, "one of the fields " + join(known),
           "this one is unknown" +
               (near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?"));
  }
}

std::string JsonReader::text(std::string_view field, bool is_required) {
  const nlohmann::json* value = find(field);
  if (value == nullptr) {
    if (is_required) refuse(field, "a text", "the field is missing; add it");
    return {};
  }
  if (!value->is_string()) {
    refuse(field, "a text", shown(*value) + " came");
    return {};
  }
  auto text = value->get<std::string>();
  if (text.empty() && is_required) refuse(field, "a text", "it is empty");
  return text;
}

std::size_t JsonReader::choice(std::string_view field,
                               std::initializer_list<std::string_view> choices,
                               std::size_t otherwise) {
  if (!has(field)) return otherwise;
  const std::string value = text(field, true);
  const auto* found = std::find(choices.begin(), choices.end(), value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  refuse(field, "one of " + join(choices), "'" + value + "' came");
  return otherwise;
}

std::int64_t JsonReader::integer(std::string_view field, std::int64_t min, std::int64_t max,
                                 std::int64_t otherwise) {
  const nlohmann::json* value = find(field);
  if (value == nullptr) return otherwise;
  const std::string range = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  if (!value->is_number_integer()) {
    refuse(field, range, shown(*value) + " came");
    return otherwise;
  }
  const bool is_huge = value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX;
  const auto number = is_huge ? INT64_MAX : value->get<std::int64_t>();
  if (number < min || number > max) refuse(field, range, shown(*value) + " came");
  return number;
}

bool JsonReader::truth(std::string_view field, bool otherwise) {
  const nlohmann::json* value = find(field);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) refuse(field, "true or false", shown(*value) + " came");
  return value->is_boolean() ? value->get<bool>() : otherwise;
}

std::int64_t JsonReader::duration_ms(std::string_view field, std::int64_t otherwise) {
  if (!has(field)) return otherwise;
  const std::string value = text(field, true);
  const std::int64_t parsed = parse_duration_ms(value);
  if (parsed < 0) {
    refuse(field, "an ISO 8601 duration of days, hours, minutes and seconds such as PT5S or P1D",
           "'" + value + "' came");
  }
  return parsed;
}

std::vector<std::string> JsonReader::texts(std::string_view field) {
  std::vector<std::string> all;
  const nlohmann::json* value = find(field);
  if (value == nullptr) return all;
  if (!value->is_array()) {
    refuse(field, "an array of texts", shown(*value) + " came");
    return all;
  }
  for (const auto& element : *value) {
    if (!element.is_string() || element.get_ref<const std::string&>().empty()) {
      refuse(field, "an array of texts", shown(element) + " is among them");
      return {};
    }
    all.push_back(element.get<std::string>());
  }
  return all;
}

}  // namespace perennial::host
