// Several sales orders released at once: one $batch that reads them, one that lifts their blocks.
//
// Thread:  any; a call keeps nothing.
// Errors:  each order has an outcome of its own; an exchange that failed has one for all.
// Format:  each order is a change set of its own, so that one refusal undoes no other release.
#ifndef PERENNIAL_PLUGINS_ERP_RELEASES_HPP
#define PERENNIAL_PLUGINS_ERP_RELEASES_HPP

#include <optional>

#include "plugins/common/deliveries.hpp"
#include "plugins/erp/batch.hpp"
#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

// What needs no change of `entity`: released already, held, or no order at all. Nothing when the
// block of `payload` is to be lifted.
std::optional<sdk::Outcome> without_change(const common::Json& entity, const common::Json& payload);

// The change that lifts the block, on exactly the version that was read.
BatchRequest lift_of(const std::string& entity, const std::string& order, const std::string& etag);

// The outcome of that change.
sdk::Outcome lifted(const common::HttpResponse& answer, const std::string& order);

class Releases {
 public:
  Releases(const Config& config, Session& session) : config_(config), session_(session) {}

  std::vector<sdk::Outcome> release(const std::vector<common::Json>& payloads,
                                    const common::Deadline& deadline, std::int64_t now_ms);

 private:
  common::Answer<BatchAnswers> exchange(const std::vector<BatchPart>& parts,
                                        const common::Deadline& deadline, std::int64_t now_ms);

  const Config& config_;
  Session& session_;
};

}  // namespace perennial::plugins::erp

#endif
