#include "plugins/erp/releases.hpp"

#include "plugins/erp/faults.hpp"
#include "plugins/erp/holds.hpp"
#include "plugins/erp/odata.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Answer;
using common::HttpResponse;
using common::Json;
using sdk::OutcomeKind;

std::string path_of(const std::string& entity, const std::string& order) {
  return entity + "(" + literal(order) + ")";
}

// The order that one part of the first batch gave, with its ETag.
Answer<std::pair<Json, std::string>> order_of(const HttpResponse& answer) {
  if (!common::is_success(answer.status)) return tl::unexpected(fault_of(answer, true));
  const common::Parsed<Json> entity = entity_of(answer.body);
  if (!entity) return tl::unexpected(common::as_read(common::unreadable_answer(entity.error())));
  return std::pair(*entity, etag_of(answer, *entity));
}

}  // namespace

std::optional<sdk::Outcome> without_change(const Json& entity, const Json& payload) {
  const std::string order = common::text_at(payload, {"order"});
  if (common::find_at(entity, {"HeaderBillingBlockReason"}) == nullptr) {
    return common::outcome_of(common::as_read(
        common::unreadable_answer("no HeaderBillingBlockReason in order " + order)));
  }
  const std::string block = common::text_at(entity, {"HeaderBillingBlockReason"});
  if (block.empty()) {
    return common::settled(OutcomeKind::already_done, Json{{"order", order}}, readable(entity));
  }
  // Only the block that the order was created with is ours to lift.
  const std::string own_block = common::text_at(payload, {"block"});
  const std::string hold = hold_of(entity, own_block.empty() ? block : own_block);
  if (hold.empty()) return std::nullopt;
  return common::refused("order_held", "order " + order + " stays blocked: " + hold);
}

BatchRequest lift_of(const std::string& entity, const std::string& order, const std::string& etag) {
  BatchRequest request;
  request.method = "PATCH";
  request.path = path_of(entity, order);
  // Without an ETag the service would refuse with 428; "*" would overwrite a change unseen.
  if (!etag.empty()) request.headers.add("If-Match", etag);
  request.body = {{"HeaderBillingBlockReason", ""}};
  return request;
}

sdk::Outcome lifted(const HttpResponse& answer, const std::string& order) {
  if (!common::is_success(answer.status)) return common::outcome_of(fault_of(answer, false));
  Json receipt = {{"order", order}};
  const std::string warnings = warnings_of(answer.headers);
  if (!warnings.empty()) receipt["warnings"] = warnings;
  return common::settled(OutcomeKind::done, receipt,
                         Json{{"SalesOrder", order}, {"HeaderBillingBlockReason", ""}});
}

Answer<BatchAnswers> Releases::exchange(const std::vector<BatchPart>& parts,
                                        const common::Deadline& deadline, std::int64_t now_ms) {
  BatchBody body = batch_body(parts, config_.batch_format);
  Access access;
  access.method = "POST";
  access.service = config_.order_service;
  access.path = "$batch";
  access.headers.add("Content-Type", body.content_type);
  if (config_.batch_format == BatchFormat::multipart) {
    access.headers.add("Accept", "multipart/mixed");
  }
  access.body = std::move(body.text);
  const Answer<HttpResponse> answer = session_.change(access, deadline, now_ms);
  if (!answer) return tl::unexpected(answer.error());
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, false));
  common::Parsed<BatchAnswers> answers = batch_answers(*answer, parts, config_.batch_format);
  if (!answers) return tl::unexpected(common::unreadable_answer(answers.error()));
  return std::move(*answers);
}

std::vector<sdk::Outcome> Releases::release(const std::vector<Json>& payloads,
                                            const common::Deadline& deadline, std::int64_t now_ms) {
  std::vector<sdk::Outcome> outcomes(payloads.size());
  const auto order_at = [&](std::size_t index) {
    return common::text_at(payloads[index], {"order"});
  };
  std::vector<BatchPart> reads;
  std::vector<std::size_t> read_of;
  for (std::size_t index = 0; index < payloads.size(); ++index) {
    if (order_at(index).empty()) {
      outcomes[index] = common::refused("payload_invalid", "the mapping gave no `order`");
      continue;
    }
    reads.push_back(
        {false, {{"GET", path_of(config_.order_entity, order_at(index)), {}, nullptr}}});
    read_of.push_back(index);
  }
  if (reads.empty()) return outcomes;
  const Answer<BatchAnswers> orders = exchange(reads, deadline, now_ms);
  std::vector<BatchPart> lifts;
  std::vector<std::size_t> lift_index;
  for (std::size_t at = 0; at < read_of.size(); ++at) {
    const std::size_t index = read_of[at];
    const auto order =
        orders ? order_of((*orders)[at].front()) : tl::unexpected(common::as_read(orders.error()));
    if (!order) {
      outcomes[index] = common::outcome_of(order.error());
    } else if (auto known = without_change(order->first, payloads[index])) {
      outcomes[index] = std::move(*known);
    } else {
      lifts.push_back({true, {lift_of(config_.order_entity, order_at(index), order->second)}});
      lift_index.push_back(index);
    }
  }
  if (lifts.empty()) return outcomes;
  const Answer<BatchAnswers> changes = exchange(lifts, deadline, now_ms);
  for (std::size_t at = 0; at < lift_index.size(); ++at) {
    const std::size_t index = lift_index[at];
    outcomes[index] = changes ? lifted((*changes)[at].front(), order_at(index))
                              : common::outcome_of(changes.error());
  }
  return outcomes;
}

}  // namespace perennial::plugins::erp
