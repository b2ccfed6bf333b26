// libjq's values as owned objects, and their way from and to msgpack without JSON text between.
//
// Place:   jq_program and jq_engine; no other file sees libjq.
// Errors:  what jq can't hold exactly is refused: integers beyond +-(2^53-1), binary, extension
//          types, invalid UTF-8, non-finite numbers.
// Limits:  jq_depth_max levels.
#pragma once

extern "C" {
#include <jq.h>
#include <jv.h>
}

#include <cstddef>
#include <utility>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::host {

// Above limits::event_depth_max, because vendor records nest deeper than canonical events, and far
// below what the stack holds.
inline constexpr std::size_t jq_depth_max = 64;

// Owns one reference of a jv.
class JqValue {
 public:
  JqValue() : value_(jv_invalid()) {}
  explicit JqValue(jv value) : value_(value) {}
  ~JqValue() { jv_free(value_); }
  JqValue(JqValue&& other) noexcept : value_(std::exchange(other.value_, jv_invalid())) {}
  JqValue& operator=(JqValue&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  JqValue(const JqValue&) = delete;
  JqValue& operator=(const JqValue&) = delete;

  // A borrowed look, a further reference, and giving the reference up.
  [[nodiscard]] const jv& get() const { return value_; }
  [[nodiscard]] jv copy() const { return jv_copy(value_); }
  [[nodiscard]] jv release() { return std::exchange(value_, jv_invalid()); }
  [[nodiscard]] bool is_valid() const { return jv_get_kind(value_) != JV_KIND_INVALID; }

 private:
  jv value_;
};

[[nodiscard]] Result<JqValue> to_jq(ByteView msgpack);
// Appends to `out`.
[[nodiscard]] Status from_jq(const jv& value, Bytes& out);
// Text of a text, JSON of anything else.
[[nodiscard]] std::string to_shown(jv value);

}  // namespace perennial::host
