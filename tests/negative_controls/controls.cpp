// The product with one defect, named by PERENNIAL_NEGATIVE_CONTROL: dedupe, lookup or commit.
#include "runtime/pipeline/controls.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace perennial::pipeline {

const Controls& controls() {
  static const Controls chosen = [] {
    const char* name = std::getenv("PERENNIAL_NEGATIVE_CONTROL");
    const std::string defect = name == nullptr ? "" : name;
    Controls controls;
    controls.skips_dedupe = defect == "dedupe";
    controls.skips_lookup = defect == "lookup";
    controls.releases_before_commit = defect == "commit";
    if (!controls.skips_dedupe && !controls.skips_lookup && !controls.releases_before_commit) {
      std::fprintf(stderr, "expected PERENNIAL_NEGATIVE_CONTROL to be dedupe, lookup or commit\n");
      std::exit(2);
    }
    return controls;
  }();
  return chosen;
}

}  // namespace perennial::pipeline
