// A running simulated estate and the four connectors before it, for tests that need real HTTP.
//
// Owns:    the sandbox process, ended by the destructor.
// Errors:  std::runtime_error when the sandbox does not start.
#ifndef PERENNIAL_TESTS_PLUGINS_ESTATE_ESTATE_HPP
#define PERENNIAL_TESTS_PLUGINS_ESTATE_ESTATE_HPP

#include <sys/types.h>

#include <vector>

#include "plugins/common/curl_transport.hpp"
#include "tests/plugins/support/jq_map.hpp"
#include "tests/plugins/support/plugin_library.hpp"
#include "tests/plugins/support/replies.hpp"

namespace perennial::tests {

class Sandbox {
 public:
  explicit Sandbox(const std::vector<std::string>& flags);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::string url(const std::string& system) const { return urls_.at(system); }
  Json control(const std::string& method, const std::string& path, const Json& body = nullptr);

 private:
  pid_t process_ = 0;
  Json urls_;
  plugins::common::CurlTransport transport_{plugins::common::CurlSettings{}};
};

// One connector with its maps, asked until it settles, as the runtime would.
class Driver {
 public:
  Driver(const std::string& id, const Json& config, std::map<std::string, std::string> secrets,
         Json vars);

  struct Effect {
    sdk::OutcomeKind kind = sdk::OutcomeKind::unknown;
    std::string why;
    std::vector<Json> events;
    int attempts = 0;
    int lookups = 0;
  };
  // Maps, executes, repeats what may be repeated, looks up what is unknown, maps the result.
  Effect perform(const std::string& operation, const Json& event, const std::string& key);

  // Polls until nothing comes; gives the mapped events.
  std::vector<Json> poll(const std::string& source);

  LoadedPlugin& plugin() { return plugin_; }
  std::map<std::string, int>& counts() { return counts_; }

 private:
  void attempt(const std::string& operation, const std::string& key, const Json& payload,
               std::uint32_t number, Effect& effect, Settled& settled);

  std::string id_;
  LoadedPlugin plugin_;
  JqMaps maps_;
  Json manifest_;
  Json vars_;
  std::map<std::string, std::string> cursors_;
  std::map<std::string, int> counts_;  // by outcome code, for the report
};

}  // namespace perennial::tests

#endif
