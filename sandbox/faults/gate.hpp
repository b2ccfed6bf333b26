// Stands before one system: lets a call through, or lets it fail the way the fault switches say.
//
// Thread:  handle may run on any number of threads; it locks the estate's mutex for the system.
// Owns:    nothing; the estate, the system and the faults must outlive it.
#pragma once

#include <memory>
#include <string>

#include "sandbox/base/estate.hpp"
#include "sandbox/base/system.hpp"
#include "sandbox/faults/faults.hpp"

namespace perennial::sandbox {

class Gate {
 public:
  Gate(Estate& estate, System& system, Faults& faults)
      : estate_(estate), system_(system), faults_(faults) {}

  Reply handle(const Request& request);

 private:
  // A call whose effect comes later than its answer would have.
  struct LateCall {
    std::shared_ptr<Request> request;
    std::string renewal;
    std::size_t rows_before = 0;  // the ledger's size when it was dropped
    std::chrono::milliseconds wait{0};
    SteadyTime latest;  // it lands by then even when it was never repeated
  };

  std::string renewal_of(const Request& request) const;
  Reply apply(const Request& request, const std::optional<Fault>& fault);
  Reply answer_late(const Request& request, const Fault& fault);
  void land_after_repeat(const LateCall& call);
  Reply execute(const Request& request, FaultKind kind, const Fault& fault);
  Response run(const Request& request, bool fails_some);
  Response refusal(Refusal refusal, const Request& request);

  Estate& estate_;
  System& system_;
  Faults& faults_;
};

}  // namespace perennial::sandbox
