#include "runtime/event/event.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "runtime/base/limits.hpp"
#include "runtime/event/cursor.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::event {
namespace {

std::string shown(std::string_view text) {
  constexpr std::size_t length_max = 80;
  std::string out = "'";
  for (char symbol : text.substr(0, length_max)) {
    out += static_cast<unsigned char>(symbol) < 0x20 ? '?' : symbol;
  }
  return out + (text.size() > length_max ? "...'" : "'");
}

// Walks every value once. Recursion is bounded by event_depth_max, so hostile nesting costs a
// refusal, not a stack.
class Gate {
 public:
  explicit Gate(ByteView bytes) : cursor_(bytes) {}

  Status check() {
    if (auto status = value(0); !status) return status;
    if (!cursor_.at_end())
      return fail(Code::invalid, "expected one msgpack map, but bytes follow it");
    return {};
  }

 private:
  Status refuse(const std::string& reason) const {
    std::string pointer;
    for (std::string_view part : path_) pointer += "/" + std::string(part);
    return fail(Code::invalid, reason + " at " + (pointer.empty() ? "the top" : pointer));
  }

  Status value(std::size_t depth) {
    if (++elements_ > limits::event_elements_max) {
      return refuse("expected at most " + std::to_string(limits::event_elements_max) +
                    " elements, but there are more");
    }
    switch (cursor_.kind()) {
      case Kind::map:
        return map(depth);
      case Kind::array:
        return array(depth);
      case Kind::text:
        return text();
      case Kind::integer:
        return integer();
      case Kind::real:
        return real();
      case Kind::nil:
      case Kind::boolean:
        cursor_.skip();
        return {};
      case Kind::unsigned_integer:
        return refuse("expected integers within +-(2^53-1), but a larger one came");
      case Kind::binary:
        return refuse("expected JSON-like values, but binary came");
      case Kind::extension:
        return refuse("expected JSON-like values, but an extension type came");
      case Kind::none:
        break;
    }
    return refuse("expected complete msgpack, but it is cut off or malformed");
  }

  Status text() {
    const std::string_view value = cursor_.text();
    if (!cursor_.ok()) return refuse("expected complete msgpack, but a text is cut off");
    if (!is_utf8(value)) return refuse("expected UTF-8 text, but invalid bytes came");
    return {};
  }

  Status integer() {
    const std::int64_t value = cursor_.integer();
    if (!cursor_.ok()) return refuse("expected complete msgpack, but an integer is cut off");
    if (value > limits::integer_max || value < -limits::integer_max) {
      return refuse("expected integers within +-(2^53-1), but " + std::to_string(value) + " came");
    }
    return {};
  }

  Status real() {
    const double value = cursor_.real();
    if (!cursor_.ok()) return refuse("expected complete msgpack, but a number is cut off");
    if (!std::isfinite(value)) return refuse("expected finite numbers, but NaN or infinity came");
    return {};
  }

  Status nested(std::size_t depth, std::string_view part) {
    if (depth >= limits::event_depth_max) {
      return refuse("expected at most " + std::to_string(limits::event_depth_max) +
                    " levels, but it nests deeper");
    }
    path_.push_back(part);
    auto status = value(depth + 1);
    path_.pop_back();
    return status;
  }

  Status array(std::size_t depth) {
    const std::uint32_t count = cursor_.array();
    for (std::uint32_t index = 0; index < count; ++index) {
      if (auto status = nested(depth, "-"); !status) return status;
    }
    return {};
  }

  Status map(std::size_t depth) {
    const std::uint32_t count = cursor_.map();
    const std::size_t first_key = keys_.size();
    for (std::uint32_t index = 0; index < count; ++index) {
      if (cursor_.kind() != Kind::text) {
        return refuse(cursor_.kind() == Kind::none
                          ? "expected complete msgpack, but a map is cut off"
                          : "expected text keys, but another kind came");
      }
      const std::string_view key = Cursor(cursor_.rest()).text();
      if (auto status = value_of_key(key, first_key); !status) return status;
      if (auto status = nested(depth, key); !status) return status;
    }
    keys_.resize(first_key);
    return {};
  }

  Status value_of_key(std::string_view key, std::size_t first_key) {
    if (auto status = text(); !status) return status;
    if (std::find(keys_.begin() + static_cast<std::ptrdiff_t>(first_key), keys_.end(), key) !=
        keys_.end()) {
      return refuse("expected each key once, but " + shown(key) + " comes twice");
    }
    keys_.push_back(key);
    return {};
  }

  Cursor cursor_;
  std::size_t elements_ = 0;
  // Keys of all open maps; a linear search is faster than a set at the sizes of business documents,
  // and event_elements_max bounds it.
  std::vector<std::string_view> keys_;
  std::vector<std::string_view> path_;
};

struct Attribute {
  std::string_view name;
  std::string_view EventView::*field;
};

constexpr std::array<Attribute, 9> attributes = {{
    {"id", &EventView::id},
    {"source", &EventView::source},
    {"type", &EventView::type},
    {"subject", &EventView::subject},
    {"time", &EventView::time},
    {"correlationid", &EventView::correlation},
    {"causationid", &EventView::causation},
    {"partitionkey", &EventView::partition_key},
    {"traceparent", &EventView::traceparent},
}};

// CloudEvents 1.0.2, "Attribute Naming Convention": lower-case letters and digits.
bool is_attribute_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char symbol) {
    return (symbol >= 'a' && symbol <= 'z') || (symbol >= '0' && symbol <= '9');
  });
}

