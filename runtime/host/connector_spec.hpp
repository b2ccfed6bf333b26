// Everything that a connector host needs to know, in one value that can cross to a child process.
//
// Place:   made by app from the configuration; read by ConnectorHost, in process or in a child.
// Owns:    secrets. They travel over an inherited socket only, never in arguments or environment.
// Format:  one msgpack array, read only by the same release.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/currency_profile.hpp"
#include "runtime/host/host_services.hpp"

namespace perennial::host {

// One source that is to run. Zero = what the manifest says.
struct SourceSpec {
  std::string name;
  std::string start = "now";  // "now", "all" or an RFC 3339 time; used while there is no cursor
  std::int64_t every_ms = 0;
  std::int64_t deadline_ms = 0;
  std::uint32_t records_max = 0;
};

// Times and bounds of the host itself.
struct HostTuning {
  std::int64_t backoff_ms_min = 1'000;   // a source that can't reach its remote waits this long,
  std::int64_t backoff_ms_max = 60'000;  // doubling up to this
  std::int64_t grace_ms = 1'000;         // a call may be this late before its thread is written off
  std::int64_t map_ms = 2'000;           // one run of a map
  std::int64_t webhook_ms = 10'000;
  std::int64_t health_ms = 30'000;
  std::int64_t heartbeat_ms = 1'000;
  std::int64_t stop_ms = 10'000;      // running calls are waited for this long at a stop
  std::uint32_t written_off_max = 8;  // threads lost before the process has to start anew
  std::uint32_t workers_max = 16;
};

struct ConnectorSpec {
  std::string name;
  std::string plugin_directory;  // the folder with connector.json
  Bytes config;                  // msgpack map, defaults filled in, no secrets
  Secrets secrets;               // by config field
  Bytes vars;                    // msgpack map for the mappings; empty = {}
  std::string mapping_override_directory;
  CurrencyProfiles currency_profiles;  // of the mappings
  std::string map_archive_directory;
  std::vector<SourceSpec> sources;
  std::vector<std::string> endpoints;  // index = partition
  std::string token;
  HostTuning tuning;
};

[[nodiscard]] Bytes encode_spec(const ConnectorSpec& spec);
[[nodiscard]] Result<ConnectorSpec> decode_spec(ByteView bytes);

}  // namespace perennial::host
