// The systems on the other side of the connectors. They keep what was done to them, and judge it.
//
// Place:   called by simulated hosts when a call reaches them; asked by the checks at the end.
// Rule:    knows events by what stands in them, never by what the runtime says about them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/pipeline/outcome.hpp"
#include "tests/simulation/estate.hpp"

namespace perennial::simulation {

struct RemoteCall {
  std::string connector;
  std::string operation;
  std::string key;
  std::string correlation;
  std::string event;  // id
  TimeMs begun = 0;
};

struct RemoteAnswer {
  std::uint32_t kind = 0;
  std::string token;
};

class Remote {
 public:
  Remote(Clockwork& clock, const Estate& estate);

  // The call reached the system: what it says.
  RemoteAnswer execute(const RemoteCall& call, bool may_be_pending);
  [[nodiscard]] RemoteAnswer lookup(const RemoteCall& call) const;
  [[nodiscard]] RemoteAnswer poll(const std::string& token) const;
  // Tokens whose work is done since the last call: what webhooks would tell.
  [[nodiscard]] std::vector<std::string> take_finished();

  // Refuses the event for good until forgive() is called.
  void refuse(const RemoteCall& call);
  // It did something under this key, or works on it.
  [[nodiscard]] bool knows(const RemoteCall& call) const;
  void forgive() { refused_.clear(); }
  [[nodiscard]] bool refuses(const RemoteCall& call) const {
    return refused_.contains(call.operation + "/" + call.event) || refused_keys_.contains(call.key);
  }

  // How often the operation was applied for the event; of natural ones each statement counts.
  [[nodiscard]] std::size_t applied(std::string_view connector, std::string_view operation,
                                    const std::string& event) const;
  // The same for follow-up events, which are known by their correlation only.
  [[nodiscard]] std::size_t applied_for(std::string_view connector, std::string_view operation,
                                        const std::string& correlation) const;
  // A person settled it by hand: what comes later in its lane may go on.
  void pardon(const std::string& connector, const std::string& event) {
    pardoned_.insert(connector + "/" + event);
  }

  struct Double {
    std::string connector;
    std::string operation;
    std::string correlation;
    std::string event;
    TimeMs first_begun = 0;
  };
  [[nodiscard]] const std::vector<Double>& doubles() const { return doubles_; }

 private:
  struct Applied {
    std::string key;
    TimeMs begun = 0;
    TimeMs landed = 0;
    TimeMs visible = 0;
  };
  struct Work {
    RemoteCall call;
    bool is_applied = false;
    bool is_told = false;
  };
  void apply(const RemoteCall& call);
  void check_order(const RemoteCall& call);
  [[nodiscard]] static std::string place_of(const RemoteCall& call) {
    return call.connector + "/" + call.operation + "/" + call.event;
  }

  Clockwork& clock_;
  std::map<std::string, std::vector<Applied>> applied_;  // by place
  std::map<std::string, std::set<std::string>> events_;  // by operation, correlation
  std::map<std::string, std::vector<std::pair<TimeMs, std::string>>> keys_;  // operation/key
  std::map<std::string, Work> work_;                                         // by token
  std::set<std::string> refused_;
  std::set<std::string> refused_keys_;
  std::set<std::string> pardoned_;
  std::vector<Double> doubles_;
  // Where order counts: connector/event -> lane and place in it, and each lane from its first.
  std::map<std::string, std::pair<std::string, std::size_t>> ordinals_;
  std::map<std::string, std::vector<std::string>> lanes_;
  std::map<std::string, std::size_t> reached_;  // of each lane: places applied so far
};

}  // namespace perennial::simulation
