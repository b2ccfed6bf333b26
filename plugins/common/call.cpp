#include "plugins/common/call.hpp"

#include <algorithm>

#include "plugins/common/rate_hint.hpp"

namespace perennial::plugins::common {
namespace {

// What a call needs to judge an answer and settle before its own deadline.
constexpr std::int64_t settling_margin_ms = 20;

// RFC 9110, section 15, and RFC 6585. A 5xx without a vendor's code may hide an applied effect,
// save for 501 and 505, which are answers to the request line, and 503, "currently unable to
// handle the request". A 502 or 504 comes from a gateway that may have passed the request on.
sdk::OutcomeKind kind_of_status(int status) {
  switch (status) {
    case 401:
      return kinds::unauthorized;
    case 408:
    case 423:
    case 425:
    case 503:
      return kinds::try_again;
    case 429:
      return kinds::throttled;
    case 501:
    case 505:
      return kinds::rejected;
    default:
      break;
  }
  return status >= 400 && status < 500 ? kinds::rejected : kinds::unknown;
}

}  // namespace

Answer<HttpResponse> send_within(Transport& transport, HttpRequest request,
                                 const Deadline& deadline, std::int64_t timeout_ms) {
  const std::int64_t remaining = deadline.remaining_ms() - settling_margin_ms;
  if (remaining <= 0) return tl::unexpected(deadline_passed());
  request.timeout_ms = std::min(timeout_ms, remaining);
  Exchange exchange = transport.send(request);
  if (!exchange) return tl::unexpected(fault_of(exchange.error()));
  return std::move(*exchange);
}

Fault fault_of_status(const HttpResponse& response, bool is_read) {
  Fault fault;
  fault.kind = kind_of_status(response.status);
  fault.status = response.status;
  fault.code = "http_" + std::to_string(response.status);
  fault.text = "HTTP " + std::to_string(response.status);
  const std::string excerpt = excerpt_of(response.body);
  if (!excerpt.empty()) fault.text += ": " + excerpt;
  fault.after_ms = retry_after_ms(response.headers);
  return is_read ? as_read(std::move(fault)) : fault;
}

std::string excerpt_of(std::string_view body) {
  std::string line(sdk::bounded(body, 200));
  std::replace_if(
      line.begin(), line.end(),
      [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; }, ' ');
  return line;
}

}  // namespace perennial::plugins::common
