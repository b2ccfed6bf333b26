#include "runtime/wire/frames.hpp"

#include <array>
#include <type_traits>

#include "runtime/base/limits.hpp"
#include "runtime/event/cursor.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::wire {
namespace {

constexpr std::uint32_t header_fields = 4;

template <FrameKind kind>
using BodyOf = std::variant_alternative_t<static_cast<std::size_t>(kind) - 1, Body>;
static_assert(std::is_same_v<BodyOf<FrameKind::hello>, Hello>);
static_assert(std::is_same_v<BodyOf<FrameKind::welcome>, Welcome>);
static_assert(std::is_same_v<BodyOf<FrameKind::refuse>, Refuse>);
static_assert(std::is_same_v<BodyOf<FrameKind::events>, Events>);
static_assert(std::is_same_v<BodyOf<FrameKind::events_durable>, EventsDurable>);
static_assert(std::is_same_v<BodyOf<FrameKind::cursor_move>, CursorMove>);
static_assert(std::is_same_v<BodyOf<FrameKind::cursor_durable>, CursorDurable>);
static_assert(std::is_same_v<BodyOf<FrameKind::source_report>, SourceReport>);
static_assert(std::is_same_v<BodyOf<FrameKind::dispatch>, Dispatch>);
static_assert(std::is_same_v<BodyOf<FrameKind::outcomes>, Outcomes>);
static_assert(std::is_same_v<BodyOf<FrameKind::webhook_request>, WebhookRequest>);
static_assert(std::is_same_v<BodyOf<FrameKind::webhook_answer>, WebhookAnswer>);
static_assert(std::is_same_v<BodyOf<FrameKind::control>, Control>);
static_assert(std::is_same_v<BodyOf<FrameKind::health>, Health>);
static_assert(std::is_same_v<BodyOf<FrameKind::heartbeat>, Heartbeat>);
static_assert(std::is_same_v<BodyOf<FrameKind::goodbye>, Goodbye>);
static_assert(std::variant_size_v<Body> == 16);

constexpr std::array<std::string_view, std::variant_size_v<Body> + 1> kind_names = {
    "none",           "hello",          "welcome",       "refuse",    "events",   "events_durable",
    "cursor_move",    "cursor_durable", "source_report", "dispatch",  "outcomes", "webhook_request",
    "webhook_answer", "control",        "health",        "heartbeat", "goodbye"};

// The fields of each struct, listed once in their order on the wire. Measure, Writer and Reader
// walk the same list, so the three can't disagree. `f` is the walker, `v` the (const) struct.
template <typename T>
struct Fields;

template <>
struct Fields<Hello> {
  static void walk(auto& f, auto& v) {
    f.text(v.connector);
    f.text(v.plugin);
    f.text(v.version);
    f.text(v.token);
    f.number(v.pid);
  }
};

template <>
struct Fields<SourceStart> {
  static void walk(auto& f, auto& v) {
    f.text(v.source);
    f.bytes(v.cursor);
    f.text(v.start);
  }
};

template <>
struct Fields<Welcome> {
  static void walk(auto& f, auto& v) {
    f.number(v.epoch);
    f.truth(v.is_paused);
    f.number(v.credit_deliveries);
    f.list(v.sources);
  }
};

template <>
struct Fields<Refuse> {
  static void walk(auto& f, auto& v) { f.text(v.reason); }
};

template <>
struct Fields<Refusal> {
  static void walk(auto& f, auto& v) {
    f.text(v.cause);
    f.text(v.text);
    f.text(v.subject);
    f.bytes(v.body);
  }
};

template <>
struct Fields<Events> {
  static void walk(auto& f, auto& v) {
    f.text(v.source);
    f.number(v.batch);
    f.bytes_list(v.events);
    f.list(v.refusals);
  }
};

template <>
struct Fields<EventsDurable> {
  static void walk(auto& f, auto& v) {
    f.text(v.source);
    f.number(v.batch);
  }
};

template <>
struct Fields<CursorMove> {
  static void walk(auto& f, auto& v) {
    f.text(v.source);
    f.number(v.batch);
    f.bytes(v.cursor);
  }
};

template <>
struct Fields<CursorDurable> {
  static void walk(auto& f, auto& v) {
    f.text(v.source);
    f.number(v.batch);
  }
};

template <>
struct Fields<SourceReport> {
  static void walk(auto& f, auto& v) {
    f.text(v.source);
    f.number(v.result);
    f.text(v.code);
    f.text(v.text);
    f.text(v.gap_from);
    f.text(v.gap_to);
  }
};

template <>
struct Fields<DispatchEntry> {
  static void walk(auto& f, auto& v) {
    f.number(v.delivery);
    f.number(v.attempt);
    f.choice(v.verb, Verb::cancel);
    f.integer(v.deadline_ms);
    f.text(v.operation);
    f.text(v.key);
    f.text(v.correlation);
    f.text(v.traceparent);
    f.text(v.map);
    f.text(v.map_revision);
    f.text(v.token);
    f.bytes(v.event);
  }
};

template <>
struct Fields<Dispatch> {
  static void walk(auto& f, auto& v) { f.list(v.entries); }
};

template <>
struct Fields<OutcomeEntry> {
  static void walk(auto& f, auto& v) {
    f.number(v.delivery);
    f.number(v.attempt);
    f.choice(v.verb, Verb::cancel);
    f.number(v.kind);
    f.integer(v.after_ms);
    f.text(v.code);
    f.text(v.text);
    f.bytes(v.receipt);
    f.text(v.token);
    f.text(v.map_revision);
    f.bytes_list(v.follow_ups);
  }
};

template <>
struct Fields<Outcomes> {
  static void walk(auto& f, auto& v) { f.list(v.entries); }
};

template <>
struct Fields<WebhookHeader> {
  static void walk(auto& f, auto& v) {
    f.text(v.name);
    f.text(v.value);
  }
};

template <>
struct Fields<WebhookRequest> {
  static void walk(auto& f, auto& v) {
    f.number(v.request);
    f.text(v.webhook);
    f.text(v.method);
    f.text(v.query);
    f.bytes(v.body);
    f.list(v.headers);
  }
};

template <>
struct Fields<WebhookAnswer> {
  static void walk(auto& f, auto& v) {
    f.number(v.request);
    f.number(v.result);
    f.number(v.status);
    f.text(v.content_type);
    f.bytes(v.body);
    f.text(v.text);
  }
};

template <>
struct Fields<Control> {
  static void walk(auto& f, auto& v) {
    f.choice(v.verb, ControlVerb::check);
    f.number(v.request);
  }
};

template <>
struct Fields<Finding> {
  static void walk(auto& f, auto& v) {
    f.number(v.level);
    f.text(v.name);
    f.text(v.text);
  }
};

template <>
struct Fields<Health> {
  static void walk(auto& f, auto& v) {
    f.number(v.request);
    f.list(v.findings);
  }
};

template <>
struct Fields<Heartbeat> {
  static void walk(auto&, auto&) {}
};

template <>
struct Fields<Goodbye> {
  static void walk(auto& f, auto& v) { f.text(v.reason); }
};

// Counts the fields and bounds the bytes, so that the frame is allocated once.
class Measure {
 public:
  void text(std::string_view value) { add(5 + value.size()); }
  void bytes(ByteView value) { add(5 + value.size()); }
  void number(std::uint64_t) { add(9); }
  void integer(std::int64_t) { add(9); }
  void truth(bool) { add(1); }
  template <typename Enum>
  void choice(Enum, Enum) {
    add(1);
  }
  void bytes_list(const std::vector<ByteView>& values) {
    add(5);
    for (ByteView value : values) bytes_ += 5 + value.size();
  }
  template <typename T>
  void list(const std::vector<T>& values) {
    add(5);
    for (const T& value : values) {
      Measure inner;
      Fields<T>::walk(inner, value);
      bytes_ += 5 + inner.bytes_;
    }
  }
  [[nodiscard]] std::uint32_t fields() const { return fields_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void add(std::size_t bytes) {
    ++fields_;
    bytes_ += bytes;
  }
  std::uint32_t fields_ = 0;
  std::size_t bytes_ = 0;
};

template <typename T>
std::uint32_t field_count() {
  static const std::uint32_t count = [] {
    Measure measure;
    const T empty{};
    Fields<T>::walk(measure, empty);
    return measure.fields();
  }();
  return count;
}

class Writer {
 public:
  explicit Writer(event::Packer& packer) : packer_(packer) {}
  void text(std::string_view value) { packer_.text(value); }
  void bytes(ByteView value) { packer_.binary(value); }
  void number(std::uint64_t value) { packer_.unsigned_integer(value); }
  void integer(std::int64_t value) { packer_.integer(value); }
  void truth(bool value) { packer_.boolean(value); }
  template <typename Enum>
  void choice(Enum value, Enum) {
    packer_.unsigned_integer(static_cast<std::uint64_t>(value));
  }
  void bytes_list(const std::vector<ByteView>& values) {
    packer_.array(static_cast<std::uint32_t>(values.size()));
    for (ByteView value : values) packer_.binary(value);
  }
  template <typename T>
  void list(const std::vector<T>& values) {
    packer_.array(static_cast<std::uint32_t>(values.size()));
    const std::uint32_t count = field_count<T>();
    for (const T& value : values) {
      packer_.array(count);
      Fields<T>::walk(*this, value);
    }
  }

