#include "runtime/state/records.hpp"

#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/event/cursor.hpp"
#include "runtime/state/record_writer.hpp"

namespace perennial::state {
namespace {

// Fields beyond those that an older record has keep their defaults.
struct Reader {
  event::Cursor& cursor;
  std::uint32_t left;
  template <typename Field>
  Reader& operator()(Field& field) {
    if (left == 0) return *this;
    --left;
    if constexpr (std::is_same_v<Field, Fingerprint>) {
      field = cursor.fingerprint();
    } else if constexpr (std::is_same_v<Field, std::string_view>) {
      field = cursor.binary();
    } else if constexpr (std::is_same_v<Field, bool>) {
      field = cursor.boolean();
    } else if constexpr (std::is_signed_v<Field>) {
      field = cursor.integer();
    } else {
      field = static_cast<Field>(cursor.unsigned_integer());
    }
    return *this;
  }
};

template <std::size_t... Index>
std::optional<Record> blank_of(std::uint64_t type, std::index_sequence<Index...> /*all*/) {
  std::optional<Record> found;
  ((std::variant_alternative_t<Index, Record>::type == type
        ? void(found = std::variant_alternative_t<Index, Record>{})
        : void()),
   ...);
  return found;
}

}  // namespace

void encode(const Stamped& stamped, Bytes& out) {
  std::visit([&](const auto& record) { encode(stamped.time, record, out); }, stamped.record);
}

Result<Stamped> decode(ByteView bytes) {
  event::Cursor cursor(bytes);
  const std::uint32_t elements = cursor.array();
  const std::uint64_t type = cursor.unsigned_integer();
  Stamped stamped;
  stamped.time = cursor.integer();
  if (!cursor.ok() || elements < 2) {
    return fail(Code::corrupted, "expected a record as an array of type, time and fields");
  }
  auto blank = blank_of(type, std::make_index_sequence<std::variant_size_v<Record>>());
  if (!blank) {
    return fail(Code::unsupported, "expected a record type that this build knows, but " +
                                       std::to_string(type) + " came: start the newer perennial");
  }
  stamped.record = *blank;
  std::uint32_t left = 0;
  std::visit(
      [&](auto& record) {
        Reader reader{cursor, elements - 2};
        record.fields(reader);
        left = reader.left;
      },
      stamped.record);
  if (!cursor.ok() || left > 0 || !cursor.at_end()) {
    return fail(Code::corrupted, "expected a whole " + std::string(name_of(stamped.record)) +
                                     " record, but its fields do not fit");
  }
  return stamped;
}

std::string_view name_of(const Record& record) {
  return std::visit([](const auto& one) { return std::decay_t<decltype(one)>::name; }, record);
}

}  // namespace perennial::state
