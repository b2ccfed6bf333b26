// The keys of accepted events: open-addressing tables of 16-byte fingerprints.
//
// Thread:  the partition's thread only.
// Limits:  16 bytes a slot, 0.81 to 0.89 of the slots in use: at most 20 bytes a key beyond the
//          first thousands. Many small tables instead of a large one, so that growing is a short
//          pause and never needs twice the memory.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "runtime/base/ids.hpp"

namespace perennial::state {

class SeenKeys {
 public:
  // False when it was there already.
  bool insert(const Fingerprint& key);
  [[nodiscard]] bool contains(const Fingerprint& key) const;
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Table {
    std::vector<Fingerprint> slots;  // not set = free
    std::size_t used = 0;
  };
  static constexpr unsigned table_bits = 6;

  [[nodiscard]] static std::size_t table_of(const Fingerprint& key) {
    return key.high >> (64 - table_bits);
  }
  [[nodiscard]] static std::size_t slot_of(const std::vector<Fingerprint>& slots,
                                           const Fingerprint& key);
  static void grow(Table& table);

  std::array<Table, std::size_t{1} << table_bits> tables_;
  std::size_t used_ = 0;
};

}  // namespace perennial::state
