// The keys of accepted events: an open-addressing table of 16-byte fingerprints.
//
// Thread:  the partition's thread only.
// Limits:  16 bytes a slot; grows at 85 % load, so between 19 and 38 bytes a key.
#pragma once

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
  [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof(Fingerprint); }

 private:
  [[nodiscard]] std::size_t slot_of(const Fingerprint& key) const;
  void grow();

  std::vector<Fingerprint> slots_;  // a power of two; not set = free
  std::size_t used_ = 0;
};

}  // namespace perennial::state
