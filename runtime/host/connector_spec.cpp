#include "runtime/host/connector_spec.hpp"

#include "runtime/event/cursor.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::host {
namespace {

// Rises whenever a field is added, so that a host binary of another release refuses by name.
constexpr std::uint64_t spec_version = 2;
constexpr std::uint32_t spec_fields = 13;

class Writer {
 public:
  explicit Writer(Bytes& out) : packer_(out) {}
  void text(const std::string& value) { packer_.binary(value); }
  void number(std::int64_t value) { packer_.integer(value); }
  void number(std::uint32_t value) { packer_.unsigned_integer(value); }
  template <typename T, typename Each>
  void list(const std::vector<T>& values, Each each) {
    packer_.array(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) each(value);
  }
  void texts(const std::vector<std::string>& values) {
    list(values, [&](const std::string& value) { text(value); });
  }
  void pairs(const std::map<std::string, std::string, std::less<>>& values) {
    packer_.array(static_cast<std::uint32_t>(2 * values.size()));
    for (const auto& [key, value] : values) {
      text(key);
      text(value);
    }
  }
  void array(std::uint32_t count) { packer_.array(count); }

 private:
  event::Packer packer_;
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : cursor_(bytes) {}
  void text(std::string& value) { value = cursor_.binary(); }
  void number(std::int64_t& value) { value = cursor_.integer(); }
  void number(std::uint32_t& value) {
    value = static_cast<std::uint32_t>(cursor_.unsigned_integer());
  }
  template <typename T, typename Each>
  void list(std::vector<T>& values, Each each) {
    for (std::uint32_t count = cursor_.array(); count > 0 && cursor_.ok(); --count) {
      each(values.emplace_back());
    }
  }
  void texts(std::vector<std::string>& values) {
    list(values, [&](std::string& value) { text(value); });
  }
  void pairs(std::map<std::string, std::string, std::less<>>& values) {
    for (std::uint32_t count = cursor_.array(); count > 1 && cursor_.ok(); count -= 2) {
      std::string key;
      text(key);
      text(values[key]);
    }
  }
  void array(std::uint32_t count) {
    if (cursor_.array() != count) cursor_.fail();
  }
  [[nodiscard]] bool is_done() const { return cursor_.ok() && cursor_.at_end(); }

 private:
  event::Cursor cursor_;
};

void walk_tuning(auto& f, auto& tuning) {
  f.array(10);
  f.number(tuning.backoff_ms_min);
  f.number(tuning.backoff_ms_max);
  f.number(tuning.grace_ms);
  f.number(tuning.map_ms);
  f.number(tuning.webhook_ms);
  f.number(tuning.health_ms);
  f.number(tuning.heartbeat_ms);
  f.number(tuning.stop_ms);
  f.number(tuning.written_off_max);
  f.number(tuning.workers_max);
}

// The one list of fields, for both directions.
void walk(auto& f, auto& spec) {
  f.text(spec.name);
  f.text(spec.plugin_directory);
  f.text(spec.config);
  f.pairs(spec.secrets);
  f.text(spec.vars);
  f.text(spec.mapping_override_directory);
  f.pairs(spec.currency_profiles);
  f.text(spec.map_archive_directory);
  f.list(spec.sources, [&](auto& source) {
    f.array(5);
    f.text(source.name);
    f.text(source.start);
    f.number(source.every_ms);
    f.number(source.deadline_ms);
    f.number(source.records_max);
  });
  f.texts(spec.endpoints);
  f.text(spec.token);
  walk_tuning(f, spec.tuning);
}

}  // namespace

Bytes encode_spec(const ConnectorSpec& spec) {
  Bytes out;
  Writer writer(out);
  writer.array(spec_fields);
  event::Packer(out).unsigned_integer(spec_version);
  walk(writer, spec);
  return out;
}

Result<ConnectorSpec> decode_spec(ByteView bytes) {
  event::Cursor head(bytes);
  const bool is_known = head.array() == spec_fields && head.unsigned_integer() == spec_version;
  if (!head.ok() || !is_known) {
    return fail(Code::unsupported,
                "expected a connector specification of this release, but another came; start "
                "perennial and perennial-host of the same release");
  }
  ConnectorSpec spec;
  Reader reader(head.rest());
  walk(reader, spec);
  if (!reader.is_done()) {
    return fail(Code::corrupted, "expected a whole connector specification, but it is cut off");
  }
  return spec;
}

}  // namespace perennial::host
