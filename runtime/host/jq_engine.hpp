// Runs the mapping program of a connector: one compiled jq 1.6 state.
//
// Place:   one for each thread that maps; map_check compiles filters for lint.
// Thread:  one thread at a time; halt() from any thread.
// Errors:  a compile error names file and line of the mapping; a run's error is what the map said.
//          A run that is halted gives Code::exhausted.
// Limits:  outputs and their bytes are bounded by the caller; time by halt() from a watchdog. jq
//          looks at it between any two steps; a single step (one regular expression, one huge text)
//          is not interrupted, and only a child process bounds that.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/jq_program.hpp"
#include "runtime/host/jq_scan.hpp"

namespace perennial::host {

// libjq 1.6 reads $HOME/.jq into every program, where a definition would silently replace a
// builtin. Removes HOME from the environment. Call it first in main, before any thread starts;
// without it a compile is refused on a machine where such a file exists.
void hide_home_from_jq();

struct RunBounds {
  std::size_t outputs_max = 1024;
  std::size_t bytes_max = std::size_t{4} * 1024 * 1024;
};

class JqEngine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<JqEngine>> compile(const JqProgram& program);
  ~JqEngine();
  JqEngine(const JqEngine&) = delete;
  JqEngine& operator=(const JqEngine&) = delete;

  // All outputs of `map` for one msgpack value, as msgpack.
  [[nodiscard]] Result<std::vector<Bytes>> run(std::string_view map, ByteView input,
                                               const RunBounds& bounds);
  // Ends a run that is under way. [any]
  void halt();

  [[nodiscard]] const std::string& revision() const { return revision_; }

 private:
  struct State;
  JqEngine(std::unique_ptr<State> state, std::string revision);
  std::unique_ptr<State> state_;
  std::string revision_;
};

// Checks filters of a configuration without running them.
class MapCheck {
 public:
  // The first thing that is wrong with `filter`, which may use the prelude and $vars.
  [[nodiscard]] static std::optional<FilterError> check(std::string_view filter);
};

}  // namespace perennial::host
