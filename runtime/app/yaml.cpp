#include "runtime/app/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace perennial::app {
namespace {

constexpr int depth_max = 64;

Place place_of(const std::shared_ptr<const SourceFile>& file, const YAML::Mark& mark) {
  // yaml-cpp counts from 0 and gives -1 where it knows nothing.
  return Place{file, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

// Column of a tab in the indentation, which YAML forbids and its parsers report late; 0 = none.
int indenting_tab(std::string_view line) {
  const std::size_t tab = line.find_first_not_of(' ');
  return tab != std::string_view::npos && line[tab] == '\t' ? static_cast<int>(tab) + 1 : 0;
}

class Reader {
 public:
  Reader(const std::shared_ptr<const SourceFile>& file, Findings& findings)
      : file_(file), findings_(findings) {}

  YamlNode node(const YAML::Node& from, int depth) {
    YamlNode to;
    to.place = place_of(file_, from.Mark());
    if (depth > depth_max) {
      findings_.add(to.place, "yaml-syntax", "expected at most 64 levels, but it nests deeper");
      return to;
    }
    if (from.IsScalar()) {
      to.kind = YamlNode::Kind::scalar;
      to.text = from.Scalar();
      to.is_quoted = from.Tag() == "!";
    } else if (from.IsSequence()) {
      to.kind = YamlNode::Kind::sequence;
      for (const YAML::Node& element : from) to.elements.push_back(node(element, depth + 1));
    } else if (from.IsMap()) {
      to.kind = YamlNode::Kind::map;
      for (const auto& pair : from) entry(to, pair.first, pair.second, depth);
      // The mark of a block map is that of its first key; a flow map has its brace.
    }
    return to;
  }

 private:
  void entry(YamlNode& to, const YAML::Node& key, const YAML::Node& value, int depth) {
    const Place place = place_of(file_, key.Mark());
    if (!key.IsScalar()) {
      findings_.add(place, "wrong-type", "expected a name as key, but it is a map or a list");
      return;
    }
    if (to.find(key.Scalar()) != nullptr) {
      findings_.add(place, "duplicate-key",
                    "expected each key once, but '" + key.Scalar() + "' stands here again");
      return;
    }
    to.entries.push_back(YamlEntry{key.Scalar(), place, node(value, depth + 1)});
  }

  std::shared_ptr<const SourceFile> file_;
  Findings& findings_;
};

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::optional<YamlNode> read_yaml(const std::shared_ptr<const SourceFile>& file,
                                  Findings& findings) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(file->text);
    if (documents.size() != 1) {
      findings.add(Place{file, 1, 1}, "yaml-syntax",
                   "expected one document, but there are " + std::to_string(documents.size()));
      return std::nullopt;
    }
    return Reader(file, findings).node(documents.front(), 0);
  } catch (const YAML::Exception& error) {
    const Place place = place_of(file, error.mark);
    const int tab = indenting_tab(line_of(*file, place.line));
    if (tab > 0) {
      findings.add(Place{file, place.line, tab}, "yaml-syntax",
                   "expected blanks as indentation, but there is a tab");
    } else {
      findings.add(place, "yaml-syntax", "expected YAML, but: " + error.msg);
    }
    return std::nullopt;
  }
}

}  // namespace perennial::app
