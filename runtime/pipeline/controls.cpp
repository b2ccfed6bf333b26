#include "runtime/pipeline/controls.hpp"

namespace perennial::pipeline {

const Controls& controls() {
  static const Controls off;
  return off;
}

}  // namespace perennial::pipeline
