// YAML with places: every scalar, key and collection knows its file, line and column.
//
// Place:   the only user of yaml-cpp; read by app/config.
// Errors:  syntax errors, duplicate keys, anchors across documents and several documents become
//          findings.
// Limits:  a file of at most 1 MiB, nesting of at most 64 levels.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/findings.hpp"

namespace perennial::app {

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;        // scalar, not yet substituted
  bool is_quoted = false;  // a quoted scalar is text, whatever it looks like
  std::vector<YamlNode> elements;
  std::vector<YamlEntry> entries;

  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Place key_place;
  YamlNode value;
};

// Nothing when the text could not be read; `findings` says why.
[[nodiscard]] std::optional<YamlNode> read_yaml(const std::shared_ptr<const SourceFile>& file,
                                                Findings& findings);

}  // namespace perennial::app
