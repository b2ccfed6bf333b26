// A small blocking HTTP client that reports what a broken connection looks like from outside.
#pragma once

#include <string>

#include "sandbox/base/http.hpp"

namespace perennial::sandbox::testing {

struct Exchange {
  bool is_whole = false;  // an answer arrived and its body has the promised length
  int status = 0;
  std::string head;
  std::string body;
  std::chrono::milliseconds took{0};
};

// One request on a connection of its own.
Exchange ask(const std::string& base_url, const Request& request);
// Several requests on one connection, in order; stops at the first that fails.
std::vector<Exchange> ask_all(const std::string& base_url, const std::vector<Request>& requests);

}  // namespace perennial::sandbox::testing
