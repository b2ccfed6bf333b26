// One HTTP exchange within the budget of the call that needs it.
//
// Errors:  a Fault: not_connected when surely not sent, unknown when the answer got lost, try_again
//          when the budget was over before sending. The status of an answer is not judged here.
#ifndef PERENNIAL_PLUGINS_COMMON_CALL_HPP
#define PERENNIAL_PLUGINS_COMMON_CALL_HPP

#include "plugins/common/fault.hpp"
#include "plugins/common/time.hpp"

namespace perennial::plugins::common {

// `timeout_ms` bounds this exchange; the deadline bounds it further.
Answer<HttpResponse> send_within(Transport& transport, HttpRequest request,
                                 const Deadline& deadline, std::int64_t timeout_ms);

inline bool is_success(int status) {
  return status >= 200 && status < 300;
}

// Statuses that mean the same at every vendor when the vendor's own code says nothing more.
// `is_read` tells that the request could not have had an effect.
Fault fault_of_status(const HttpResponse& response, bool is_read);

// The start of a body for a person: one line, no control characters, at most 200 bytes.
std::string excerpt_of(std::string_view body);

}  // namespace perennial::plugins::common

#endif
