#include "sandbox/salesforce/tokens.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace perennial::sandbox::salesforce {
namespace {

constexpr std::chrono::hours session_length{2};
constexpr std::size_t assertion_age_max_s = 300;

struct OpenSslFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string form_value(const Pairs& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

Response refused(const std::string& error, const std::string& description) {
  Response response;
  response.status = 400;
  response.content_type = "application/json;charset=UTF-8";
  response.body = Json{{"error", error}, {"error_description", description}}.dump();
  response.with("Cache-Control", "no-cache, no-store");
  return response;
}

}  // namespace

const char* const jwt_public_key = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4D6cydMZE1KshoC+fF3L
42p/+roLmRY7AWe5ieho+GkGyrMRc6Ez0+J369xD3V6QRxw7W5Ffh45Usi3vce13
K44ccJCl21KygVph0n5DoKshmfQmUWaIRzBOLNYoR7jbcSdX7AQaaClCE+MfgnJu
KPLY/9+6lhmJNGxTH5kTFfxanVDAhRt6BcWZQVCeuIjUneEp9G9cH2CIcs7vqy34
CPUJxcjIwnnbqR+vb/i7F7hQXDt3SUwsJmyVGmbmSkbJ9/+rVBFPqVbWF5rjfS/q
tLi5H4h4VhyVzcWs03haVqgNTfHadh73znhUFHVDPNXxlEVFEosUAugVrOqvIeQj
wwIDAQAB
-----END PUBLIC KEY-----
)";

bool is_signed_by_client(std::string_view text, std::string_view signature) {
  const std::unique_ptr<BIO, OpenSslFree> bio(BIO_new_mem_buf(jwt_public_key, -1));
  const std::unique_ptr<EVP_PKEY, OpenSslFree> key(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_MD_CTX, OpenSslFree> context(EVP_MD_CTX_new());
  if (!key || !context) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

std::string Tokens::check_client(const Request& request, const Pairs& form) const {
  std::string id = form_value(form, "client_id");
  std::string secret = form_value(form, "client_secret");
  if (const auto basic = basic_credentials(request)) {
    id = percent_decode(basic->first, false);
    secret = percent_decode(basic->second, false);
  }
  if (id != client_id) return "client identifier invalid";
  return secret == client_secret ? "" : "invalid client credentials";
}

// Empty when the assertion is good, else the vendor's description of what is wrong with it.
std::string Tokens::check_assertion(const std::string& assertion) const {
  const std::size_t first = assertion.find('.');
  const std::size_t second = assertion.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos) return "invalid assertion";
  const auto header = parse_json(base64url_decode(assertion.substr(0, first)));
  const auto claims = parse_json(base64url_decode(assertion.substr(first + 1, second - first - 1)));
  if (!header || !claims || text_of(*header, "alg") != "RS256") return "invalid assertion";
  if (!is_signed_by_client(std::string_view(assertion).substr(0, second),
                           base64url_decode(assertion.substr(second + 1)))) {
    return "invalid assertion";
  }
  if (text_of(*claims, "iss") != client_id) return "client identifier invalid";
  const std::string subject = text_of(*claims, "sub");
  if (subject != username) return "user hasn't approved this consumer";
  const std::string audience = text_of(*claims, "aud");
  const bool is_for_us = audience.rfind("https://login.salesforce.com", 0) == 0 ||
                         audience.rfind("https://test.salesforce.com", 0) == 0 ||
                         audience.rfind("http://127.0.0.1:", 0) == 0;
  if (!is_for_us) return "audience is invalid";
  // The vendor wants the end within five minutes of its own time of day.
  const std::int64_t now = unix_seconds(estate_.clock.wall());
  const std::int64_t ends = number_of(*claims, "exp");
  if (ends <= now || ends > now + static_cast<std::int64_t>(assertion_age_max_s)) {
    return "assertion is expired or its exp lies too far ahead";
  }
  return {};
}

Response Tokens::grant(const Request& request, const std::string& own_url) {
  const Pairs form = parse_query(request.body.empty() ? request.query : request.body);
  const std::string type = form_value(form, "grant_type");
  if (type == "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    const std::string problem = check_assertion(form_value(form, "assertion"));
    if (problem == "client identifier invalid") return refused("invalid_client_id", problem);
    if (!problem.empty()) return refused("invalid_grant", problem);
  } else if (type == "client_credentials" || type == "password") {
    const std::string problem = check_client(request, form);
    if (problem == "client identifier invalid") return refused("invalid_client_id", problem);
    if (!problem.empty()) return refused("invalid_client", problem);
    const bool is_known = form_value(form, "username") == username &&
                          form_value(form, "password").rfind(password, 0) == 0;
    if (type == "password" && !is_known) return refused("invalid_grant", "authentication failure");
  } else {
    return refused("unsupported_grant_type", "grant type not supported");
  }
  const std::string token =
      std::string(org_id).substr(0, 15) + "!" + estate_.random.letters_and_digits(80);
  tokens_[token] = estate_.clock.wall() + session_length;
  Response response;
  response.content_type = "application/json;charset=UTF-8";
  response.with("Cache-Control", "no-cache, no-store");
  response.body = Json{{"access_token", token},
                       {"instance_url", own_url},
                       {"id", own_url + "/id/" + org_id + "/0055g000001IntegrAAA"},
                       {"token_type", "Bearer"},
                       {"scope", "api"},
                       {"issued_at", std::to_string(unix_millis(estate_.clock.wall()))},
                       {"signature", estate_.random.letters_and_digits(43) + "="}}
                      .dump();
  return response;
}

bool Tokens::is_valid(const std::string& token) const {
  const auto found = tokens_.find(token);
  return found != tokens_.end() && estate_.clock.wall() < found->second;
}

void Tokens::revoke(const std::string& token) {
  tokens_.erase(token);
}

}  // namespace perennial::sandbox::salesforce
