#include "runtime/host/manifest.hpp"

#include <perennial/plugin.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "runtime/host/json_reader.hpp"

namespace perennial::host {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t hour_ms = 3'600'000;

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > PERENNIAL_NAME_BYTES_MAX) return false;
  if (text[0] < 'a' || text[0] > 'z') return false;
  return std::all_of(text.begin(), text.end(), [](char symbol) {
    return (symbol >= 'a' && symbol <= 'z') || (symbol >= '0' && symbol <= '9') || symbol == '_' ||
           symbol == '-';
  });
}

constexpr const char* name_rule =
    "a name of a-z, 0-9, _ and -, beginning with a letter, at most 64 bytes";

// major.minor.patch with an optional pre-release, as of semver.org 2.0.0, without build parts.
bool is_version(std::string_view text) {
  const std::string_view core = text.substr(0, text.find('-'));
  int parts = 0;
  bool is_digit_seen = false;
  for (char symbol : core) {
    if (symbol >= '0' && symbol <= '9') {
      is_digit_seen = true;
    } else if (symbol == '.' && is_digit_seen) {
      ++parts;
      is_digit_seen = false;
    } else {
      return false;
    }
  }
  return parts == 2 && is_digit_seen;
}

void read_name(JsonReader& reader, std::string_view name) {
  if (!is_name(name)) reader.refuse("", name_rule, "'" + std::string(name) + "' came");
}

