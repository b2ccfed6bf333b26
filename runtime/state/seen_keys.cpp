#include "runtime/state/seen_keys.hpp"

namespace perennial::state {
namespace {

constexpr std::size_t slots_min = 1024;

}  // namespace

// The fingerprint is uniform already, so its low half is the hash; probing is linear for the
// cache's sake.
std::size_t SeenKeys::slot_of(const Fingerprint& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = key.low & mask;
  while (slots_[slot].is_set() && slots_[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

bool SeenKeys::contains(const Fingerprint& key) const {
  return !slots_.empty() && slots_[slot_of(key)].is_set();
}

bool SeenKeys::insert(const Fingerprint& key) {
  if ((used_ + 1) * 20 > slots_.size() * 17) grow();
  Fingerprint& slot = slots_[slot_of(key)];
  if (slot.is_set()) return false;
  slot = key;
  ++used_;
  return true;
}

void SeenKeys::grow() {
  std::vector<Fingerprint> old = std::move(slots_);
  slots_.assign(old.empty() ? slots_min : old.size() * 2, Fingerprint{});
  for (const Fingerprint& key : old) {
    if (key.is_set()) slots_[slot_of(key)] = key;
  }
}

}  // namespace perennial::state
