#include "runtime/host/event_maker.hpp"

#include <array>

#include "runtime/event/cursor.hpp"
#include "runtime/event/event.hpp"

namespace perennial::host {
namespace {

using event::EventParts;

struct Field {
  std::string_view name;
  std::string_view EventParts::*part;
};

constexpr std::array<Field, 7> fields = {{
    {"type", &EventParts::type},
    {"id", &EventParts::id},
    {"subject", &EventParts::subject},
    {"time", &EventParts::time},
    {"correlationid", &EventParts::correlation},
    {"causationid", &EventParts::causation},
    {"traceparent", &EventParts::traceparent},
}};

Status read_field(std::string_view name, event::Cursor& cursor, EventParts& parts) {
  if (name == "data") {
    parts.data = cursor.raw();
    return {};
  }
  for (const Field& field : fields) {
    if (field.name != name) continue;
    if (cursor.kind() == event::Kind::nil) {
      cursor.skip();
      return {};
    }
    if (cursor.kind() != event::Kind::text) {
      return fail(Code::invalid, "expected '" + std::string(name) +
                                     "' of an event to be text, but another kind came");
    }
    parts.*field.part = cursor.text();
    return {};
  }
  return fail(Code::invalid,
              "expected the fields type, id, subject, time, correlationid, causationid, "
              "traceparent and data of an event, but '" +
                  std::string(name.substr(0, 64)) + "' came; put it into data");
}

}  // namespace

Result<Bytes> complete_event(ByteView partial, const EventDefaults& defaults) {
  event::Cursor cursor(partial);
  if (cursor.kind() != event::Kind::map) {
    return fail(Code::invalid,
                "expected a map to give events, objects with type and data, but another kind came");
  }
  EventParts parts;
  for (std::uint32_t pairs = cursor.map(); pairs > 0 && cursor.ok(); --pairs) {
    const std::string_view name = cursor.text();
    if (auto status = read_field(name, cursor, parts); !status) {
      return tl::unexpected(status.error());
    }
  }
  parts.source = defaults.source;
  if (parts.id.empty()) parts.id = defaults.id;
  if (parts.correlation.empty() || defaults.is_correlation_fixed) {
    parts.correlation = defaults.correlation;
  }
  if (parts.causation.empty()) parts.causation = defaults.causation;
  if (parts.traceparent.empty()) parts.traceparent = defaults.traceparent;
  if (parts.type.empty()) {
    return fail(Code::invalid, "expected 'type' of an event, but the map gave none");
  }
  if (parts.id.empty()) {
    return fail(Code::invalid,
                "expected 'id' of an event, because the record has no identity of its own, but the "
                "map gave none");
  }
  Bytes event = event::build_event(parts);
  if (const auto gate = event::read_event(event); !gate) return tl::unexpected(gate.error());
  return event;
}

}  // namespace perennial::host
