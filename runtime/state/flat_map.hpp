// A hash map in one array: open addressing, linear probing, no tombstones.
//
// Place:   the large tables of state/state, where a node for each row costs more than the row.
// Limits:  grows at half load and never shrinks. A default-made key means "free" and can't be used.
//          References stand until the next change.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace perennial::state {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class FlatMap {
 public:
  struct Slot {
    Key key{};
    Value value{};
  };

  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  [[nodiscard]] static bool is_free(const Slot& slot) { return slot.key == Key{}; }

  [[nodiscard]] const Value* find(const Key& key) const {
    if (used_ == 0) return nullptr;
    const Slot& slot = slots_[slot_of(key)];
    return is_free(slot) ? nullptr : &slot.value;
  }
  [[nodiscard]] Value* find(const Key& key) {
    return const_cast<Value*>(std::as_const(*this).find(key));
  }
  // Makes the value when there is none.
  Value& operator[](const Key& key) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(key)];
    if (is_free(slot)) {
      slot.key = key;
      ++used_;
    }
    return slot.value;
  }
  void erase(const Key& key) {
    if (used_ == 0) return;
    std::size_t hole = slot_of(key);
    if (is_free(slots_[hole])) return;
    // Whatever would not be found any more behind the hole moves into it.
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; !is_free(slots_[at]); at = (at + 1) & mask) {
      const std::size_t home = Hash{}(slots_[at].key) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots_[hole] = std::move(slots_[at]);
      hole = at;
    }
    slots_[hole] = Slot{};
    --used_;
  }

 private:
  [[nodiscard]] std::size_t slot_of(const Key& key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = Hash{}(key)&mask;
    while (!is_free(slots_[slot]) && !(slots_[slot].key == key)) slot = (slot + 1) & mask;
    return slot;
  }
  void grow() {
    constexpr std::size_t slots_min = 64;
    std::vector<Slot> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? slots_min : 2 * old.size());
    for (Slot& slot : old) {
      if (!is_free(slot)) slots_[slot_of(slot.key)] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t used_ = 0;
};

}  // namespace perennial::state
