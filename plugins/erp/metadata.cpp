#include "plugins/erp/metadata.hpp"

#include <algorithm>
#include <charconv>

namespace perennial::plugins::erp {
namespace {

// An opening or closing tag: its local name and the text of its attributes.
struct Tag {
  std::string_view name;
  std::string_view attributes;
  bool is_end = false;
};

// Takes the next tag from the front of `xml`; false at its end.
bool next_tag(std::string_view& xml, Tag& tag) {
  const std::size_t open = xml.find('<');
  const std::size_t close = open == std::string_view::npos ? open : xml.find('>', open);
  if (close == std::string_view::npos) return false;
  std::string_view inside = xml.substr(open + 1, close - open - 1);
  xml.remove_prefix(close + 1);
  tag.is_end = !inside.empty() && inside.front() == '/';
  if (tag.is_end) inside.remove_prefix(1);
  const std::size_t space = inside.find_first_of(" \t\r\n/");
  tag.name = inside.substr(0, space);
  tag.attributes = space == std::string_view::npos ? std::string_view() : inside.substr(space);
  if (const std::size_t colon = tag.name.find(':'); colon != std::string_view::npos) {
    tag.name.remove_prefix(colon + 1);
  }
  return true;
}

std::string attribute(const Tag& tag, std::string_view name) {
  for (std::size_t at = tag.attributes.find(name); at != std::string_view::npos;
       at = tag.attributes.find(name, at + 1)) {
    const std::size_t quote = at + name.size() + 1;
    const bool is_whole = at > 0 && std::string_view(" \t\r\n").find(tag.attributes[at - 1]) !=
                                        std::string_view::npos;
    if (!is_whole || quote >= tag.attributes.size() || tag.attributes[quote - 1] != '=') continue;
    const std::size_t end = tag.attributes.find(tag.attributes[quote], quote + 1);
    if (end == std::string_view::npos) return {};
    return std::string(tag.attributes.substr(quote + 1, end - quote - 1));
  }
  return {};
}

std::string last_name(const std::string& qualified) {
  return qualified.substr(qualified.rfind('.') + 1);
}

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
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

std::string nearest(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = 1 + name.size() / 2;
  for (const std::string& candidate : known) {
    const std::size_t apart = distance(name, candidate);
    if (apart < least) {
      least = apart;
      best = candidate;
    }
  }
  return best.empty() ? "" : "; did you mean " + best + "?";
}

}  // namespace

Metadata read_metadata(std::string_view xml) {
  std::map<std::string, EntityShape> types;
  std::vector<std::pair<std::string, std::string>> sets;
  std::string type;
  Tag tag;
  while (next_tag(xml, tag)) {
    if (tag.name == "EntityType") {
      type = tag.is_end ? "" : attribute(tag, "Name");
      if (!type.empty()) types[type];
    } else if (tag.name == "Property" && !tag.is_end && !type.empty()) {
      int length = 0;
      const std::string text = attribute(tag, "MaxLength");
      std::from_chars(text.data(), text.data() + text.size(), length);
      types[type].properties[attribute(tag, "Name")] = length;
    } else if (tag.name == "NavigationProperty" && !tag.is_end && !type.empty()) {
      types[type].navigations.push_back(attribute(tag, "Name"));
    } else if (tag.name == "EntitySet" && !tag.is_end) {
      sets.emplace_back(attribute(tag, "Name"), last_name(attribute(tag, "EntityType")));
    }
  }
  Metadata metadata;
  for (const auto& [set, of] : sets) metadata[set] = types[of];
  return metadata;
}

std::string missing_in(const Metadata& metadata, const Need& need) {
  const auto found = metadata.find(need.set);
  if (found == metadata.end()) {
    std::vector<std::string> sets;
    for (const auto& [name, shape] : metadata) sets.push_back(name);
    return "it has no entity set " + need.set + nearest(need.set, sets);
  }
  const EntityShape& shape = found->second;
  std::vector<std::string> names = shape.navigations;
  for (const auto& [name, length] : shape.properties) names.push_back(name);
  for (const std::string& property : need.properties) {
    if (std::find(names.begin(), names.end(), property) == names.end()) {
      return need.set + " has no property " + property + nearest(property, names);
    }
  }
  const auto key = shape.properties.find(need.long_property);
  if (key != shape.properties.end() && key->second > 0 && key->second < need.length) {
    return need.set + "." + need.long_property + " takes " + std::to_string(key->second) +
           " characters, and a delivery's key has up to " + std::to_string(need.length);
  }
  return {};
}

}  // namespace perennial::plugins::erp
