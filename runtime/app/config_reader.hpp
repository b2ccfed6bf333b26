// Reads typed values out of YAML nodes and turns every misfit into one finding.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/findings.hpp"
#include "runtime/app/references.hpp"
#include "runtime/app/yaml.hpp"
#include "runtime/base/bytes.hpp"

namespace perennial::app {

class ConfigReader {
 public:
  ConfigReader(Findings& findings, References& references)
      : findings_(findings), references_(references) {}

  [[nodiscard]] Findings& findings() { return findings_; }
  [[nodiscard]] References& references() { return references_; }
  void add(const Place& place, std::string_view name, std::string reason) {
    findings_.add(place, name, std::move(reason));
  }

  // False (and a finding) unless `node` is a map; then also a finding for each key that is not
  // `known`.
  bool is_map(const YamlNode& node, const std::string& what, const std::vector<std::string>& known);
  bool is_any_map(const YamlNode& node, const std::string& what);
  // The entry, or a finding at `place` that it is missing.
  const YamlEntry* need(const YamlNode& map, std::string_view key, const Place& place);

  [[nodiscard]] std::optional<std::string> text(const YamlNode& node);
  [[nodiscard]] std::optional<std::string> one_of(const YamlNode& node,
                                                  const std::vector<std::string>& known);
  [[nodiscard]] std::optional<std::int64_t> integer(const YamlNode& node, std::int64_t min,
                                                    std::int64_t max);
  [[nodiscard]] std::optional<std::int64_t> duration_ms(const YamlNode& node);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(const YamlNode& node);
  // A secret: it must come from outside, never stand in the file.
  [[nodiscard]] std::optional<std::string> secret(const YamlNode& node);
  // A name of ours: [a-z][a-z0-9_-]*.
  bool is_name(const YamlEntry& entry, const std::string& what);
  // Any YAML value as msgpack; plain scalars get the type that they look like.
  [[nodiscard]] bool to_msgpack(const YamlNode& node, Bytes& out);

 private:
  Findings& findings_;
  References& references_;
};

}  // namespace perennial::app
