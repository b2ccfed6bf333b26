// Writes one fact as a record, for callers that know its type: no variant in between.
//
// Place:   pipeline/partition for each decision; state/records for facts of any type.
// Format:  as of state/records.hpp.
#pragma once

#include <type_traits>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/state/record_types.hpp"

namespace perennial::state {

namespace writing {

struct Counter {
  std::uint32_t count = 0;
  template <typename Field>
  Counter& operator()(const Field& /*field*/) {
    ++count;
    return *this;
  }
};

struct Writer {
  event::Packer& packer;
  template <typename Field>
  Writer& operator()(const Field& field) {
    if constexpr (std::is_same_v<Field, Fingerprint>) {
      packer.fingerprint(field);
    } else if constexpr (std::is_same_v<Field, std::string_view>) {
      packer.binary(field);
    } else if constexpr (std::is_same_v<Field, bool>) {
      packer.boolean(field);
    } else if constexpr (std::is_enum_v<Field>) {
      packer.unsigned_integer(static_cast<std::uint64_t>(field));
    } else if constexpr (std::is_signed_v<Field>) {
      packer.integer(field);
    } else {
      packer.unsigned_integer(field);
    }
    return *this;
  }
};

}  // namespace writing

template <typename Fact>
void encode(TimeMs time, const Fact& fact, Bytes& out) {
  // fields() is one list for reading and writing; writing does not change what it visits.
  auto& fields = const_cast<Fact&>(fact);
  writing::Counter counter;
  fields.fields(counter);
  event::Packer packer(out);
  packer.array(2 + counter.count);
  packer.unsigned_integer(Fact::type).integer(time);
  writing::Writer writer{packer};
  fields.fields(writer);
}

}  // namespace perennial::state