 private:
  event::Packer& packer_;
};

class Reader {
 public:
  explicit Reader(event::Cursor& cursor) : cursor_(cursor) {}
  void text(std::string_view& value) { value = cursor_.text(); }
  void bytes(ByteView& value) { value = cursor_.binary(); }
  void number(std::uint64_t& value) { value = cursor_.unsigned_integer(); }
  void number(std::uint32_t& value) {
    const std::uint64_t wide = cursor_.unsigned_integer();
    if (wide > UINT32_MAX) cursor_.fail();
    value = static_cast<std::uint32_t>(wide);
  }
  void integer(std::int64_t& value) { value = cursor_.integer(); }
  void truth(bool& value) { value = cursor_.boolean(); }
  template <typename Enum>
  void choice(Enum& value, Enum last) {
    const std::uint64_t number = cursor_.unsigned_integer();
    if (number == 0 || number > static_cast<std::uint64_t>(last)) cursor_.fail();
    if (cursor_.ok()) value = static_cast<Enum>(number);
  }
  void bytes_list(std::vector<ByteView>& values) {
    constexpr std::size_t bytes_min = 2;
    values.resize(count(bytes_min));
    for (ByteView& value : values) {
      if (!cursor_.ok()) return;
      value = cursor_.binary();
    }
  }
  template <typename T>
  void list(std::vector<T>& values) {
    const std::uint32_t fields = field_count<T>();
    values.resize(count(1 + fields));
    for (T& value : values) {
      if (cursor_.array() != fields) cursor_.fail();
      if (!cursor_.ok()) return;
      Fields<T>::walk(*this, value);
    }
  }

