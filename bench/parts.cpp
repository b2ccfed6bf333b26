#include "bench/parts.hpp"

#include <chrono>
#include <msgpack.hpp>

#include "bench/measure.hpp"
#include "bench/sample_event.hpp"
#include "bench/workspace.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/event/event.hpp"
#include "runtime/policy/schema.hpp"
#include "runtime/state/seen_keys.hpp"

namespace perennial::bench {
namespace {

constexpr int rounds = 9;
constexpr int calls = 50'000;

std::int64_t monotonic_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

struct Walk : msgpack::null_visitor {
  std::size_t keys = 0;
  bool start_map_key() { return ++keys > 0; }
  void parse_error(std::size_t, std::size_t) {}
  void insufficient_bytes(std::size_t, std::size_t) {}
};

// Nanoseconds a call; adds to `failures` for each call that answers false.
template <typename Call>
double time_of(Call call, int& failures) {
  const std::int64_t begin = monotonic_ns();
  for (int index = 0; index < calls; ++index) failures += call() ? 0 : 1;
  return static_cast<double>(monotonic_ns() - begin) / calls;
}

}  // namespace

Result<SchemaFigures> bench_schema(std::size_t event_bytes) {
  const auto text = read_file(share_directory() / "schemas" / (std::string(sample_type) + ".json"));
  if (!text) return tl::unexpected(text.error());
  const auto schema = policy::Schema::compile(*text);
  if (!schema) return tl::unexpected(schema.error());
  auto sample = SampleEvent::of_size(event_bytes);
  if (!sample) return tl::unexpected(sample.error());
  const Bytes bytes(sample->pack("000000000001", "0000000000000001"));
  const ByteView data = event::trusted_event(bytes).data;
  std::vector<double> checks;
  std::vector<double> walks;
  std::vector<double> gates;
  int failures = 0;
  for (int round = 0; round < rounds; ++round) {
    checks.push_back(time_of([&] { return (*schema)->check(data).has_value(); }, failures));
    walks.push_back(time_of(
        [&] {
          Walk walk;
          std::size_t at = 0;
          return msgpack::parse(data.data(), data.size(), at, walk) && walk.keys > 0;
        },
        failures));
    gates.push_back(time_of([&] { return event::read_event(bytes).has_value(); }, failures));
  }
  if (failures > 0) return fail(Code::defect, "expected the sample to satisfy its schema");
  return SchemaFigures{median(checks), median(walks), median(gates)};
}

std::vector<KeysRow> bench_keys(const std::vector<std::uint64_t>& sizes) {
  state::SeenKeys seen;
  Random random(7);
  std::vector<KeysRow> rows;
  for (const std::uint64_t size : sizes) {
    while (seen.size() < size) seen.insert({random.next(), random.next()});
    std::vector<double> took;
    constexpr std::size_t samples = 200'000;
    took.reserve(samples);
    for (std::size_t index = 0; index < samples; ++index) {
      const Fingerprint key{random.next(), random.next()};
      const std::int64_t begin = monotonic_ns();
      const bool is_new = !seen.contains(key) && seen.insert(key);
      took.push_back(is_new ? static_cast<double>(monotonic_ns() - begin) : 1e9);
    }
    const double bytes = static_cast<double>(seen.bytes()) / static_cast<double>(seen.size());
    rows.push_back({size, quantile(took, 0.5), quantile(took, 0.99), bytes});
  }
  return rows;
}

}  // namespace perennial::bench
