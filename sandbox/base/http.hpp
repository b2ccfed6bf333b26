// Plain HTTP values: what a system sees of a request and what it gives back.
//
// Place:   filled by HttpServer, read by the systems; no network library is visible here.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perennial::sandbox {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string target;  // as sent, with its query
  std::string path;    // percent-decoded, without the query
  std::string query;   // raw text after '?'
  Pairs headers;
  std::string body;

  // Header names compare without case; empty when the header is missing.
  std::string_view header(std::string_view name) const;
  // The decoded query parameter, or nothing.
  std::optional<std::string> parameter(std::string_view name) const;
  // "/a/b/c" as {"a", "b", "c"}; split before decoding, so an escaped slash stays in its segment.
  std::vector<std::string> segments() const;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  Pairs headers;

  Response& with(std::string name, std::string value);
};

// How the answer leaves the server; everything but `whole` is a simulated fault of the network.
enum class Finish {
  whole,
  drop,      // the connection closes without a byte of answer
  truncate,  // the head promises more bytes than follow
  garble,    // a whole answer whose body is no longer in its declared format
  trickle,   // the whole answer, a few bytes at a time
};

struct Reply {
  Response response;
  Finish finish = Finish::whole;
  std::chrono::milliseconds trickle_for{0};
};

using Handler = std::function<Reply(const Request&)>;

Request make_request(std::string method, std::string target, Pairs headers = {},
                     std::string body = {});

std::string percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);
// Decodes `a=1&b=2`, keeping order and repeated names.
Pairs parse_query(std::string_view text);

bool equal_ignoring_case(std::string_view left, std::string_view right);
std::string lower_case(std::string_view text);

std::string base64_decode(std::string_view text);
std::string base64url_decode(std::string_view text);

// The user and password of a Basic Authorization header.
std::optional<std::pair<std::string, std::string>> basic_credentials(const Request& request);
// The token of a Bearer Authorization header, or empty.
std::string bearer_token(const Request& request);

}  // namespace perennial::sandbox