 private:
  // A count is believed only as far as the bytes that follow can hold that many entries.
  std::size_t count(std::size_t bytes_min) {
    const std::size_t stated = cursor_.array();
    const bool fits = stated <= frame_entries_max && stated * bytes_min <= cursor_.rest().size();
    if (!fits) cursor_.fail();
    return cursor_.ok() ? stated : 0;
  }
  event::Cursor& cursor_;
};

template <typename T>
Result<Frame> read_body(const Header& header, std::uint32_t fields, event::Cursor& cursor) {
  const std::uint32_t expected = header_fields + field_count<T>();
  const std::string name(kind_names[Body(T{}).index() + 1]);
  if (fields != expected) {
    return fail(Code::corrupted, "expected a " + name + " frame of " + std::to_string(expected) +
                                     " fields, but one of " + std::to_string(fields) + " came");
  }
  T body;
  Reader reader(cursor);
  Fields<T>::walk(reader, body);
  if (!cursor.ok()) {
    return fail(Code::corrupted, "expected the fields of a " + name +
                                     " frame, but one is cut off, mistyped or out of range");
  }
  if (!cursor.at_end()) {
    return fail(Code::corrupted, "expected a " + name + " frame and nothing else, but " +
                                     std::to_string(cursor.rest().size()) + " bytes follow it");
  }
  return Frame{header, Body(std::move(body))};
}

template <std::size_t... index>
Result<Frame> read_kind(std::uint64_t kind, const Header& header, std::uint32_t fields,
                        event::Cursor& cursor, std::index_sequence<index...>) {
  using Read = Result<Frame> (*)(const Header&, std::uint32_t, event::Cursor&);
  static constexpr std::array<Read, sizeof...(index)> readers = {
      &read_body<std::variant_alternative_t<index, Body>>...};
  if (kind == 0 || kind > readers.size()) {
    return fail(Code::unsupported, "expected a frame kind from 1 to " +
                                       std::to_string(readers.size()) + ", but kind " +
                                       std::to_string(kind) + " came");
  }
  return readers[kind - 1](header, fields, cursor);
}

}  // namespace

FrameKind kind_of(const Body& body) {
  return static_cast<FrameKind>(body.index() + 1);
}

std::string_view name_of(FrameKind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < kind_names.size() ? kind_names[number] : kind_names[0];
}

void encode(const Header& header, const Body& body, Bytes& out) {
  std::visit(
      [&](const auto& typed) {
        using Typed = std::decay_t<decltype(typed)>;
        constexpr std::size_t header_bytes_max = 32;
        Measure measure;
        Fields<Typed>::walk(measure, typed);
        out.reserve(out.size() + header_bytes_max + measure.bytes());
        event::Packer packer(out);
        packer.array(header_fields + measure.fields());
        packer.unsigned_integer(protocol_version).unsigned_integer(body.index() + 1);
        packer.unsigned_integer(header.epoch).unsigned_integer(header.sequence);
        Writer writer(packer);
        Fields<Typed>::walk(writer, typed);
      },
      body);
}

Result<Frame> decode(ByteView bytes) {
  if (bytes.size() > limits::frame_bytes_max) {
    return fail(Code::exhausted, "expected a frame of at most " +
                                     std::to_string(limits::frame_bytes_max) + " bytes, but " +
                                     std::to_string(bytes.size()) + " came");
  }
  event::Cursor cursor(bytes);
  const std::uint32_t fields = cursor.array();
  const std::uint64_t version = cursor.unsigned_integer();
  const std::uint64_t kind = cursor.unsigned_integer();
  Header header;
  header.epoch = cursor.unsigned_integer();
  header.sequence = cursor.unsigned_integer();
  if (!cursor.ok() || fields < header_fields) {
    return fail(Code::corrupted,
                "expected a frame, one msgpack array that begins with version, kind, epoch and "
                "sequence, but something else came");
  }
  if (version != protocol_version) {
    return fail(Code::unsupported, "expected wire protocol " + std::to_string(protocol_version) +
                                       ", but version " + std::to_string(version) +
                                       " came; run the same release on both sides");
  }
  return read_kind(kind, header, fields, cursor,
                   std::make_index_sequence<std::variant_size_v<Body>>());
}

}  // namespace perennial::wire
