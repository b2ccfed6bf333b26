#include "plugins/billing/signature.hpp"

#include <charconv>
#include <optional>
#include <vector>

#include "plugins/common/jwt.hpp"

namespace perennial::plugins::billing {
namespace {

struct Signature {
  std::string_view time_text;
  std::int64_t time_s = 0;
  std::vector<std::string_view> v1;
};

std::optional<Signature> read(std::string_view header) {
  Signature signature;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view part = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (name == "v1") signature.v1.push_back(value);
    if (name != "t") continue;
    signature.time_text = value;
    const auto number =
        std::from_chars(value.data(), value.data() + value.size(), signature.time_s);
    if (number.ec != std::errc() || number.ptr != value.data() + value.size()) return std::nullopt;
  }
  if (signature.time_text.empty() || signature.v1.empty()) return std::nullopt;
  return signature;
}

}  // namespace

SignatureVerdict verify(const SignedBody& given, std::span<const std::string> secrets,
                        std::int64_t now_s, std::int64_t tolerance_s) {
  const std::optional<Signature> signature = read(given.header);
  if (!signature) return SignatureVerdict::header_unreadable;
  std::string text(signature->time_text);
  text.append(".").append(given.body);
  bool is_match = false;
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    const std::string expected = common::hmac_sha256_hex(secret, text);
    for (const std::string_view v1 : signature->v1) {
      is_match = common::equals_in_constant_time(expected, v1) || is_match;
    }
  }
  if (!is_match) return SignatureVerdict::no_match;
  if (signature->time_s < now_s - tolerance_s) return SignatureVerdict::too_old;
  return SignatureVerdict::good;
}

}  // namespace perennial::plugins::billing
