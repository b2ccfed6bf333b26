#include "plugins/billing/config.hpp"

namespace perennial::plugins::billing {
namespace {

// At most 20 types in one list call (docs.stripe.com/api/events/list).
constexpr std::size_t event_types_max = 20;

std::vector<std::string> texts_of(const sdk::Value& config, std::string_view field,
                                  std::vector<std::string> fallback) {
  const sdk::Value* given = config.find(field);
  if (given == nullptr || given->array() == nullptr) return fallback;
  std::vector<std::string> texts;
  for (const sdk::Value& entry : *given->array()) {
    if (entry.text() != nullptr) texts.push_back(*entry.text());
  }
  return texts;
}

}  // namespace

common::Parsed<Config> read_config(const sdk::Value& given) {
  Config config;
  sdk::Value::Map fields = given.map() == nullptr ? sdk::Value::Map() : *given.map();
  if (given.find("base_url") == nullptr) fields.emplace_back("base_url", "https://api.stripe.com");
  common::Parsed<common::ConnectionSettings> connection =
      common::connection_settings(sdk::Value(fields));
  if (!connection) return tl::unexpected(connection.error());
  config.connection = std::move(*connection);
  config.api_version = given.text_or("api_version", "2024-06-20");
  config.account = given.text_or("account", "");
  config.event_types =
      texts_of(given, "event_types",
               {"invoice.paid", "invoice.payment_failed", "invoice.payment_action_required",
                "invoice.marked_uncollectible", "invoice.voided", "credit_note.created",
                "refund.created", "quote.finalized"});
  config.event_versions = texts_of(given, "event_versions", {config.api_version});
  config.lag_ms = given.integer_or("lag_ms", 0);
  config.tolerance_s = given.integer_or("tolerance_s", 300);
  if (config.event_types.empty() || config.event_types.size() > event_types_max) {
    return tl::unexpected(std::string("`event_types` must name 1 to 20 types"));
  }
  if (config.lag_ms < 0 || config.tolerance_s < 1) {
    return tl::unexpected(std::string("`lag_ms` must not be negative, `tolerance_s` at least 1"));
  }
  return config;
}

}  // namespace perennial::plugins::billing
