#include "runtime/state/seen_keys.hpp"

#include <utility>

namespace perennial::state {
namespace {

constexpr std::size_t slots_min = 16;
// In hundredths. Linear probing looks at some 40 neighbours at this load, most of them in lines
// that the processor fetches ahead.
constexpr std::size_t load_max = 89;

__extension__ using Wide = unsigned __int128;

}  // namespace

// The fingerprint is uniform already. Its low half is scaled to the number of slots, which may then
// be any, and keys keep their order when a table grows: both sides are walked from end to end.
std::size_t SeenKeys::slot_of(const std::vector<Fingerprint>& slots, const Fingerprint& key) {
  auto slot = static_cast<std::size_t>((static_cast<Wide>(key.low) * slots.size()) >> 64);
  while (slots[slot].is_set() && slots[slot] != key) {
    if (++slot == slots.size()) slot = 0;
  }
  return slot;
}

bool SeenKeys::contains(const Fingerprint& key) const {
  const auto& slots = tables_[table_of(key)].slots;
  return !slots.empty() && slots[slot_of(slots, key)].is_set();
}

bool SeenKeys::insert(const Fingerprint& key) {
  Table& table = tables_[table_of(key)];
  if ((table.used + 1) * 100 > table.slots.size() * load_max) grow(table);
  Fingerprint& slot = table.slots[slot_of(table.slots, key)];
  if (slot.is_set()) return false;
  slot = key;
  ++table.used;
  ++used_;
  return true;
}

// By a tenth: more would leave memory unused, less would move keys too often. Small tables double.
void SeenKeys::grow(Table& table) {
  constexpr std::size_t small = 256;
  const std::size_t slots = table.slots.size();
  const std::size_t more = slots < small ? slots + slots_min : slots / 10;
  const std::vector<Fingerprint> old = std::exchange(table.slots, {});
  table.slots.resize(slots + more);
  for (const Fingerprint& key : old) {
    if (key.is_set()) table.slots[slot_of(table.slots, key)] = key;
  }
}

std::size_t SeenKeys::bytes() const {
  std::size_t bytes = sizeof tables_;
  for (const Table& table : tables_) bytes += table.slots.capacity() * sizeof(Fingerprint);
  return bytes;
}

}  // namespace perennial::state
