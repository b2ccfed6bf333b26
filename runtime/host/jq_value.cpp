#include "runtime/host/jq_value.hpp"

#include <cmath>
#include <limits>

#include "runtime/base/limits.hpp"
#include "runtime/event/cursor.hpp"
#include "runtime/event/event.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::host {
namespace {

using event::Cursor;
using event::Kind;

class ToJq {
 public:
  explicit ToJq(ByteView bytes) : cursor_(bytes) {}

  Result<JqValue> run() {
    JqValue value = one(0);
    if (!cursor_.ok() || (reason_.empty() && !value.is_valid())) {
      return fail(Code::invalid, "expected complete msgpack, but it is cut off or malformed");
    }
    if (!reason_.empty()) return fail(Code::invalid, reason_);
    if (!cursor_.at_end()) {
      return fail(Code::invalid, "expected one msgpack value, but bytes follow it");
    }
    return value;
  }

 private:
  JqValue refuse(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
    return JqValue();
  }

  JqValue one(std::size_t depth) {
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
        return JqValue(jv_number(cursor_.real()));
      case Kind::boolean:
        return JqValue(jv_bool(cursor_.boolean() ? 1 : 0));
      case Kind::nil:
        cursor_.skip();
        return JqValue(jv_null());
      case Kind::unsigned_integer:
        return refuse(
            "expected integers within +-(2^53-1), but a larger one came; give it as text");
      case Kind::binary:
        return refuse("expected JSON-like values, but binary came");
      case Kind::extension:
        return refuse("expected JSON-like values, but a msgpack extension type came");
      case Kind::none:
        break;
    }
    cursor_.fail();
    return JqValue();
  }

  JqValue text() {
    const std::string_view value = cursor_.text();
    if (!event::is_utf8(value)) return refuse("expected UTF-8 text, but invalid bytes came");
    return JqValue(jv_string_sized(value.data(), static_cast<int>(value.size())));
  }

  JqValue integer() {
    const std::int64_t value = cursor_.integer();
    if (value > limits::integer_max || value < -limits::integer_max) {
      return refuse("expected integers within +-(2^53-1), but " + std::to_string(value) +
                    " came; give it as text");
    }
    return JqValue(jv_number(static_cast<double>(value)));
  }

  JqValue array(std::size_t depth) {
    if (depth >= jq_depth_max) return refuse(too_deep());
    const std::uint32_t count = cursor_.array();
    jv all = jv_array();
    for (std::uint32_t index = 0; index < count; ++index) {
      JqValue value = one(depth + 1);
      if (!value.is_valid()) {
        jv_free(all);
        return JqValue();
      }
      all = jv_array_append(all, value.release());
    }
    return JqValue(all);
  }

  JqValue map(std::size_t depth) {
    if (depth >= jq_depth_max) return refuse(too_deep());
    const std::uint32_t count = cursor_.map();
    JqValue all(jv_object());
    for (std::uint32_t index = 0; index < count; ++index) {
      if (cursor_.kind() != Kind::text) {
        if (cursor_.kind() != Kind::none)
          return refuse("expected text keys, but another kind came");
        cursor_.fail();
        return JqValue();
      }
      JqValue key = text();
      if (!key.is_valid()) return JqValue();
      JqValue value = one(depth + 1);
      if (!value.is_valid()) return JqValue();
      all = JqValue(jv_object_set(all.release(), key.release(), value.release()));
    }
    return all;
  }

  static std::string too_deep() {
    return "expected at most " + std::to_string(jq_depth_max) + " levels, but it nests deeper";
  }

  Cursor cursor_;
  std::string reason_;
};

Status write(const jv& value, std::size_t depth, event::Packer& packer);

Status write_number(double number, event::Packer& packer) {
  if (!std::isfinite(number)) {
    return fail(Code::invalid, "expected finite numbers, but the map made NaN or infinity");
  }
  const bool is_integer =
      std::floor(number) == number && std::fabs(number) <= static_cast<double>(limits::integer_max);
  if (is_integer) {
    packer.integer(static_cast<std::int64_t>(number));
  } else {
    packer.real(number);
  }
  return {};
}

Status write_array(const jv& value, std::size_t depth, event::Packer& packer) {
  const int count = jv_array_length(jv_copy(value));
  packer.array(static_cast<std::uint32_t>(count));
  for (int index = 0; index < count; ++index) {
    const JqValue element(jv_array_get(jv_copy(value), index));
    if (auto status = write(element.get(), depth + 1, packer); !status) return status;
  }
  return {};
}

Status write_object(const jv& value, std::size_t depth, event::Packer& packer) {
  packer.map(static_cast<std::uint32_t>(jv_object_length(jv_copy(value))));
  for (int at = jv_object_iter(value); jv_object_iter_valid(value, at) != 0;
       at = jv_object_iter_next(value, at)) {
    const JqValue key(jv_object_iter_key(value, at));
    packer.text(
        {jv_string_value(key.get()), static_cast<std::size_t>(jv_string_length_bytes(key.copy()))});
    const JqValue element(jv_object_iter_value(value, at));
    if (auto status = write(element.get(), depth + 1, packer); !status) return status;
  }
  return {};
}

Status write(const jv& value, std::size_t depth, event::Packer& packer) {
  if (depth > jq_depth_max) {
    return fail(Code::invalid, "expected at most " + std::to_string(jq_depth_max) +
                                   " levels, but the map made more");
  }
  switch (jv_get_kind(value)) {
    case JV_KIND_NULL:
      packer.nil();
      return {};
    case JV_KIND_FALSE:
    case JV_KIND_TRUE:
      packer.boolean(jv_get_kind(value) == JV_KIND_TRUE);
      return {};
    case JV_KIND_NUMBER:
      return write_number(jv_number_value(value), packer);
    case JV_KIND_STRING:
      packer.text({jv_string_value(value),
                   static_cast<std::size_t>(jv_string_length_bytes(jv_copy(value)))});
      return {};
    case JV_KIND_ARRAY:
      return write_array(value, depth, packer);
    case JV_KIND_OBJECT:
      return write_object(value, depth, packer);
    case JV_KIND_INVALID:
      break;
  }
  return fail(Code::defect, "expected a value of jq, but an invalid one came");
}

}  // namespace

Result<JqValue> to_jq(ByteView msgpack) {
  return ToJq(msgpack).run();
}

Status from_jq(const jv& value, Bytes& out) {
  event::Packer packer(out);
  return write(value, 0, packer);
}

std::string to_shown(jv value) {
  const JqValue text(jv_get_kind(value) == JV_KIND_STRING ? value : jv_dump_string(value, 0));
  return {jv_string_value(text.get()),
          static_cast<std::size_t>(jv_string_length_bytes(text.copy()))};
}

}  // namespace perennial::host
