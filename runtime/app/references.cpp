#include "runtime/app/references.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace perennial::app {
namespace {

constexpr std::uintmax_t file_bytes_max = 1024 * 1024;

// Files that people write end with a line feed that is not part of the value.
std::string without_last_line_feed(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > file_bytes_max || error) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return std::nullopt;
  return text.str();
}

std::string References::path_of(const std::string& text) const {
  const std::filesystem::path path(text);
  return path.is_absolute()
             ? text
             : (std::filesystem::path(base_directory_) / path).lexically_normal().string();
}

std::optional<ResolvedText> References::resolve(const YamlNode& scalar, Findings& findings) const {
  ResolvedText out;
  std::string_view rest = scalar.text;
  for (;;) {
    const std::size_t begin = rest.find("${");
    if (begin == std::string_view::npos) break;
    const bool is_escaped = begin > 0 && rest[begin - 1] == '$';
    if (is_escaped) {
      out.text += std::string(rest.substr(0, begin - 1)) + "${";
      rest.remove_prefix(begin + 2);
      continue;
    }
    out.text += rest.substr(0, begin);
    const std::size_t end = rest.find('}', begin);
    if (end == std::string_view::npos) {
      findings.add(scalar.place, "bad-reference",
                   "expected '}' after '${', but the value ends ($${ gives ${)");
      return std::nullopt;
    }
    const std::string reference(rest.substr(begin + 2, end - begin - 2));
    auto value = value_of(reference, scalar.place, out, findings);
    if (!value) return std::nullopt;
    out.text += *value;
    out.has_reference = true;
    rest.remove_prefix(end + 1);
  }
  out.text += rest;
  return out;
}

std::optional<std::string> References::value_of(const std::string& reference, const Place& place,
                                                ResolvedText& into, Findings& findings) const {
  const std::size_t colon = reference.find(':');
  const std::string kind = reference.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : reference.substr(colon + 1);
  if (kind == "env" && !rest.empty()) return of_environment(rest, place, findings);
  if (kind == "file" && !rest.empty()) {
    auto text = read_text_file(path_of(rest));
    if (text) return without_last_line_feed(*text);
    findings.add(place, "missing-file",
                 "expected the file " + path_of(rest) + " (at most 1 MiB), but it cannot be read");
    return std::nullopt;
  }
  if (kind == "secret" && !rest.empty()) {
    into.has_secret = true;
    return of_secret(rest, place, findings);
  }
  findings.add(place, "bad-reference",
               "expected ${env:NAME}, ${env:NAME:default}, ${file:path} or " +
                   std::string("${secret:name}, but '${") + reference + "}' came" +
                   did_you_mean(kind, {"env", "file", "secret"}));
  return std::nullopt;
}

std::optional<std::string> References::of_environment(const std::string& rest, const Place& place,
                                                      Findings& findings) const {
  const std::size_t colon = rest.find(':');
  const std::string name = rest.substr(0, colon);
  if (const char* value = std::getenv(name.c_str())) return std::string(value);
  if (colon != std::string::npos) return rest.substr(colon + 1);
  findings.add(place, "undefined-env",
               "expected the environment variable " + name +
                   " to be set, but it is not; ${env:" + name + ":value} gives a default");
  return std::nullopt;
}

std::optional<std::string> References::of_secret(const std::string& name, const Place& place,
                                                 Findings& findings) const {
  if (secret_directory_.empty()) {
    findings.add(place, "missing-secret",
                 "expected a `secrets:` directory in the configuration that holds '" + name +
                     "', but there is none");
    return std::nullopt;
  }
  const bool is_plain = name.find('/') == std::string::npos && name.front() != '.';
  auto text = is_plain ? read_text_file(secret_directory_ + "/" + name) : std::nullopt;
  if (text) return without_last_line_feed(*text);
  findings.add(place, "missing-secret",
               "expected the secret in the file " + secret_directory_ + "/" + name +
                   ", but it cannot be read");
  return std::nullopt;
}

}  // namespace perennial::app
