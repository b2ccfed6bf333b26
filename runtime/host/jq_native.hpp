// The functions of mappings that jq can't compute exactly: money, months and time zones, in C++.
//
// Place:   one for each compiled program; behind the definitions of jq_prelude.
// Thread:  the one that runs the program.
// Errors:  a refusal becomes an error of jq, which a mapping can catch with try.
// Format:  libjq 1.6 registers no functions, but has two callbacks. A definition of the prelude
//          gives [name, arguments...] to `debug` and reads the answer from `input`; mappings
//          themselves can use neither word (jq_scan). What a function gives for an input never
//          changes: another behaviour gets another name, because archived programs call it too.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/host/jq_value.hpp"
#include "runtime/host/zone_rules.hpp"

namespace perennial::host {

class NativeFunctions {
 public:
  // `jq` must not run any more when this ends.
  explicit NativeFunctions(jq_state* jq);
  NativeFunctions(const NativeFunctions&) = delete;
  NativeFunctions& operator=(const NativeFunctions&) = delete;

 private:
  static void take(void* self, jv request);
  static jv give(jq_state* jq, void* self);
  [[nodiscard]] Result<JqValue> answer(const jv& request);
  [[nodiscard]] Result<JqValue> date_in_zone(const jv& instant, const jv& zone);

  JqValue request_;
  std::map<std::string, ZoneRules> zones_;
};

}  // namespace perennial::host
