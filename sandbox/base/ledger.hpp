// Every effect a system accepted, in order, written down before any deduplication of its own.
//
// Thread:  guarded by the estate's mutex.
// Format:  sandbox/README.md, GET /ledger.
#pragma once

#include <string>
#include <vector>

#include "sandbox/base/clock.hpp"
#include "sandbox/base/json.hpp"

namespace perennial::sandbox {

struct Effect {
  std::string system;
  std::string kind;
  std::string renewal;  // empty when the call names none that the sandbox can trace
  std::string key;      // what the caller gave as its key: header, reference or target state
  std::string id;       // the record that was created or changed
  Json detail = Json::object();
};

struct LedgerRow {
  std::uint64_t seq = 0;
  Instant at;
  Effect effect;
};

class Ledger {
 public:
  explicit Ledger(const Clock& clock) : clock_(clock) {}

  void record(Effect effect);
  const std::vector<LedgerRow>& rows() const { return rows_; }

 private:
  const Clock& clock_;
  std::vector<LedgerRow> rows_;
};

}  // namespace perennial::sandbox
