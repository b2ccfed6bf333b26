#include "plugins/salesforce/client.hpp"

#include <algorithm>
#include <set>

#include "plugins/common/url.hpp"
#include "plugins/salesforce/faults.hpp"

namespace perennial::plugins::salesforce {
namespace {

using common::Answer;
using common::Fault;
using common::Json;
using sdk::LookupKind;
using sdk::OutcomeKind;

// Values compare by their text: the API writes 12.0 where 12 was sent, and null where "" was.
std::string comparable(const Json* value) {
  if (value == nullptr || value->is_null()) return {};
  if (value->is_boolean()) return value->get<bool>() ? "true" : "false";
  std::string text = value->is_string() ? value->get<std::string>() : value->dump();
  if (text.size() > 2 && text.substr(text.size() - 2) == ".0") text.resize(text.size() - 2);
  return text;
}

bool carries(const Json& record, const Json& wanted) {
  for (const auto& [field, value] : wanted.items()) {
    if (field == "attributes") continue;
    if (comparable(common::find_at(record, {field.c_str()})) != comparable(&value)) return false;
  }
  return true;
}

Json receipt_of(const std::string& id, const std::string& external_id) {
  return {{"opportunity", id}, {"renewal", external_id}};
}

}  // namespace

Answer<Client::Entry> Client::entry_of(const sdk::OperationCall& call, std::uint32_t index) const {
  const Answer<Json> payload = common::payload_of(call.delivery(index));
  if (!payload) return tl::unexpected(payload.error());
  const Json* record = common::find_at(*payload, {"record"});
  const std::string& field = org_.config().external_id_field;
  const std::string external_id =
      record == nullptr ? "" : common::text_at(*record, {field.c_str()});
  if (external_id.empty()) {
    return tl::unexpected(Fault{common::kinds::rejected, "payload_invalid",
                                "the mapping gave no `record` with `" + field + "`"});
  }
  Entry entry{index, external_id, *record};
  entry.record["attributes"] = {{"type", "Opportunity"}};
  return entry;
}

void Client::update_opportunities(const sdk::OperationCall& call, sdk::OperationReply& reply) {
  const common::Deadline deadline(call.deadline_ms());
  std::vector<Entry> entries;
  std::set<std::string> external_ids;
  for (std::uint32_t index = 0; index < call.count(); ++index) {
    Answer<Entry> entry = entry_of(call, index);
    if (!entry) {
      reply.settle(index, common::outcome_of(entry.error()));
    } else if (!external_ids.insert(entry->external_id).second) {
      // Salesforce refuses both records when one call names the same external id twice.
      reply.settle(index, common::outcome_of({common::kinds::try_again, "same_record_in_call",
                                              "another delivery of this call writes the record"}));
    } else {
      entries.push_back(std::move(*entry));
    }
  }
  if (entries.empty()) return;
  Json records = Json::array();
  for (const Entry& entry : entries) records.push_back(entry.record);
  const Answer<Json> results =
      org_.patch("composite/sobjects/Opportunity/" + org_.config().external_id_field,
                 {{"allOrNone", false}, {"records", records}}, Moment{deadline, call.now_ms()});
  if (!results) {
    for (const Entry& entry : entries) {
      reply.settle(entry.index, common::outcome_of(results.error()));
    }
    return;
  }
  settle_results(entries, *results, reply);
}

void Client::settle_results(const std::vector<Entry>& entries, const Json& results,
                            sdk::OperationReply& reply) const {
  const bool is_sound = results.is_array() && results.size() == entries.size();
  for (std::size_t position = 0; position < entries.size(); ++position) {
    const Entry& entry = entries[position];
    const Json* success = is_sound ? common::find_at(results[position], {"success"}) : nullptr;
    if (success == nullptr || !success->is_boolean()) {
      reply.settle(entry.index, common::outcome_of(common::unreadable_answer(
                                    "no result for each record of the collection")));
    } else if (success->get<bool>()) {
      const Json& result = results[position];
      reply.settle(
          entry.index,
          common::settled(OutcomeKind::done,
                          receipt_of(common::text_at(result, {"id"}), entry.external_id), result));
    } else {
      const Json* errors = common::find_at(results[position], {"errors"});
      reply.settle(entry.index, common::outcome_of(
                                    fault_of_record(errors == nullptr ? Json::array() : *errors)));
    }
  }
}

std::string Client::lookup_query(const std::vector<Entry>& entries) const {
  std::set<std::string> fields = {"Id", org_.config().external_id_field};
  std::string values;
  for (const Entry& entry : entries) {
    for (const auto& [field, value] : entry.record.items()) {
      if (field != "attributes") fields.insert(field);
    }
    values += (values.empty() ? "" : ",") + soql_literal(entry.external_id);
  }
  std::string list;
  for (const std::string& field : fields) list += (list.empty() ? "" : ", ") + field;
  return "SELECT " + list + " FROM Opportunity WHERE " + org_.config().external_id_field + " IN (" +
         values + ")";
}

sdk::LookupAnswer Client::judge(const Entry& entry, const std::vector<Json>& records) const {
  const std::string& field = org_.config().external_id_field;
  std::vector<Json> matches;
  for (const Json& record : records) {
    if (common::text_at(record, {field.c_str()}) == entry.external_id) matches.push_back(record);
  }
  sdk::LookupAnswer answer;
  answer.matches = static_cast<std::uint32_t>(matches.size());
  if (matches.size() > 1) {
    Json receipts = Json::array();
    for (const Json& match : matches) {
      receipts.push_back(receipt_of(common::text_at(match, {"Id"}), entry.external_id));
    }
    answer.kind = LookupKind::several;
    answer.code = "several_matches";
    answer.text = std::to_string(matches.size()) + " opportunities carry " + entry.external_id;
    answer.receipt = common::msgpack_of(receipts);
    return answer;
  }
  if (matches.empty() || !carries(matches.front(), entry.record)) {
    answer.kind = LookupKind::absent;
    answer.matches = 0;
    answer.text = matches.empty() ? "no such opportunity" : "the opportunity has other values";
    return answer;
  }
  const std::string id = common::text_at(matches.front(), {"Id"});
  answer.kind = LookupKind::done;
  answer.receipt = common::msgpack_of(receipt_of(id, entry.external_id));
  answer.body = common::msgpack_of({{"id", id}, {"success", true}, {"created", false}});
  return answer;
}

void Client::find_updates(const sdk::OperationCall& call, sdk::LookupReply& reply) {
  const common::Deadline deadline(call.deadline_ms());
  std::vector<Entry> entries;
  for (std::uint32_t index = 0; index < call.count(); ++index) {
    Answer<Entry> entry = entry_of(call, index);
    if (entry) {
      entries.push_back(std::move(*entry));
    } else {
      reply.answer(index, common::lookup_answer_of(entry.error()));
    }
  }
  if (entries.empty()) return;
  const Moment moment{deadline, call.now_ms()};
  std::vector<Json> records;
  Answer<Json> page = org_.query(lookup_query(entries), moment);
  while (page) {
    const Json& found = (*page)["records"];
    records.insert(records.end(), found.begin(), found.end());
    const std::string next = common::text_at(*page, {"nextRecordsUrl"});
    if (next.empty()) break;
    page = org_.get(next, moment);
  }
  for (const Entry& entry : entries) {
    reply.answer(entry.index,
                 page ? judge(entry, records) : common::lookup_answer_of(page.error()));
  }
}

}  // namespace perennial::plugins::salesforce
