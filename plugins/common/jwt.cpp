#include "plugins/common/jwt.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

#include "plugins/common/url.hpp"

namespace perennial::plugins::common {
namespace {

template <auto Free>
struct Freeing {
  template <class Type>
  void operator()(Type* held) const {
    Free(held);
  }
};

using Bio = std::unique_ptr<BIO, Freeing<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;

Parsed<std::string> rs256(std::string_view text, std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return tl::unexpected(std::string("the private key is no PEM key without passphrase"));
  if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return tl::unexpected(std::string("the private key is not an RSA key, which RS256 needs"));
  }
  const Digest digest(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) != 1) {
    return tl::unexpected(std::string("the private key cannot sign"));
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                     text.size()) != 1) {
    return tl::unexpected(std::string("the private key cannot sign"));
  }
  signature.resize(size);
  return signature;
}

}  // namespace

Parsed<std::string> signed_jwt(const Json& claims, std::string_view private_key_pem) {
  const Json header = {{"alg", "RS256"}, {"typ", "JWT"}};
  const std::string text = base64url_of(text_of(header)) + "." + base64url_of(text_of(claims));
  const Parsed<std::string> signature = rs256(text, private_key_pem);
  if (!signature) return tl::unexpected(signature.error());
  return text + "." + base64url_of(*signature);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned index = 0; index < size; ++index) {
    hex += digits[digest[index] >> 4u];
    hex += digits[digest[index] & 0x0fu];
  }
  return hex;
}

bool equals_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace perennial::plugins::common