Status read_attribute(std::string_view name, Cursor& cursor, EventView& view) {
  if (name == "data") {
    view.data = cursor.raw();
    return {};
  }
  if (!is_attribute_name(name)) {
    return fail(Code::invalid,
                "expected attribute names of a-z and 0-9, but " + shown(name) + " came");
  }
  const bool is_scalar = cursor.kind() != Kind::map && cursor.kind() != Kind::array;
  if (!is_scalar) {
    return fail(Code::invalid,
                "expected attribute " + shown(name) +
                    " to be a scalar, but it is a map or an array; put it into data");
  }
  if (cursor.kind() != Kind::text) {
    const bool must_be_text =
        name == "specversion" || std::any_of(attributes.begin(), attributes.end(),
                                             [&](const Attribute& a) { return a.name == name; });
    if (must_be_text)
      return fail(Code::invalid, "expected attribute " + shown(name) + " to be text");
    cursor.skip();
    return {};
  }
  const std::string_view value = cursor.text();
  if (value.size() > limits::attribute_bytes_max) {
    return fail(Code::invalid, "expected attribute " + shown(name) + " to have at most " +
                                   std::to_string(limits::attribute_bytes_max) +
                                   " bytes, but it has " + std::to_string(value.size()));
  }
  for (const Attribute& attribute : attributes) {
    if (attribute.name == name) view.*attribute.field = value;
  }
  if (name == "specversion" && value != "1.0") {
    return fail(Code::invalid, "expected specversion '1.0', but " + shown(value) + " came");
  }
  return {};
}

}  // namespace

Result<EventView> read_event(ByteView bytes) {
  if (bytes.size() > limits::event_bytes_max) {
    return fail(Code::invalid, "expected at most " + std::to_string(limits::event_bytes_max) +
                                   " bytes, but the event has " + std::to_string(bytes.size()) +
                                   "; put the body elsewhere and give its address in dataref");
  }
  if (Cursor(bytes).kind() != Kind::map) {
    return fail(Code::invalid, "expected an event as one msgpack map, but another kind came");
  }
  if (auto status = Gate(bytes).check(); !status) return tl::unexpected(status.error());

  EventView view;
  view.bytes = bytes;
  Cursor cursor(bytes);
  bool has_specversion = false;
  for (std::uint32_t pairs = cursor.map(); pairs > 0; --pairs) {
    const std::string_view name = cursor.text();
    has_specversion |= name == "specversion";
    if (auto status = read_attribute(name, cursor, view); !status) {
      return tl::unexpected(status.error());
    }
  }
  const std::array<std::pair<std::string_view, bool>, 4> required = {{
      {"specversion", has_specversion},
      {"id", !view.id.empty()},
      {"source", !view.source.empty()},
      {"type", !view.type.empty()},
  }};
  for (const auto& [name, is_given] : required) {
    if (!is_given) {
      return fail(Code::invalid,
                  "expected attribute '" + std::string(name) + "', but it is missing or empty");
    }
  }
  return view;
}

EventView trusted_event(ByteView bytes) {
  EventView view;
  view.bytes = bytes;
  Cursor cursor(bytes);
  for (std::uint32_t pairs = cursor.map(); pairs > 0 && cursor.ok(); --pairs) {
    const std::string_view name = cursor.text();
    if (name == "data") {
      view.data = cursor.raw();
      continue;
    }
    const auto* found = std::find_if(attributes.begin(), attributes.end(),
                                     [&](const Attribute& a) { return a.name == name; });
    if (found != attributes.end() && cursor.kind() == Kind::text) {
      view.*found->field = cursor.text();
    } else {
      cursor.skip();
    }
  }
  return view;
}

Bytes build_event(const EventParts& parts) {
  const std::array<std::pair<std::string_view, std::string_view>, 8> fields = {{
      {"id", parts.id},
      {"source", parts.source},
      {"type", parts.type},
      {"subject", parts.subject},
      {"time", parts.time},
      {"correlationid", parts.correlation},
      {"causationid", parts.causation},
      {"traceparent", parts.traceparent},
  }};
  const auto given = std::count_if(fields.begin(), fields.end(),
                                   [](const auto& field) { return !field.second.empty(); });
  Bytes out;
  out.reserve(parts.data.size() + 256);
  Packer packer(out);
  packer.map(static_cast<std::uint32_t>(1 + given + (parts.data.empty() ? 0 : 1)));
  packer.text("specversion").text("1.0");
  for (const auto& [name, value] : fields) {
    if (!value.empty()) packer.text(name).text(value);
  }
  if (!parts.data.empty()) packer.text("data").raw(parts.data);
  return out;
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  while (at < end) {
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const int follow = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
    if (*at < 0xc2 || *at > 0xf4 || end - at <= follow) return false;
    // The second byte bounds the code point: no overlong forms, no surrogates, nothing above
    // U+10FFFF (RFC 3629, 4).
    const unsigned char low = *at == 0xe0 ? 0xa0 : *at == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = *at == 0xed ? 0x9f : *at == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high) return false;
    for (int index = 2; index <= follow; ++index) {
      if ((at[index] & 0xc0) != 0x80) return false;
    }
    at += follow + 1;
  }
  return true;
}

}  // namespace perennial::event
