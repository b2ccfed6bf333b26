// Defects on purpose. All off in the product; a test program links its own definition, and the
// checkers that watch a run must notice each of them.
#pragma once

namespace perennial::pipeline {

struct Controls {
  bool skips_dedupe = false;            // every event counts as new
  bool skips_lookup = false;            // a doubtful attempt counts as not applied
  bool releases_before_commit = false;  // outputs leave before their records are durable
};

[[nodiscard]] const Controls& controls();

}  // namespace perennial::pipeline
