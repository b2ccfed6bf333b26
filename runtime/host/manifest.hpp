// What a plugin says about itself in connector.json, checked, before any of its code is loaded.
//
// Place:   read by plugin_catalog; used by lint, by hosts and by the partition's composition.
// Errors:  every refusal names file, JSON pointer, what was expected, what came, and the cure.
// Limits:  PERENNIAL_NAME_BYTES_MAX for names; files of at most 1 MiB.
// Format:  connector.json, manifest_version 1; the structs below name its fields one by one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"

namespace perennial::host {

enum class IdempotencyKind : std::uint8_t { none = 1, key, natural, lookup };
enum class OperationKind : std::uint8_t { effect = 1, query };

struct Idempotency {
  IdempotencyKind kind = IdempotencyKind::none;
  std::uint32_t key_length_max = 64;
  std::int64_t key_window_ms = 0;  // kind `key`: how long the remote remembers a key
  bool caches_failures = false;    // the remote answers a repeated key with the first failure
  std::int64_t settle_ms = 0;      // until a sent effect is visible to lookup
  bool has_lookup = false;         // the remote can be asked by key (always so for kind `lookup`)
};

struct SourceManifest {
  std::string name;
  std::string description;
  std::string map;  // jq map of its vendor records; empty = it gives canonical events
  std::vector<std::string> emits;
  std::int64_t every_ms = 0;
  std::uint32_t records_max = 0;
  std::int64_t deadline_ms = 0;
};

struct OperationManifest {
  std::string name;
  std::string description;
  OperationKind kind = OperationKind::effect;
  std::vector<std::string> accepts;
  std::string map;         // event -> payload; empty = the event's data is the payload
  std::string result_map;  // outcome -> follow-up events; empty = none
  std::vector<std::string> emits;
  Idempotency idempotency;
  std::string order_by;
  std::uint32_t concurrency = 1;
  std::uint32_t batch = 1;
  std::int64_t deadline_ms = 0;
};

struct WebhookManifest {
  std::string name;
  std::string description;
  std::string as_source;  // its records get this source's map, event source and identity
};

struct Manifest {
  std::string id;
  std::string version;
  std::string title;
  std::string description;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::filesystem::path directory;
  std::filesystem::path library;   // absolute
  std::filesystem::path mappings;  // folder; may be missing when nothing is mapped
  std::string config_schema;       // JSON text
  std::vector<SourceManifest> sources;
  std::vector<OperationManifest> operations;
  std::vector<WebhookManifest> webhooks;

  [[nodiscard]] const SourceManifest* find_source(std::string_view name) const;
  [[nodiscard]] const OperationManifest* find_operation(std::string_view name) const;
  [[nodiscard]] const WebhookManifest* find_webhook(std::string_view name) const;
};

// Reads `directory`/connector.json and what it names.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& directory);

// ISO 8601 durations of days, hours, minutes and seconds: "PT5S", "P1DT12H", "PT0.5S". Negative
// when `text` is none.
[[nodiscard]] std::int64_t parse_duration_ms(std::string_view text);

}  // namespace perennial::host
