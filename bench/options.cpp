#include "bench/options.hpp"

#include <charconv>
#include <filesystem>

namespace perennial::bench {
namespace {

bool read_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& into) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return false;
  if (number < min || number > max) return false;
  into = number;
  return true;
}

bool read_word(const std::string& text, std::initializer_list<std::string_view> known,
               std::string& into) {
  for (std::string_view one : known) {
    if (one == text) into = text;
  }
  return into == text;
}

bool is_rate(std::string_view text) {
  const bool is_part = text.ends_with('%');
  if (is_part) text.remove_suffix(1);
  std::uint64_t number = 0;
  return read_number(text, 1, is_part ? 100 : 100'000'000, number);
}

// Empty = well; otherwise what the option takes.
std::string set(Options& options, const std::string& name, const std::string& value) {
  std::uint64_t size = 0;
  if (name == "--hosting") {
    return read_word(value, {"in_process", "process"}, options.hosting) ? ""
                                                                        : "in_process or process";
  }
  if (name == "--durability") {
    return read_word(value, {"fsync", "os"}, options.durability) ? "" : "fsync or os";
  }
  if (name == "--rate") {
    options.rate = value;
    return is_rate(value) ? "" : "events a second, or a part of the maximum like 50%";
  }
  if (name == "--events") {
    return read_number(value, 1000, 1'000'000'000, options.events) ? "" : "1000 or more";
  }
  if (name == "--rounds") return read_number(value, 1, 99, options.rounds) ? "" : "1 to 99";
  if (name == "--size") {
    const bool is_good = read_number(value, 1, 1'000'000, size);
    options.size = size;
    return is_good ? "" : "bytes of one event";
  }
  if (name == "--directory") {
    options.directory = value;
    return std::filesystem::is_directory(value) ? "" : "a folder that exists";
  }
  if (name != "--output" && name != "-o") return "nothing: it is no option; see --help";
  options.is_json = value == "json";
  return value == "json" || value == "text" ? "" : "text or json";
}

}  // namespace

Result<Options> read_options(const std::vector<std::string>& words) {
  Options options;
  std::error_code error;
  options.directory = std::filesystem::temp_directory_path(error).string();
  if (!words.empty()) options.verb = words[0];
  for (std::size_t index = 1; index < words.size(); ++index) {
    std::string name = words[index];
    std::string value;
    const std::size_t equals = name.find('=');
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (index + 1 < words.size()) {
      value = words[++index];
    }
    const std::string takes = set(options, name, value);
    if (!takes.empty()) {
      return fail(Code::invalid,
                  "expected " + name + " to take " + takes + ", but '" + value + "' came");
    }
  }
  return options;
}

double rate_of(const Options& options, double events_per_s_max) {
  const double number = std::stod(options.rate);
  return options.rate.ends_with('%') ? events_per_s_max * number / 100 : number;
}

std::string usage() {
  return "usage: perennial bench pipeline [--hosting in_process|process] [--durability fsync|os]\n"
         "                                [--rate 50%|N] [--events N] [--size BYTES] [--rounds N]\n"
         "                                [--directory DIR] [--output text|json]\n"
         "       perennial bench schema   [--size BYTES] [--output text|json]\n"
         "       perennial bench keys     [--output text|json]\n"
         "Measures this build on this machine. The last line is one JSON object.\n";
}

}  // namespace perennial::bench
