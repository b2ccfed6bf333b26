// ${env:NAME}, ${env:NAME:default}, ${file:path}, ${secret:name}: values from outside, put into
// parsed scalars only, so that no value can change the structure of a file.
//
// Errors:  findings with a stable name; the value of a secret never stands in one.
#pragma once

#include <optional>
#include <string>

#include "runtime/app/findings.hpp"
#include "runtime/app/yaml.hpp"

namespace perennial::app {

struct ResolvedText {
  std::string text;
  bool has_reference = false;  // some of it came from outside
  bool has_secret = false;     // some of it is a secret: never shown
};

class References {
 public:
  // `secret_directory` holds one file for each secret, named like it; empty = there is none.
  References(std::string base_directory, std::string secret_directory)
      : base_directory_(std::move(base_directory)),
        secret_directory_(std::move(secret_directory)) {}

  // Nothing after a finding.
  [[nodiscard]] std::optional<ResolvedText> resolve(const YamlNode& scalar,
                                                    Findings& findings) const;
  void set_secret_directory(std::string directory) { secret_directory_ = std::move(directory); }
  [[nodiscard]] const std::string& base_directory() const { return base_directory_; }
  // Relative paths in a configuration are relative to its main file.
  [[nodiscard]] std::string path_of(const std::string& text) const;

 private:
  [[nodiscard]] std::optional<std::string> value_of(const std::string& reference,
                                                    const Place& place, ResolvedText& into,
                                                    Findings& findings) const;
  [[nodiscard]] std::optional<std::string> of_environment(const std::string& rest,
                                                          const Place& place,
                                                          Findings& findings) const;
  [[nodiscard]] std::optional<std::string> of_secret(const std::string& name, const Place& place,
                                                     Findings& findings) const;

  std::string base_directory_;
  std::string secret_directory_;
};

// The whole file, or nothing. Bounded to 1 MiB.
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path);

}  // namespace perennial::app
