#include "plugins/billing/webhook.hpp"

#include "plugins/billing/signature.hpp"

namespace perennial::plugins::billing {
namespace {

using sdk::WebhookResult;

WebhookResult explained(sdk::WebhookReply& reply, WebhookResult result, std::string code,
                        std::string text) {
  sdk::Explanation explanation;
  explanation.code = std::move(code);
  explanation.text = std::move(text);
  reply.explain(explanation);
  return result;
}

}  // namespace

WebhookResult Webhook::check_signature(const sdk::WebhookCall& call, sdk::WebhookReply& reply) {
  std::vector<std::string> secrets;
  for (const char* field : {"webhook_secret", "webhook_secret_previous"}) {
    if (auto secret = secrets_(field)) secrets.push_back(std::move(*secret));
  }
  if (secrets.empty()) {
    return explained(reply, WebhookResult::try_again, "secret_missing",
                     "the secret of the config field `webhook_secret` is not set");
  }
  const auto header = call.header("stripe-signature");
  if (!header) {
    return explained(reply, WebhookResult::refused_signature, "signature_missing",
                     "the request has no Stripe-Signature");
  }
  switch (verify({*header, call.body()}, secrets, call.now_ms() / 1000, config_.tolerance_s)) {
    case SignatureVerdict::good:
      return WebhookResult::accepted;
    case SignatureVerdict::header_unreadable:
      return explained(reply, WebhookResult::refused_signature, "signature_unreadable",
                       "the Stripe-Signature has no t or no v1");
    case SignatureVerdict::no_match:
      return explained(reply, WebhookResult::refused_signature, "signature_wrong",
                       "no v1 of the Stripe-Signature fits the body and the secret");
    case SignatureVerdict::too_old:
      return explained(reply, WebhookResult::refused_signature, "signature_too_old",
                       "the Stripe-Signature is older than `tolerance_s`");
  }
  return WebhookResult::refused_signature;
}

WebhookResult Webhook::receive(const sdk::WebhookCall& call, sdk::WebhookReply& reply) {
  const WebhookResult signature = check_signature(call, reply);
  if (signature != WebhookResult::accepted) return signature;
  const common::Parsed<common::Json> event = common::parse_json(call.body());
  if (!event) {
    return explained(reply, WebhookResult::refused_malformed, "body_unreadable", event.error());
  }
  const std::string id = common::text_at(*event, {"id"});
  if (id.empty() || common::text_at(*event, {"object"}) != "event") {
    return explained(reply, WebhookResult::refused_malformed, "not_an_event",
                     "the body is no Stripe event with an id");
  }
  if (!events_.is_wanted(*event)) return WebhookResult::accepted;
  if (!events_.is_known_version(*event)) {
    return explained(reply, WebhookResult::refused_version, "event_version_unknown",
                     "event " + id + " has the api_version " +
                         common::text_at(*event, {"api_version"}) +
                         ", which `event_versions` does not list");
  }
  const common::Deadline deadline(call.deadline_ms());
  const common::Answer<common::Json> whole = events_.with_current(*event, deadline);
  if (!whole) {
    return explained(reply, WebhookResult::try_again, whole.error().code,
                     "the object of the event cannot be read: " + whole.error().text);
  }
  const std::string body = common::msgpack_of(*whole);
  if (!reply.emit({.form = sdk::Form::vendor, .id = id, .body = body})) {
    return explained(reply, WebhookResult::try_again, "limits_reached",
                     "the runtime takes no more records in this call");
  }
  return WebhookResult::accepted;
}

}  // namespace perennial::plugins::billing
