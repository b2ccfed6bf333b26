#include "runtime/host/jq_program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "runtime/base/hash.hpp"
#include "runtime/host/jq_prelude.hpp"
#include "runtime/host/jq_scan.hpp"
#include "runtime/host/jq_value.hpp"

namespace perennial::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = std::size_t{1024} * 1024;
constexpr std::size_t revision_length = 32;

// Name without ".jq" -> file; the override's file takes the place of the plugin's.
using Files = std::map<std::string, fs::path>;

Status collect(const fs::path& directory, Files& files) {
  std::error_code error;
  if (directory.empty() || !fs::exists(directory, error)) return {};
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".jq") files[entry->path().stem()] = entry->path();
  }
  if (!error) return {};
  return fail(Code::io, directory.string() +
                            ": expected a readable folder of mappings, but: " + error.message());
}

Result<std::string> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return fail(Code::io, path.string() + ": expected a readable file, but it can't be read");
  }
  if (text.size() > file_bytes_max) {
    return fail(Code::exhausted, path.string() + ": expected at most 1 MiB, but it has " +
                                     std::to_string(text.size()) + " bytes");
  }
  return text;
}

Result<std::string> read_filter(const fs::path& path) {
  auto text = read_text(path);
  if (!text) return text;
  if (const auto error = scan_filter(*text)) {
    return fail(Code::invalid, path.string() + ":" + std::to_string(error->line) + ":" +
                                   std::to_string(error->column) + ": " + error->reason);
  }
  return text;
}

Result<std::string> vars_as_json(ByteView vars) {
  if (vars.empty()) return "{}";
  auto value = to_jq(vars);
  if (!value) return fail_within("vars", value.error());
  if (jv_get_kind(value->get()) != JV_KIND_OBJECT) {
    return fail(Code::invalid, "vars: expected a map, but another kind came");
  }
  return to_shown(jv_dump_string(value->release(), 0));
}

std::string to_hex(const Fingerprint& value) {
  std::string text;
  for (const std::uint64_t half : {value.high, value.low}) {
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(half >> shift) & 15];
  }
  return text;
}

std::string revision_of(std::string_view text) {
  return to_hex(fingerprint(text, 0));
}

Status write_whole(const fs::path& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(Code::io, path.string() + ": " + std::system_category().message(errno));
  }
  std::size_t done = 0;
  int error = 0;
  while (done < text.size() && error == 0) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR) error = errno;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  ::close(fd);
  if (error == 0) return {};
  return fail(Code::io, path.string() + ": " + std::system_category().message(error));
}

}  // namespace

void JqProgram::append_file(const std::string& file, std::string_view text) {
  const auto lines = [](std::string_view some) {
    return static_cast<std::size_t>(std::count(some.begin(), some.end(), '\n'));
  };
  segments_.push_back({lines(text_) + 1, lines(text) + 1, file});
  append(text);
  append("\n");
}

void JqProgram::finish() {
  revision_ = revision_of(text_);
}

Result<JqProgram> JqProgram::assemble(const fs::path& directory, const fs::path& override_directory,
                                      ByteView vars, const CurrencyProfiles& profiles) {
  Files files;
  for (const fs::path& folder : {directory, override_directory}) {
    if (auto status = collect(folder, files); !status) return tl::unexpected(status.error());
  }
  const auto constants = vars_as_json(vars);
  if (!constants) return tl::unexpected(constants.error());

  JqProgram program;
  program.append(jq_prelude(profiles));
  program.append("\n");
  std::vector<std::pair<std::string, std::string>> maps;
  for (const auto& [name, path] : files) {
    const auto text = read_filter(path);
    if (!text) return tl::unexpected(text.error());
    if (name[0] == '_') {
      program.append_file(path.string(), *text);
    } else {
      maps.emplace_back(name, *text);
    }
  }
  program.append(". as $call | (" + *constants + ") as $vars | $call.input |\n");
  for (const auto& [name, text] : maps) {
    program.append(std::string(program.maps_.empty() ? "if" : "elif") + " $call.map == \"" + name +
                   "\" then (\n");
    program.append_file(files[name].string(), text);
    program.append(")\n");
    program.maps_.push_back(name);
  }
  const std::string missing = "error(\"no map of the name \" + ($call.map | tojson))";
  program.append(maps.empty() ? missing : "else " + missing + " end");
  program.finish();
  return program;
}

Result<JqProgram> JqProgram::restore(std::string text, std::string_view revision) {
  JqProgram program;
  program.text_ = std::move(text);
  program.finish();
  if (program.revision_ != revision) {
    return fail(Code::corrupted, "expected the mapping program " + std::string(revision) +
                                     ", but the text has revision " + program.revision_);
  }
  return program;
}

bool JqProgram::has_map(std::string_view name) const {
  return std::find(maps_.begin(), maps_.end(), name) != maps_.end();
}

std::vector<std::string> JqProgram::files() const {
  std::vector<std::string> files;
  for (const Segment& segment : segments_) files.push_back(segment.file);
  return files;
}

std::string JqProgram::place(std::size_t line) const {
  for (const Segment& segment : segments_) {
    // jq tells an unfinished filter where it met the bracket behind it: one line too late.
    if (line >= segment.first_line && line <= segment.first_line + segment.lines) {
      return segment.file + ":" +
             std::to_string(std::min(line - segment.first_line + 1, segment.lines));
    }
  }
  return "program:" + std::to_string(line);
}

Status MapArchive::keep(const JqProgram& program) const {
  if (directory_.empty()) return {};
  std::error_code error;
  fs::create_directories(directory_, error);
  const fs::path path = directory_ / (program.revision() + ".jq");
  if (fs::exists(path, error)) return {};
  // Several hosts of one data directory may keep the same program at once.
  const fs::path draft = path.string() + "." + std::to_string(::getpid()) + ".part";
  if (auto status = write_whole(draft, program.text()); !status) return status;
  fs::rename(draft, path, error);
  if (error) {
    return fail(Code::io,
                path.string() + ": expected to keep a mapping program, but: " + error.message());
  }
  return {};
}

Result<JqProgram> MapArchive::load(std::string_view revision) const {
  const bool is_plain = revision.size() == revision_length &&
                        revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (directory_.empty() || !is_plain) {
    return fail(Code::not_found, "expected the mapping program " + std::string(revision) +
                                     " in the archive, but it is not kept");
  }
  const auto text = read_text(directory_ / (std::string(revision) + ".jq"));
  if (!text) return tl::unexpected(text.error());
  return JqProgram::restore(*text, revision);
}

}  // namespace perennial::host
