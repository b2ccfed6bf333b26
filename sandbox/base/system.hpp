// What the gate needs of each simulated system: to answer a call, and to fail in its vendor's
// words.
//
// Thread:  `begin` and `end` may run concurrently and lock for themselves; everything else is
// called
//          with the estate's mutex held.
#pragma once

#include <optional>
#include <string>

#include "sandbox/base/http.hpp"

namespace perennial::sandbox {

enum class Refusal {
  throttled,    // too many requests
  unavailable,  // the service is down for the moment
  expired,      // the caller's token or session is no longer valid
  locked,       // the record is held by someone else
  broken,       // an error inside the service; nothing was done
};

// What kind of call a request is, as far as faults care.
struct CallKind {
  bool is_authentication = false;  // a token endpoint
  bool is_write = false;           // would change a record
  bool is_batch = false;           // several records in one call, with a result for each
  bool can_expire = true;          // `Refusal::expired` has a meaning for this call
  bool is_admitted = true;  // past log-on and request forgery checks: it would have an effect
};

class System {
 public:
  System() = default;
  virtual ~System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  virtual std::string name() const = 0;
  virtual CallKind kind_of(const Request& request) const = 0;
  // With `fails_some` a batch fails some of its rows for a passing reason and applies the others.
  virtual Response handle(const Request& request, bool fails_some) = 0;
  virtual Response refuse(Refusal refusal, const Request& request) = 0;

  // Whether the caller may make this call now. What was admitted lands later by `land`, even when
  // its token or session has ended meanwhile.
  virtual bool is_admitted(const Request&) const { return true; }
  virtual Response land(const Request& request) { return handle(request, false); }

  // Brackets the whole life of a call, delays included; a Response refuses it before it begins.
  virtual std::optional<Response> begin(const Request&) { return std::nullopt; }
  virtual void end(const Request&) {}
};

}  // namespace perennial::sandbox
