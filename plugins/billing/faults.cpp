#include "plugins/billing/faults.hpp"

#include <algorithm>

#include "plugins/common/json.hpp"

namespace perennial::plugins::billing {
namespace {

namespace kinds = common::kinds;
using common::Json;

// docs.stripe.com/api/errors, "HTTP Status Code Summary", and docs.stripe.com/error-low-level. A
// 500 is kept under its idempotency key and replayed, so repeating it tells nothing: a lookup does.
constexpr StatusRow statuses[] = {
    {400, kinds::rejected},      // bad request, also idempotency_error
    {401, kinds::unauthorized},  // no valid API key
    {402, kinds::rejected},      // parameters were valid but the request failed: a declined card
    {403, kinds::unauthorized},  // the key lacks the permission
    {404, kinds::rejected},      // no such object
    {409, kinds::try_again},     // another request works under the same key; nothing was kept
    {424, kinds::unknown},       // a dependency outside Stripe failed
    {429, kinds::throttled},     // too many requests
    {500, kinds::unknown},      {502, kinds::unknown},
    {503, kinds::try_again},  // no server took the request
    {504, kinds::unknown},
};

// docs.stripe.com/error-codes, all of them. Most say that the request as it is can never work.
constexpr CodeRow codes[] = {
    {"account_already_exists", kinds::rejected},
    {"account_closed", kinds::rejected},
    {"account_country_invalid_address", kinds::rejected},
    {"account_error_country_change_requires_additional_steps", kinds::rejected},
    {"account_information_mismatch", kinds::rejected},
    {"account_invalid", kinds::rejected},
    {"account_number_invalid", kinds::rejected},
    {"account_token_required_for_v2_account", kinds::rejected},
    {"acss_debit_session_incomplete", kinds::rejected},
    {"action_blocked", kinds::rejected},
    {"alipay_upgrade_required", kinds::rejected},
    {"amount_too_large", kinds::rejected},
    {"amount_too_small", kinds::rejected},
    {"anomalous_money_movement_request", kinds::rejected},
    {"api_key_expired", kinds::unauthorized},
    {"application_fees_not_allowed", kinds::rejected},
    {"approval_required", kinds::rejected},
    {"authentication_required", kinds::rejected},
    {"balance_insufficient", kinds::rejected},
    {"balance_invalid_parameter", kinds::rejected},
    {"bank_account_bad_routing_numbers", kinds::rejected},
    {"bank_account_declined", kinds::rejected},
    {"bank_account_exists", kinds::rejected},
    {"bank_account_restricted", kinds::rejected},
    {"bank_account_unusable", kinds::rejected},
    {"bank_account_unverified", kinds::rejected},
    {"bank_account_verification_failed", kinds::rejected},
    {"billing_invalid_mandate", kinds::rejected},
    {"bitcoin_upgrade_required", kinds::rejected},
    {"capture_charge_authorization_expired", kinds::rejected},
    {"capture_unauthorized_payment", kinds::rejected},
    {"card_decline_rate_limit_exceeded", kinds::rejected},
    {"card_declined", kinds::rejected},
    {"cardholder_phone_number_required", kinds::rejected},
    {"charge_already_captured", kinds::rejected},
    {"charge_already_refunded", kinds::rejected},
    {"charge_disputed", kinds::rejected},
    {"charge_exceeds_source_limit", kinds::rejected},
    {"charge_exceeds_transaction_limit", kinds::rejected},
    {"charge_expired_for_capture", kinds::rejected},
    {"charge_invalid_parameter", kinds::rejected},
    {"charge_not_refundable", kinds::rejected},
    {"clearing_code_unsupported", kinds::rejected},
    {"country_code_invalid", kinds::rejected},
    {"country_unsupported", kinds::rejected},
    {"coupon_expired", kinds::rejected},
    {"customer_max_payment_methods", kinds::rejected},
    {"customer_max_subscriptions", kinds::rejected},
    {"customer_session_expired", kinds::rejected},
    {"customer_tax_location_invalid", kinds::rejected},
    {"debit_not_authorized", kinds::rejected},
    {"email_invalid", kinds::rejected},
    {"expired_card", kinds::rejected},
    {"failed_tax_calculation", kinds::rejected},
    {"financial_account_balance_does_not_support_currency", kinds::rejected},
    {"financial_account_capability_not_enabled", kinds::rejected},
    {"financial_account_capability_restricted", kinds::rejected},
    {"financial_connections_account_inactive", kinds::rejected},
    {"financial_connections_account_pending_account_numbers", kinds::rejected},
    {"financial_connections_account_unavailable_account_numbers", kinds::rejected},
    {"financial_connections_no_successful_transaction_refresh", kinds::rejected},
    {"forwarding_api_inactive", kinds::rejected},
    {"forwarding_api_invalid_parameter", kinds::rejected},
    {"forwarding_api_retryable_upstream_error", kinds::unknown},
    {"forwarding_api_upstream_connection_error", kinds::unknown},
    {"forwarding_api_upstream_connection_timeout", kinds::unknown},
    {"forwarding_api_upstream_error", kinds::unknown},
    {"idempotency_key_in_use", kinds::try_again},
    {"incorrect_address", kinds::rejected},
    {"incorrect_cvc", kinds::rejected},
    {"incorrect_number", kinds::rejected},
    {"incorrect_zip", kinds::rejected},
    {"india_recurring_payment_mandate_canceled", kinds::rejected},
    {"instant_payouts_config_disabled", kinds::rejected},
    {"instant_payouts_currency_disabled", kinds::rejected},
    {"instant_payouts_limit_exceeded", kinds::rejected},
    {"instant_payouts_unsupported", kinds::rejected},
    {"insufficient_funds", kinds::rejected},
    {"intent_invalid_state", kinds::rejected},
    {"intent_verification_method_missing", kinds::rejected},
    {"invalid_card_type", kinds::rejected},
    {"invalid_characters", kinds::rejected},
    {"invalid_charge_amount", kinds::rejected},
    {"invalid_cvc", kinds::rejected},
    {"invalid_expiry_month", kinds::rejected},
    {"invalid_expiry_year", kinds::rejected},
    {"invalid_mandate_reference_prefix_format", kinds::rejected},
    {"invalid_number", kinds::rejected},
    {"invalid_source_usage", kinds::rejected},
    {"invalid_tax_location", kinds::rejected},
    {"invoice_no_customer_line_items", kinds::rejected},
    {"invoice_no_payment_method_types", kinds::rejected},
    {"invoice_no_subscription_line_items", kinds::rejected},
    {"invoice_not_editable", kinds::rejected},
    {"invoice_on_behalf_of_not_editable", kinds::rejected},
    {"invoice_payment_intent_requires_action", kinds::rejected},
    {"invoice_upcoming_none", kinds::rejected},
    {"livemode_mismatch", kinds::unauthorized},
    {"lock_timeout", kinds::try_again},
    {"missing", kinds::rejected},
    {"no_account", kinds::rejected},
    {"not_allowed_on_standard_account", kinds::rejected},
    {"order_creation_failed", kinds::rejected},
    {"order_required_settings", kinds::rejected},
    {"order_status_invalid", kinds::rejected},
    {"order_upstream_timeout", kinds::unknown},
    {"out_of_inventory", kinds::rejected},
    {"ownership_declaration_not_allowed", kinds::rejected},
    {"parameter_invalid_empty", kinds::rejected},
    {"parameter_invalid_integer", kinds::rejected},
    {"parameter_invalid_string_blank", kinds::rejected},
    {"parameter_invalid_string_empty", kinds::rejected},
    {"parameter_missing", kinds::rejected},
    {"parameter_unknown", kinds::rejected},
    {"parameters_exclusive", kinds::rejected},
    {"payment_intent_action_required", kinds::rejected},
    {"payment_intent_authentication_failure", kinds::rejected},
    {"payment_intent_incompatible_payment_method", kinds::rejected},
    {"payment_intent_invalid_parameter", kinds::rejected},
    {"payment_intent_konbini_rejected_confirmation_number", kinds::rejected},
    {"payment_intent_mandate_invalid", kinds::rejected},
    {"payment_intent_payment_attempt_expired", kinds::rejected},
    {"payment_intent_payment_attempt_failed", kinds::rejected},
    {"payment_intent_rate_limit_exceeded", kinds::throttled},
    {"payment_intent_unexpected_state", kinds::rejected},
    {"payment_method_bank_account_already_verified", kinds::rejected},
    {"payment_method_bank_account_blocked", kinds::rejected},
    {"payment_method_billing_details_address_missing", kinds::rejected},
    {"payment_method_configuration_failures", kinds::rejected},
    {"payment_method_currency_mismatch", kinds::rejected},
    {"payment_method_customer_decline", kinds::rejected},
    {"payment_method_invalid_parameter", kinds::rejected},
    {"payment_method_invalid_parameter_testmode", kinds::rejected},
    {"payment_method_microdeposit_failed", kinds::rejected},
    {"payment_method_microdeposit_processing_error", kinds::rejected},
    {"payment_method_microdeposit_verification_amounts_invalid", kinds::rejected},
    {"payment_method_microdeposit_verification_amounts_mismatch", kinds::rejected},
    {"payment_method_microdeposit_verification_attempts_exceeded", kinds::rejected},
    {"payment_method_microdeposit_verification_descriptor_code_mismatch", kinds::rejected},
    {"payment_method_microdeposit_verification_timeout", kinds::rejected},
    {"payment_method_not_available", kinds::rejected},
    {"payment_method_provider_decline", kinds::rejected},
    {"payment_method_provider_timeout", kinds::unknown},
    {"payment_method_unactivated", kinds::rejected},
    {"payment_method_unexpected_state", kinds::rejected},
    {"payment_method_unsupported_type", kinds::rejected},
    {"payout_reconciliation_not_ready", kinds::try_again},
    {"payouts_limit_exceeded", kinds::rejected},
    {"payouts_not_allowed", kinds::rejected},
    {"platform_account_required", kinds::unauthorized},
    {"platform_api_key_expired", kinds::unauthorized},
    {"postal_code_invalid", kinds::rejected},
    {"processing_error", kinds::rejected},
    {"product_inactive", kinds::rejected},
    {"progressive_onboarding_limit_exceeded", kinds::rejected},
    {"rate_limit", kinds::throttled},
    {"refer_to_customer", kinds::rejected},
    {"refund_disputed_payment", kinds::rejected},
    {"request_blocked", kinds::rejected},
    {"resource_already_exists", kinds::rejected},
    {"resource_missing", kinds::rejected},
    {"return_intent_already_processed", kinds::rejected},
    {"routing_number_invalid", kinds::rejected},
    {"secret_key_required", kinds::unauthorized},
    {"sepa_unsupported_account", kinds::rejected},
    {"service_period_coupon_with_metered_tiered_item_unsupported", kinds::rejected},
    {"setup_attempt_failed", kinds::rejected},
    {"setup_intent_authentication_failure", kinds::rejected},
    {"setup_intent_invalid_parameter", kinds::rejected},
    {"setup_intent_mandate_invalid", kinds::rejected},
    {"setup_intent_mobile_wallet_unsupported", kinds::rejected},
    {"setup_intent_setup_attempt_expired", kinds::rejected},
    {"setup_intent_unexpected_state", kinds::rejected},
    {"shipping_address_invalid", kinds::rejected},
    {"shipping_calculation_failed", kinds::rejected},
    {"siret_invalid", kinds::rejected},
    {"sku_inactive", kinds::rejected},
    {"state_unsupported", kinds::rejected},
    {"status_transition_invalid", kinds::rejected},
    {"storer_capability_missing", kinds::rejected},
    {"storer_capability_not_active", kinds::rejected},
    {"stripe_tax_inactive", kinds::rejected},
    {"tax_id_invalid", kinds::rejected},
    {"tax_id_prohibited", kinds::rejected},
    {"taxes_calculation_failed", kinds::rejected},
    {"terminal_location_country_unsupported", kinds::rejected},
    {"terminal_reader_busy", kinds::try_again},
    {"terminal_reader_hardware_fault", kinds::rejected},
    {"terminal_reader_invalid_location_for_activation", kinds::rejected},
    {"terminal_reader_invalid_location_for_payment", kinds::rejected},
    {"terminal_reader_offline", kinds::rejected},
    {"terminal_reader_timeout", kinds::unknown},
    {"testmode_charges_only", kinds::unauthorized},
    {"tls_version_unsupported", kinds::not_connected},
    {"token_already_used", kinds::rejected},
    {"token_card_network_invalid", kinds::rejected},
    {"token_in_use", kinds::try_again},
    {"transfer_source_balance_parameters_mismatch", kinds::rejected},
    {"transfers_not_allowed", kinds::rejected},
    {"url_invalid", kinds::rejected},
};

// docs.stripe.com/declines/codes. Even a decline that may pass later is a rejection: its answer is
// kept under the key, so only a new key, which the runtime gives after a rejection, can succeed.
constexpr std::string_view declines[] = {
    "approve_with_id",
    "authentication_required",
    "call_issuer",
    "card_not_supported",
    "card_velocity_exceeded",
    "currency_not_supported",
    "do_not_honor",
    "do_not_try_again",
    "duplicate_transaction",
    "expired_card",
    "fraudulent",
    "generic_decline",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_pin",
    "incorrect_zip",
    "insufficient_funds",
    "invalid_account",
    "invalid_amount",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "invalid_pin",
    "issuer_not_available",
    "lost_card",
    "merchant_blacklist",
    "mobile_device_authentication_required",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pickup_card",
    "pin_try_exceeded",
    "processing_error",
    "reenter_transaction",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "service_not_allowed",
    "stolen_card",
    "stop_payment_order",
    "testmode_decline",
    "transaction_not_allowed",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
};

const CodeRow* row_of(const std::string& code) {
  const auto* row = std::find_if(std::begin(codes), std::end(codes),
                                 [&](const CodeRow& known) { return known.code == code; });
  return row == std::end(codes) ? nullptr : row;
}

// A status that speaks for itself: its meaning does not depend on the code inside.
bool is_decided_by_status(int status) {
  return status == 401 || status == 402 || status == 403 || status >= 500;
}

std::string text_of_error(const Json& error) {
  std::string text = common::text_at(error, {"message"});
  const std::string param = common::text_at(error, {"param"});
  if (!param.empty()) text += " (parameter " + param + ")";
  return text;
}

}  // namespace

std::span<const StatusRow> status_rows() {
  return statuses;
}
std::span<const CodeRow> code_rows() {
  return codes;
}
std::span<const std::string_view> decline_codes() {
  return declines;
}

common::Fault fault_of(const common::HttpResponse& response, bool is_read) {
  common::Fault fault = common::fault_of_status(response, is_read);
  const auto* status =
      std::find_if(std::begin(statuses), std::end(statuses),
                   [&](const StatusRow& row) { return row.status == response.status; });
  if (status != std::end(statuses)) fault.kind = status->kind;
  const common::Parsed<Json> body = common::parse_json(response.body);
  const Json* error = body ? common::find_at(*body, {"error"}) : nullptr;
  if (error != nullptr && error->is_object()) {
    const std::string type = common::text_at(*error, {"type"});
    const std::string code = common::text_at(*error, {"code"});
    const std::string decline = common::text_at(*error, {"decline_code"});
    const CodeRow* row = row_of(code);
    if (row != nullptr && !is_decided_by_status(response.status)) fault.kind = row->kind;
    // The same key with other parameters: a conflict that no repetition resolves.
    if (type == "idempotency_error" && response.status == 400) fault.kind = kinds::rejected;
    fault.code = !decline.empty() ? decline
                 : !code.empty()  ? code
                 : !type.empty()  ? type
                                  : fault.code;
    const std::string text = text_of_error(*error);
    if (!text.empty()) fault.text = text;
  }
  const auto request_id = response.headers.find("request-id");
  if (request_id) fault.text += " [" + *request_id + "]";
  return is_read ? common::as_read(std::move(fault)) : fault;
}

}  // namespace perennial::plugins::billing
