#include "sandbox/base/ledger.hpp"

namespace perennial::sandbox {

void Ledger::record(Effect effect) {
  const std::uint64_t seq = rows_.size() + 1;
  rows_.push_back(LedgerRow{seq, clock_.wall(), std::move(effect)});
}

}  // namespace perennial::sandbox
