#include "runtime/event/event.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
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

const Attribute* attribute_of(std::string_view name) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

// CloudEvents 1.0.2, "Attribute Naming Convention": lower-case letters and digits.
bool is_attribute_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char symbol) {
    return (symbol >= 'a' && symbol <= 'z') || (symbol >= '0' && symbol <= '9');
  });
}

struct Key {
  const char* at;
  std::uint32_t size;
  std::uint32_t mark;  // of its length and first bytes: tells most keys apart at once
};

Key key_of(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  Key key{text.data(), size, size};
  for (std::size_t index = 0; index < std::min<std::size_t>(text.size(), 3); ++index) {
    key.mark = key.mark << 8 | static_cast<std::uint8_t>(text[index]);
  }
  return key;
}

// The keys of all open maps. A linear search is faster than a set at the sizes of business
// documents, and event_elements_max bounds it; the first ones cost no allocation.
class KeyStack {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool has(const Key& key, std::size_t from) const {
    for (std::size_t index = from; index < size_; ++index) {
      const Key& known = index < few_.size() ? few_[index] : more_[index - few_.size()];
      if (known.mark == key.mark &&
          std::string_view(known.at, known.size) == std::string_view(key.at, key.size)) {
        return true;
      }
    }
    return false;
  }
  void push(const Key& key) {
    if (size_ < few_.size()) {
      few_[size_] = key;
    } else {
      more_.push_back(key);
    }
    ++size_;
  }
  void shrink(std::size_t size) {
    size_ = size;
    more_.resize(size > few_.size() ? size - few_.size() : 0);
  }

 private:
  std::size_t size_ = 0;
  std::array<Key, 64> few_;  // not initialised: only the first size_ are looked at
  std::vector<Key> more_;
};

// Walks every value once, and takes the attributes along on the way. Answers are plain truths and
// the reason stands aside: this runs for each event, and the reason is needed for few. Recursion is
// bounded by event_depth_max, so hostile nesting costs a refusal, not a stack.
class Gate {
 public:
  Gate(ByteView bytes, EventView& view) : cursor_(bytes), view_(view) {}

  bool pass() {
    if (!value(0)) return false;
    if (!cursor_.at_end()) return refuse_whole("expected one msgpack map, but bytes follow it");
    return has_required();
  }

