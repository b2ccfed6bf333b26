// Walks a JSON document with an error message for every way in which it can be wrong.
//
// Place:   manifest.cpp.
// Errors:  the first error is kept with file and JSON pointer; later reads give defaults, so that a
//          reader function asks once at the end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"

namespace perennial::host {

// Parses the file; a syntax error is told as file:line:column.
[[nodiscard]] Result<nlohmann::json> parse_json_file(const std::string& path);

class JsonReader {
 public:
  JsonReader(std::string file, const nlohmann::json& root) : file_(std::move(file)), at_(&root) {}

  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] Error error() const { return *error_; }
  void refuse(std::string_view pointer, const std::string& expected, const std::string& came);

  // Refuses fields outside `known`, with the nearest known name when there is one.
  void allow(std::initializer_list<std::string_view> known);
  [[nodiscard]] bool has(std::string_view field) const;

  [[nodiscard]] std::string text(std::string_view field, bool is_required);
  // A text that must be one of `choices`; its index.
  [[nodiscard]] std::size_t choice(std::string_view field,
                                   std::initializer_list<std::string_view> choices,
                                   std::size_t otherwise);
  [[nodiscard]] std::int64_t integer(std::string_view field, std::int64_t min, std::int64_t max,
                                     std::int64_t otherwise);
  [[nodiscard]] bool truth(std::string_view field, bool otherwise);
  [[nodiscard]] std::int64_t duration_ms(std::string_view field, std::int64_t otherwise);
  [[nodiscard]] std::vector<std::string> texts(std::string_view field);

  // Calls read(name) with the reader inside each object of the map `field`.
  template <typename Read>
  void each(std::string_view field, Read read) {
    if (!enter(field)) return;
    for (const auto& name : names()) {
      if (!enter(name)) continue;
      read(name);
      leave();
    }
    leave();
  }
  // Calls read() with the reader inside the object `field`, if it is there.
  template <typename Read>
  void inside(std::string_view field, Read read) {
    if (!enter(field)) return;
    read();
    leave();
  }
  [[nodiscard]] std::string pointer() const;

 private:
  bool enter(std::string_view field);
  void leave();
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const nlohmann::json* find(std::string_view field) const;

  std::string file_;
  const nlohmann::json* at_;
  std::vector<const nlohmann::json*> outer_;
  std::vector<std::string> path_;
  std::optional<Error> error_;
};

// The candidate that is a likely misspelling of `name`, or empty.
[[nodiscard]] std::string_view nearest(std::string_view name,
                                       std::initializer_list<std::string_view> candidates);

}  // namespace perennial::host
