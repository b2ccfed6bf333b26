// The mapping program of one connector: prelude, shared definitions and all its maps as one jq
// text.
//
// Place:   assembled at the start of a host and by lint; compiled by jq_engine.
// Errors:  impure builtins and brackets that do not match are refused with file, line and column.
// Format:  `<prelude> <_*.jq> . as $call | <vars> as $vars | $call.input | if $call.map == "a" then
//          ( <a.jq> ) elif ... else error end`. One program, because each compile costs 25-40 ms.
//          The operator's `vars` are part of the text, so that an archived revision renders the
//          same bytes for ever.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/currency_profile.hpp"

namespace perennial::host {

class JqProgram {
 public:
  // Maps and definitions of `directory`; a file of the same name in `override_directory` wins, and
  // further files are added. Either may be empty or missing. `vars` is a msgpack map or empty.
  // `profiles` are those that the plugin ships and the operator adds.
  [[nodiscard]] static Result<JqProgram> assemble(const std::filesystem::path& directory,
                                                  const std::filesystem::path& override_directory,
                                                  ByteView vars,
                                                  const CurrencyProfiles& profiles = {});
  // A program that was assembled before; refused when the text is not that of the revision.
  [[nodiscard]] static Result<JqProgram> restore(std::string text, std::string_view revision);

  [[nodiscard]] const std::string& text() const { return text_; }
  // 32 hex digits over the whole text.
  [[nodiscard]] const std::string& revision() const { return revision_; }
  [[nodiscard]] const std::vector<std::string>& maps() const { return maps_; }
  // The files of its maps and definitions.
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] bool has_map(std::string_view name) const;
  // "file:line" of a line of the program; "program:line" when it is in none of its files.
  [[nodiscard]] std::string place(std::size_t line) const;

 private:
  struct Segment {
    std::size_t first_line;
    std::size_t lines;
    std::string file;
  };
  void append(std::string_view text) { text_ += text; }
  void append_file(const std::string& file, std::string_view text);
  void finish();

  std::string text_;
  std::string revision_;
  std::vector<std::string> maps_;
  std::vector<Segment> segments_;
};

// Programs that payloads were rendered with, kept so that a delivery which was perhaps sent is
// rendered again to the same bytes.
// Thread:  any; files are written whole and renamed.
class MapArchive {
 public:
  // `directory` is created when missing; empty = nothing is kept.
  explicit MapArchive(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Status keep(const JqProgram& program) const;
  [[nodiscard]] Result<JqProgram> load(std::string_view revision) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace perennial::host