  [[nodiscard]] std::string reason() const {
    if (is_of_whole_) return reason_;
    std::string pointer;
    for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
      pointer.append("/").append(*part);
    }
    return reason_ + " at " + (pointer.empty() ? "the top" : pointer);
  }

 private:
  // The caller adds where, on the way up.
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  // Not about a place in the event.
  bool refuse_whole(std::string reason) {
    is_of_whole_ = true;
    return refuse(std::move(reason));
  }

  bool value(std::size_t depth) {
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
        return text(cursor_.text());
      case Kind::integer:
        return integer();
      case Kind::real:
        return real();
      case Kind::nil:
      case Kind::boolean:
        cursor_.skip();
        return true;
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

  bool text(std::string_view value) {
    if (!cursor_.ok()) return refuse("expected complete msgpack, but a text is cut off");
    if (!is_utf8(value)) return refuse("expected UTF-8 text, but invalid bytes came");
    return true;
  }

  bool integer() {
    const std::int64_t value = cursor_.integer();
    if (!cursor_.ok()) return refuse("expected complete msgpack, but an integer is cut off");
    if (value > limits::integer_max || value < -limits::integer_max) {
      return refuse("expected integers within +-(2^53-1), but " + std::to_string(value) + " came");
    }
    return true;
  }

  bool real() {
    const double value = cursor_.real();
    if (!cursor_.ok()) return refuse("expected complete msgpack, but a number is cut off");
    if (!std::isfinite(value)) return refuse("expected finite numbers, but NaN or infinity came");
    return true;
  }

  bool nested(std::size_t depth, std::string_view part) {
    if (depth >= limits::event_depth_max) {
      return refuse("expected at most " + std::to_string(limits::event_depth_max) +
                    " levels, but it nests deeper");
    }
    if (value(depth + 1)) return true;
    path_.push_back(part);
    return false;
  }

  bool array(std::size_t depth) {
    for (std::uint32_t left = cursor_.array(); left > 0; --left) {
      if (!nested(depth, "-")) return false;
    }
    return true;
  }

  bool map(std::size_t depth) {
    const std::size_t first_key = keys_.size();
    for (std::uint32_t left = cursor_.map(); left > 0; --left) {
      if (cursor_.kind() != Kind::text) {
        return refuse(cursor_.kind() == Kind::none
                          ? "expected complete msgpack, but a map is cut off"
                          : "expected text keys, but another kind came");
      }
      const std::string_view key = cursor_.text();
      if (!text(key) || !is_first(key, first_key)) return false;
      if (depth == 0 ? !entry(key) : !nested(depth, key)) return false;
    }
    keys_.shrink(first_key);
    return true;
  }

  bool is_first(std::string_view text, std::size_t first_key) {
    const Key key = key_of(text);
    if (keys_.has(key, first_key)) {
      return refuse("expected each key once, but " + shown(text) + " comes twice");
    }
    keys_.push(key);
    return true;
  }

  // One attribute of the event, or its data.
  bool entry(std::string_view name) {
    const char* begin = cursor_.position();
    const Kind kind = cursor_.kind();
    if (!nested(0, name)) return false;
    const ByteView bytes(begin, static_cast<std::size_t>(cursor_.position() - begin));
    if (name == "data") {
      view_.data = bytes;
      return true;
    }
    const Attribute* known = attribute_of(name);
    if (known == nullptr && !is_attribute_name(name)) {
      return refuse_whole("expected attribute names of a-z and 0-9, but " + shown(name) + " came");
    }
    if (kind == Kind::map || kind == Kind::array) {
      return refuse_whole("expected attribute " + shown(name) +
                          " to be a scalar, but it is a map or an array; put it into data");
    }
    const bool is_version = name == "specversion";
    if (kind != Kind::text) {
      if (known == nullptr && !is_version) return true;
      return refuse_whole("expected attribute " + shown(name) + " to be text");
    }
    return attribute(name, Cursor(bytes).text(), known, is_version);
  }

  bool attribute(std::string_view name, std::string_view value, const Attribute* known,
                 bool is_version) {
    if (value.size() > limits::attribute_bytes_max) {
      return refuse_whole("expected attribute " + shown(name) + " to have at most " +
                          std::to_string(limits::attribute_bytes_max) + " bytes, but it has " +
                          std::to_string(value.size()));
    }
    if (known != nullptr) view_.*known->field = value;
    if (!is_version) return true;
    has_specversion_ = true;
    if (value == "1.0") return true;
    return refuse_whole("expected specversion '1.0', but " + shown(value) + " came");
  }

  bool has_required() {
    const std::array<std::pair<std::string_view, bool>, 4> required = {{
        {"specversion", has_specversion_},
        {"id", !view_.id.empty()},
        {"source", !view_.source.empty()},
        {"type", !view_.type.empty()},
    }};
    for (const auto& [name, is_given] : required) {
      if (is_given) continue;
      return refuse_whole("expected attribute '" + std::string(name) +
                          "', but it is missing or empty");
    }
    return true;
  }

  Cursor cursor_;
  EventView& view_;
  std::size_t elements_ = 0;
  bool has_specversion_ = false;
  KeyStack keys_;
  std::string reason_;
  std::vector<std::string_view> path_;  // of the refused value, innermost first
  bool is_of_whole_ = false;
};

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
  EventView view;
  view.bytes = bytes;
  Gate gate(bytes, view);
  if (!gate.pass()) return fail(Code::invalid, gate.reason());
  return view;
}

EventView trusted_event(ByteView bytes) {
  EventView view;
  view.bytes = bytes;
  Cursor cursor(bytes);
  for (std::uint32_t pairs = cursor.map(); pairs > 0 && cursor.ok(); --pairs) {
    const std::string_view name = cursor.text();
    if (name == "data") {
      // Nothing follows the last value, so its end need not be looked for.
      view.data = pairs == 1 ? cursor.rest() : cursor.raw();
      if (pairs == 1) break;
      continue;
    }
    const Attribute* found = attribute_of(name);
    if (found != nullptr && cursor.kind() == Kind::text) {
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

namespace {

// Whether all bytes are below 0x80; most text is plain and short.
bool is_ascii(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0;
  std::uint64_t all = 0;
  for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
    std::memcpy(&word, at, sizeof word);
    all |= word;
  }
  if (left >= sizeof(std::uint32_t)) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, at, sizeof first);
    std::memcpy(&last, at + left - sizeof last, sizeof last);  // the two may overlap
    all |= first | last;
  } else {
    for (; left > 0; --left, ++at) all |= static_cast<std::uint8_t>(*at);
  }
  return (all & high_bits) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
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
