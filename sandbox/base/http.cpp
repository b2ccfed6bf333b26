#include "sandbox/base/http.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace perennial::sandbox {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [header_name, value] : headers) {
    if (equal_ignoring_case(header_name, name)) return value;
  }
  return {};
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (auto& [parameter_name, value] : parse_query(query)) {
    if (parameter_name == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Request::segments() const {
  std::vector<std::string> result;
  const std::string_view raw = std::string_view(target).substr(0, target.find('?'));
  std::size_t begin = 0;
  while (begin < raw.size()) {
    const std::size_t end = std::min(raw.find('/', begin), raw.size());
    if (end > begin) result.push_back(percent_decode(raw.substr(begin, end - begin), false));
    begin = end + 1;
  }
  return result;
}

Response& Response::with(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

Request make_request(std::string method, std::string target, Pairs headers, std::string body) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  const std::size_t mark = request.target.find('?');
  request.path = percent_decode(std::string_view(request.target).substr(0, mark), false);
  if (mark != std::string::npos) request.query = request.target.substr(mark + 1);
  request.headers = std::move(headers);
  request.body = std::move(body);
  return request;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      result += ' ';
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      result += c;
    } else {
      result += '%';
      result += hex[byte >> 4U];
      result += hex[byte & 15U];
    }
  }
  return result;
}

Pairs parse_query(std::string_view text) {
  Pairs result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    result.emplace_back(percent_decode(part.substr(0, equals), true), percent_decode(value, true));
  }
  return result;
}

std::string base64url_decode(std::string_view text) {
  std::string result;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) continue;
    buffer = (buffer << 6U) | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      result += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 0xFFU);
    }
  }
  return result;
}

std::string base64_decode(std::string_view text) {
  return base64url_decode(text);
}

std::optional<std::pair<std::string, std::string>> basic_credentials(const Request& request) {
  const std::string_view value = request.header("Authorization");
  if (value.size() < 6 || !equal_ignoring_case(value.substr(0, 6), "Basic ")) return std::nullopt;
  const std::string decoded = base64_decode(value.substr(6));
  const std::size_t colon = decoded.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(decoded.substr(0, colon), decoded.substr(colon + 1));
}

std::string bearer_token(const Request& request) {
  const std::string_view value = request.header("Authorization");
  if (value.size() > 7 && equal_ignoring_case(value.substr(0, 7), "Bearer ")) {
    return std::string(value.substr(7));
  }
  // Salesforce also documents the scheme word OAuth for the same token.
  if (value.size() > 6 && equal_ignoring_case(value.substr(0, 6), "OAuth ")) {
    return std::string(value.substr(6));
  }
  return {};
}

}  // namespace perennial::sandbox
