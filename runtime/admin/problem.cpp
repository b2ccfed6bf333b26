#include "runtime/admin/problem.hpp"

#include "runtime/view/json_text.hpp"

namespace perennial::admin {
namespace {

unsigned status_of(Code code) {
  switch (code) {
    case Code::invalid:
    case Code::unsupported:
      return 400;
    case Code::not_found:
      return 404;
    case Code::conflict:
    case Code::refused:
      return 409;
    case Code::unavailable:
    case Code::exhausted:
      return 503;
    case Code::corrupted:
    case Code::io:
    case Code::defect:
      return 500;
  }
  return 500;
}

}  // namespace

std::string_view word_of(Code code) {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::refused:
      return "refused";
    case Code::unavailable:
      return "unavailable";
    case Code::exhausted:
      return "exhausted";
    case Code::corrupted:
      return "corrupted";
    case Code::unsupported:
      return "unsupported";
    case Code::io:
      return "io";
    case Code::defect:
      return "defect";
  }
  return "defect";
}

std::string_view phrase_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Internal Server Error";
  }
}

Response problem(unsigned status, std::string_view code, std::string_view detail,
                 std::string_view members) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = "{\"title\":" + view::quoted(phrase_of(status)) +
                  ",\"status\":" + std::to_string(status) + ",\"code\":" + view::quoted(code) +
                  ",\"detail\":" + view::quoted(detail);
  if (!members.empty()) response.body.append(",").append(members);
  response.body += "}";
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response problem(const Error& error) {
  return problem(status_of(error.code), word_of(error.code), error.reason);
}

}  // namespace perennial::admin
