// Turns what a source or webhook gave into complete events, split by partition, or into refusals.
//
// Place:   source_worker and control_worker.
// Errors:  a record that makes no event becomes a refusal with its body; nothing is dropped.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runtime/host/host_shared.hpp"
#include "runtime/host/mapper.hpp"

namespace perennial::host {

// Takes the records over. `source` names the manifest's source whose map and event source apply.
[[nodiscard]] std::shared_ptr<Round> make_round(HostShared& shared, Mapper& mapper,
                                                const SourceManifest& source, RecordBatch records,
                                                const std::vector<OversizeRecord>& oversize);

}  // namespace perennial::host
