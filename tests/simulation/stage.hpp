// Where a simulated world takes hold of the threads of the runtime.
//
// Place:   service_double.cpp defines what pipeline/service_thread.cpp and pipeline/committer.cpp
//          define in the product, without threads, and tells the stage of the calling thread.
#pragma once

#include <functional>

#include "runtime/pipeline/committer.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::simulation {

class Stage {
 public:
  virtual ~Stage() = default;
  // A service is open; `turn` is what its thread would do again and again.
  virtual void on_started(std::function<Status()> turn, const pipeline::Partition& partition,
                          const pipeline::Effects& effects) = 0;
  // A committer of the service that is being opened.
  virtual void on_committer(const pipeline::Committer* committer,
                            std::function<void()> retry_reserve) = 0;
  // `write` writes and syncs the batch; to be called once, later, or never.
  virtual void on_submitted(const pipeline::Committer* committer,
                            const store::RecordBuffer& records,
                            std::function<Position()> write) = 0;
};

// That of this thread.
[[nodiscard]] Stage*& stage();

}  // namespace perennial::simulation
