#include "runtime/app/config_reader.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/event/pack.hpp"
#include "runtime/host/manifest.hpp"

namespace perennial::app {
namespace {

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string list_of(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

bool ConfigReader::is_any_map(const YamlNode& node, const std::string& what) {
  if (node.kind == YamlNode::Kind::map) return true;
  add(node.place, "wrong-type", "expected " + what + " to be a map of keys and values");
  return false;
}

bool ConfigReader::is_map(const YamlNode& node, const std::string& what,
                          const std::vector<std::string>& known) {
  if (!is_any_map(node, what)) return false;
  for (const YamlEntry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    add(entry.key_place, "unknown-key",
        "expected a key of " + what + ", but '" + entry.key + "' is none" +
            did_you_mean(entry.key, known));
  }
  return true;
}

const YamlEntry* ConfigReader::need(const YamlNode& map, std::string_view key, const Place& place) {
  const YamlEntry* entry = map.find(key);
  if (entry == nullptr) {
    add(place, "missing-key",
        "expected the key '" + std::string(key) + "' here, but it is missing");
  }
  return entry;
}

std::optional<std::string> ConfigReader::text(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) {
    add(node.place, "wrong-type", "expected a text");
    return std::nullopt;
  }
  auto resolved = references_.resolve(node, findings_);
  if (!resolved) return std::nullopt;
  return resolved->text;
}

std::optional<std::string> ConfigReader::one_of(const YamlNode& node,
                                                const std::vector<std::string>& known) {
  auto value = text(node);
  if (!value || std::find(known.begin(), known.end(), *value) != known.end()) return value;
  add(node.place, "bad-value",
      "expected one of " + list_of(known) + ", but '" + *value + "' came" +
          did_you_mean(*value, known));
  return std::nullopt;
}

std::optional<std::int64_t> ConfigReader::integer(const YamlNode& node, std::int64_t min,
                                                  std::int64_t max) {
  auto value = text(node);
  if (!value) return std::nullopt;
  const auto number = to_integer(*value);
  if (!number) {
    add(node.place, "wrong-type", "expected a whole number, but '" + *value + "' came");
    return std::nullopt;
  }
  if (*number < min || *number > max) {
    add(node.place, "bad-value",
        "expected a number from " + std::to_string(min) + " to " + std::to_string(max) + ", but " +
            *value + " came");
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> ConfigReader::duration_ms(const YamlNode& node) {
  auto value = text(node);
  if (!value) return std::nullopt;
  const std::int64_t duration = host::parse_duration_ms(*value);
  if (duration > 0) return duration;
  add(node.place, "bad-duration",
      "expected an ISO 8601 duration like PT5S, PT0.5S, PT2H or P30D, but '" + *value + "' came");
  return std::nullopt;
}

std::optional<std::vector<std::string>> ConfigReader::texts(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::sequence) {
    add(node.place, "wrong-type", "expected a list of texts");
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const YamlNode& element : node.elements) {
    auto value = text(element);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

std::optional<std::string> ConfigReader::secret(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) {
    add(node.place, "wrong-type", "expected a reference to a secret");
    return std::nullopt;
  }
  auto resolved = references_.resolve(node, findings_);
  if (!resolved) return std::nullopt;
  if (!resolved->has_reference) {
    add(node.place, "literal-secret",
        "expected ${secret:name}, ${env:NAME} or ${file:path}, but a secret stands here in clear");
    return std::nullopt;
  }
  return resolved->text;
}

bool ConfigReader::is_name(const YamlEntry& entry, const std::string& what) {
  const auto is_allowed = [](char symbol) {
    return (symbol >= 'a' && symbol <= 'z') || (symbol >= '0' && symbol <= '9') || symbol == '-' ||
           symbol == '_';
  };
  const bool is_good = !entry.key.empty() && entry.key.size() <= 64 && entry.key[0] >= 'a' &&
                       entry.key[0] <= 'z' &&
                       std::all_of(entry.key.begin(), entry.key.end(), is_allowed);
  if (!is_good) {
    add(entry.key_place, "bad-name",
        "expected the name of " + what + " to be like [a-z][a-z0-9_-]*, but '" + entry.key +
            "' came");
  }
  return is_good;
}

bool ConfigReader::to_msgpack(const YamlNode& node, Bytes& out) {
  event::Packer packer(out);
  switch (node.kind) {
    case YamlNode::Kind::null:
      packer.nil();
      return true;
    case YamlNode::Kind::sequence:
      packer.array(static_cast<std::uint32_t>(node.elements.size()));
      for (const YamlNode& element : node.elements) {
        if (!to_msgpack(element, out)) return false;
      }
      return true;
    case YamlNode::Kind::map:
      packer.map(static_cast<std::uint32_t>(node.entries.size()));
      for (const YamlEntry& entry : node.entries) {
        packer.text(entry.key);
        if (!to_msgpack(entry.value, out)) return false;
      }
      return true;
    case YamlNode::Kind::scalar:
      break;
  }
  auto resolved = references_.resolve(node, findings_);
  if (!resolved) return false;
  const std::string& text = resolved->text;
  const bool is_plain = !node.is_quoted;
  if (is_plain && (text == "true" || text == "false")) {
    packer.boolean(text == "true");
  } else if (is_plain && (text == "null" || text == "~")) {
    packer.nil();
  } else if (const auto number = to_integer(text); is_plain && number) {
    packer.integer(*number);
  } else {
    packer.text(text);
  }
  return true;
}

}  // namespace perennial::app