void read_source(JsonReader& reader, const std::string& name, Manifest& manifest) {
  read_name(reader, name);
  reader.allow({"description", "map", "emits", "every", "records_max", "deadline_ms"});
  SourceManifest source;
  source.name = name;
  source.description = reader.text("description", true);
  source.map = reader.text("map", false);
  source.emits = reader.texts("emits");
  source.every_ms = reader.duration_ms("every", 5'000);
  source.records_max = static_cast<std::uint32_t>(reader.integer("records_max", 1, 10'000, 200));
  source.deadline_ms = reader.integer("deadline_ms", 100, hour_ms, 30'000);
  if (source.emits.empty()) {
    reader.refuse("emits", "the event types that the source emits", "none is given; list them");
  }
  manifest.sources.push_back(std::move(source));
}

void read_idempotency(JsonReader& reader, Idempotency& idempotency) {
  reader.allow({"kind", "key_length_max", "key_window", "caches_failures", "settle_ms", "lookup"});
  constexpr IdempotencyKind kinds[] = {IdempotencyKind::key, IdempotencyKind::natural,
                                       IdempotencyKind::lookup, IdempotencyKind::none};
  if (!reader.has("kind")) {
    reader.refuse("kind", "one of key, natural, lookup, none", "the field is missing; add it");
  }
  idempotency.kind = kinds[reader.choice("kind", {"key", "natural", "lookup", "none"}, 3)];
  idempotency.key_length_max = static_cast<std::uint32_t>(
      reader.integer("key_length_max", 26, PERENNIAL_KEY_BYTES_MAX, PERENNIAL_KEY_BYTES_MAX));
  idempotency.key_window_ms = reader.duration_ms("key_window", 0);
  idempotency.caches_failures = reader.truth("caches_failures", false);
  idempotency.settle_ms = reader.integer("settle_ms", 0, 24 * hour_ms, 0);
  idempotency.has_lookup = reader.truth("lookup", idempotency.kind == IdempotencyKind::lookup);
  const bool is_keyed = idempotency.kind == IdempotencyKind::key;
  if (is_keyed && idempotency.key_window_ms == 0) {
    reader.refuse("key_window", "how long the remote remembers a key, such as PT24H",
                  "it is missing; past it nothing is re-sent without a lookup");
  }
  if (!is_keyed && reader.has("key_window")) {
    reader.refuse("key_window", "it with kind key only", "the kind is another; remove it");
  }
}

void read_operation(JsonReader& reader, const std::string& name, Manifest& manifest) {
  read_name(reader, name);
  reader.allow({"description", "kind", "accepts", "map", "result_map", "emits", "idempotency",
                "order_by", "concurrency", "batch", "deadline_ms"});
  OperationManifest operation;
  operation.name = name;
  operation.description = reader.text("description", true);
  operation.kind = reader.choice("kind", {"effect", "query"}, 0) == 0 ? OperationKind::effect
                                                                      : OperationKind::query;
  operation.accepts = reader.texts("accepts");
  operation.map = reader.text("map", false);
  operation.result_map = reader.text("result_map", false);
  operation.emits = reader.texts("emits");
  if (operation.kind == OperationKind::effect && !reader.has("idempotency")) {
    reader.refuse("idempotency", "how an effect is kept from happening twice",
                  "the field is missing; add it, with kind none if there is no way");
  }
  reader.inside("idempotency", [&] { read_idempotency(reader, operation.idempotency); });
  operation.order_by = reader.text("order_by", false);
  if (operation.order_by.empty()) operation.order_by = "correlationid";
  operation.concurrency = static_cast<std::uint32_t>(reader.integer("concurrency", 1, 256, 1));
  operation.batch = static_cast<std::uint32_t>(reader.integer("batch", 1, 10'000, 1));
  operation.deadline_ms = reader.integer("deadline_ms", 10, hour_ms, 30'000);
  manifest.operations.push_back(std::move(operation));
}

void read_webhook(JsonReader& reader, const std::string& name, Manifest& manifest) {
  read_name(reader, name);
  reader.allow({"description", "as_source"});
  WebhookManifest webhook;
  webhook.name = name;
  webhook.description = reader.text("description", true);
  webhook.as_source = reader.text("as_source", true);
  if (!webhook.as_source.empty() && manifest.find_source(webhook.as_source) == nullptr) {
    reader.refuse("as_source", "the name of a source of this plugin",
                  "'" + webhook.as_source + "' is none");
  }
  manifest.webhooks.push_back(std::move(webhook));
}

// Relative, within the folder: a manifest must not reach outside its own files.
fs::path read_file_name(JsonReader& reader, std::string_view field, const fs::path& directory) {
  const std::string name = reader.text(field, true);
  const bool is_plain = name.find('/') == std::string::npos && name != ".." && name != ".";
  if (!name.empty() && !is_plain) {
    reader.refuse(field, "a file name within the plugin's folder", "'" + name + "' came");
  }
  return directory / name;
}

void read_abi(JsonReader& reader, Manifest& manifest) {
  if (!reader.has("abi")) {
    reader.refuse("abi", "the version of the plugin boundary, {\"major\": 1, \"minor\": 0}",
                  "the field is missing; add it");
  }
  reader.inside("abi", [&] {
    reader.allow({"major", "minor"});
    manifest.abi_major = static_cast<std::uint32_t>(reader.integer("major", 1, 1000, 0));
    manifest.abi_minor = static_cast<std::uint32_t>(reader.integer("minor", 0, 1000, 0));
    if (!reader.has("major")) reader.refuse("major", "an integer", "the field is missing; add it");
  });
}

void check_map(JsonReader& reader, const Manifest& manifest, std::string_view pointer,
               const std::string& map) {
  if (map.empty()) return;
  if (!is_name(map)) return reader.refuse(pointer, name_rule, "'" + map + "' came");
  if (fs::is_regular_file(manifest.mappings / (map + ".jq"))) return;
  reader.refuse(pointer, "a map whose text is in mappings/" + map + ".jq",
                "there is no such file; add it or correct the name");
}

void check_maps(JsonReader& reader, const Manifest& manifest) {
  for (const auto& source : manifest.sources) {
    check_map(reader, manifest, "sources/" + source.name + "/map", source.map);
  }
  for (const auto& operation : manifest.operations) {
    const std::string place = "operations/" + operation.name;
    check_map(reader, manifest, place + "/map", operation.map);
    check_map(reader, manifest, place + "/result_map", operation.result_map);
  }
}

void read_fields(JsonReader& reader, Manifest& manifest, std::string& schema_file) {
  reader.allow({"manifest_version", "id", "version", "title", "description", "library", "abi",
                "config_schema", "sources", "operations", "webhooks"});
  if (!reader.has("manifest_version")) {
    reader.refuse("manifest_version", "1", "the field is missing; add it");
  }
  const std::int64_t version = reader.integer("manifest_version", 1, INT32_MAX, 1);
  if (version != 1) {
    reader.refuse("manifest_version", "version 1, the newest that this runtime reads",
                  std::to_string(version) + " came; this runtime is too old, upgrade it");
  }
  manifest.id = reader.text("id", true);
  if (!manifest.id.empty() && !is_name(manifest.id)) {
    reader.refuse("id", name_rule, "'" + manifest.id + "' came");
  }
  manifest.version = reader.text("version", true);
  if (!manifest.version.empty() && !is_version(manifest.version)) {
    reader.refuse("version", "a semantic version such as 0.1.0", "'" + manifest.version + "' came");
  }
  manifest.title = reader.text("title", false);
  manifest.description = reader.text("description", false);
  read_abi(reader, manifest);
  manifest.library = read_file_name(reader, "library", manifest.directory);
  schema_file = read_file_name(reader, "config_schema", manifest.directory).string();
  reader.each("sources", [&](const std::string& name) { read_source(reader, name, manifest); });
  reader.each("operations",
              [&](const std::string& name) { read_operation(reader, name, manifest); });
  reader.each("webhooks", [&](const std::string& name) { read_webhook(reader, name, manifest); });
  check_maps(reader, manifest);
}

template <typename T>
const T* find_by_name(const std::vector<T>& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// One number and its unit letter; moves `text` behind them.
bool take_part(std::string_view& text, double& number, char& unit) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end == text.data() + text.size() || number < 0) return false;
  unit = *end;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

const SourceManifest* Manifest::find_source(std::string_view name) const {
  return find_by_name(sources, name);
}
const OperationManifest* Manifest::find_operation(std::string_view name) const {
  return find_by_name(operations, name);
}
const WebhookManifest* Manifest::find_webhook(std::string_view name) const {
  return find_by_name(webhooks, name);
}

Result<Manifest> read_manifest(const fs::path& directory) {
  const std::string file = (directory / "connector.json").string();
  const auto root = parse_json_file(file);
  if (!root) return tl::unexpected(root.error());

  Manifest manifest;
  manifest.directory = fs::absolute(directory).lexically_normal();
  manifest.mappings = manifest.directory / "mappings";
  std::string schema_file;
  JsonReader reader(file, *root);
  read_fields(reader, manifest, schema_file);
  if (!reader.ok()) return tl::unexpected(reader.error());

  const auto schema = parse_json_file(schema_file);
  if (!schema) return tl::unexpected(schema.error());
  if (!schema->is_object()) {
    return fail(Code::invalid, schema_file + ": expected a JSON Schema object at the top, but " +
                                   schema->type_name() + " came");
  }
  manifest.config_schema = schema->dump();
  return manifest;
}

std::int64_t parse_duration_ms(std::string_view text) {
  if (text.size() < 3 || text[0] != 'P') return -1;
  text.remove_prefix(1);
  bool is_time = false;
  double total_ms = 0;
  std::string_view units = "D";
  while (!text.empty()) {
    if (!is_time && text[0] == 'T') {
      is_time = true;
      units = "HMS";
      text.remove_prefix(1);
      if (text.empty()) return -1;
      continue;
    }
    double number = 0;
    char unit = 0;
    if (!take_part(text, number, unit)) return -1;
    const auto place = units.find(unit);
    if (place == std::string_view::npos) return -1;
    units.remove_prefix(place + 1);
    const double unit_ms = unit == 'D'   ? 86'400'000
                           : unit == 'H' ? 3'600'000
                           : unit == 'M' ? 60'000
                                         : 1'000;
    total_ms += number * unit_ms;
  }
  constexpr double century_ms = 100.0 * 366 * 86'400'000;
  return total_ms > century_ms ? -1 : std::llround(total_ms);
}

}  // namespace perennial::host
