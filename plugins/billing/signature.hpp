// The signature of a Stripe webhook, over the raw body. Pure.
//
// Format:  `Stripe-Signature: t=1492774577,v1=5257a8...,v1=...,v0=...`; the signed text is t "."
//          body, HMAC-SHA256 in hexadecimal (docs.stripe.com/webhooks/signature). During the
//          rotation of a secret several v1 are present; one that matches is enough. v0 is only for
//          test events and proves nothing.
#ifndef PERENNIAL_PLUGINS_BILLING_SIGNATURE_HPP
#define PERENNIAL_PLUGINS_BILLING_SIGNATURE_HPP

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace perennial::plugins::billing {

enum class SignatureVerdict { good, header_unreadable, no_match, too_old };

struct SignedBody {
  std::string_view header;
  std::string_view body;
};

// `tolerance_s` bounds the age, so that an old request cannot be played again later.
SignatureVerdict verify(const SignedBody& given, std::span<const std::string> secrets,
                        std::int64_t now_s, std::int64_t tolerance_s);

}  // namespace perennial::plugins::billing

#endif
