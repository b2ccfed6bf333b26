#include "plugins/salesforce/records.hpp"

#include <algorithm>

namespace perennial::plugins::salesforce {
namespace {

using common::Answer;
using common::Json;

// A query answer holds at most 2000 records ("Query Options Header", REST API Developer Guide).
constexpr std::size_t page_max = 2000;

constexpr std::string_view opportunity_fields =
    "Id, IsDeleted, Name, Type, StageName, CloseDate, Amount, CurrencyIsoCode, Renewal_Number__c, "
    "Contract_Number__c, Service_Start__c, Service_End__c, Region__c, Billing_Subscription__c, "
    "Renewal_Status__c, SystemModstamp, AccountId, Account.Name, Account.Erp_Customer__c, "
    "Account.Billing_Customer__c, Account.Entitlement_User__c, Account.Parent.Name, "
    "Account.Parent.Erp_Customer__c, Account.Parent.Billing_Customer__c, "
    "Account.Parent.Entitlement_User__c";
constexpr std::string_view line_fields =
    "Id, ProductCode, Name, Description, Quantity, UnitPrice, TotalPrice, ServiceDate, End_Date__c";

// Object and field names of Salesforce CPQ, which carry the prefix of its package ("Quote Object
// Fields", CPQ Developer Guide).
constexpr std::string_view quote_fields =
    "Id, IsDeleted, Name, CurrencyIsoCode, SBQQ__Type__c, SBQQ__Status__c, SBQQ__Primary__c, "
    "SBQQ__StartDate__c, SBQQ__EndDate__c, SBQQ__ExpirationDate__c, SBQQ__NetAmount__c, "
    "SBQQ__Opportunity2__c, SBQQ__Opportunity2__r.Renewal_Number__c, SystemModstamp";
constexpr std::string_view quote_line_fields =
    "Id, SBQQ__Number__c, SBQQ__ProductCode__c, SBQQ__ProductName__c, SBQQ__Quantity__c, "
    "SBQQ__NetPrice__c, SBQQ__NetTotal__c, SBQQ__StartDate__c, SBQQ__EndDate__c";

std::string with_extras(std::string_view fields, const std::vector<std::string>& extras) {
  std::string list(fields);
  for (const std::string& extra : extras) list += ", " + extra;
  return list;
}

// SOQL wants a UTC offset of "Z", the API writes "+0000".
std::string normal_stamp(const std::string& stamp) {
  const auto ms = common::ms_of_iso(stamp);
  return ms ? common::iso_of_ms(*ms) : stamp;
}

}  // namespace

std::string RecordCursor::text() const {
  Json fields = {{"v", 1}, {"stamp", stamp}, {"id", id}};
  if (!until.empty()) fields["until"] = until;
  if (!from.empty()) fields["from"] = from;
  return common::text_of(fields);
}

common::Parsed<RecordCursor> RecordCursor::read(std::string_view text) {
  const common::Parsed<Json> fields = common::parse_json(text);
  if (!fields) return tl::unexpected(fields.error());
  RecordCursor cursor{common::text_at(*fields, {"stamp"}), common::text_at(*fields, {"id"}),
                      common::text_at(*fields, {"until"}), common::text_at(*fields, {"from"})};
  bool is_sound = common::text_at(*fields, {"v"}) == "1";
  for (const std::string& stamp : {cursor.stamp, cursor.until, cursor.from}) {
    is_sound = is_sound && (stamp.empty() || common::ms_of_iso(stamp).has_value());
  }
  if (!is_sound) return tl::unexpected(std::string("not a cursor of version 1"));
  return cursor;
}

Feed opportunity_feed(const Config& config) {
  return {"Opportunity", with_extras(opportunity_fields, config.opportunity_fields),
          "OpportunityLineItems", with_extras(line_fields, config.line_fields), config.filter};
}

Feed quote_feed(const Config& config) {
  return {"SBQQ__Quote__c", std::string(quote_fields), "SBQQ__LineItems__r",
          std::string(quote_line_fields), config.quote_filter};
}

std::string record_query(const Feed& feed, const RecordCursor& cursor, std::int64_t high_ms,
                         std::size_t limit) {
  std::string query = "SELECT " + feed.fields + ", (SELECT " + feed.line_fields + " FROM " +
                      feed.lines + " WHERE IsDeleted = false ORDER BY Id) FROM " + feed.object +
                      " WHERE (" + feed.filter + ")";
  if (!cursor.stamp.empty() && cursor.id.empty()) {
    query += " AND SystemModstamp >= " + cursor.stamp;
  } else if (!cursor.stamp.empty()) {
    query += " AND (SystemModstamp > " + cursor.stamp + " OR (SystemModstamp = " + cursor.stamp +
             " AND Id > " + soql_literal(cursor.id) + "))";
  }
  const std::int64_t whole_second_ms = high_ms - high_ms % 1000;
  query += " AND SystemModstamp < " + common::iso_of_ms(whole_second_ms);
  return query + " ORDER BY SystemModstamp, Id LIMIT " + std::to_string(limit);
}

Answer<RecordCursor> Records::cursor_of(const sdk::SourceCall& call, std::int64_t server_ms) {
  RecordCursor cursor;
  if (call.start == "all") return cursor;
  if (call.start == "now" || call.start.empty()) {
    cursor.stamp = common::iso_of_ms(server_ms - server_ms % 1000);
    return cursor;
  }
  const auto from = common::ms_of_iso(call.start);
  if (!from) {
    return tl::unexpected(common::Fault{
        common::kinds::rejected, "start_unreadable",
        "`start` must be now, all or an RFC 3339 time; it is " + std::string(call.start)});
  }
  cursor.stamp = common::iso_of_ms(*from);
  return cursor;
}

// A record with many lines carries only the first page of them.
Answer<Json> Records::with_all_lines(Json record, const Moment& moment) {
  const Json* lines = common::find_at(record, {feed_.lines.c_str()});
  if (lines == nullptr || !lines->is_object()) return record;
  Json all = lines->value("records", Json::array());
  std::string next = common::text_at(*lines, {"nextRecordsUrl"});
  while (!next.empty()) {
    const Answer<Json> page = org_.get(next, moment);
    if (!page) return tl::unexpected(page.error());
    const Json* more = common::find_at(*page, {"records"});
    if (more == nullptr || !more->is_array()) {
      return tl::unexpected(common::as_read(common::unreadable_answer("lines without `records`")));
    }
    all.insert(all.end(), more->begin(), more->end());
    next = common::text_at(*page, {"nextRecordsUrl"});
  }
  record[feed_.lines] = {{"records", std::move(all)}};
  return record;
}

// A transaction that was committed late shows its records under a stamp that was passed already, so
// each sweep goes back a while; what it gives again is known by Id and stamp.
void Records::begin_sweep(RecordCursor& cursor) const {
  if (!cursor.stamp.empty() || cursor.until.empty()) return;
  const auto until_ms = common::ms_of_iso(cursor.until);
  cursor.stamp = common::iso_of_ms(until_ms.value_or(0) - org_.config().overlap_ms);
  // Stamps of one form sort as text.
  if (cursor.stamp < cursor.from) cursor.stamp = cursor.from;
}

RecordCursor Records::caught_up(RecordCursor cursor) const {
  const bool has_read = !cursor.id.empty() || !cursor.until.empty();
  if (org_.config().overlap_ms == 0 || !has_read) return cursor;
  return {"", "", std::max(cursor.until, cursor.stamp), cursor.from};
}

sdk::SourceResult Records::give(RecordCursor cursor, const Json& page, const Moment& moment,
                                sdk::SourceReply& reply, std::size_t limit) {
  const Json& records = page["records"];
  const Json* is_done = common::find_at(page, {"done"});
  bool is_more = records.size() >= limit || (is_done != nullptr && *is_done == false);
  std::size_t given = 0;
  for (const Json& found : records) {
    const std::string id = common::text_at(found, {"Id"});
    const std::string stamp = normal_stamp(common::text_at(found, {"SystemModstamp"}));
    const Answer<Json> record = with_all_lines(found, moment);
    if (!record) {
      if (given == 0) return common::source_result_of(record.error(), reply);
      is_more = true;
      break;
    }
    const std::string identity = id + ":" + stamp;
    const std::string body = common::msgpack_of(*record);
    if (!reply.emit({.form = sdk::Form::vendor, .id = identity, .body = body})) {
      is_more = true;
      break;
    }
    ++given;
    cursor.stamp = stamp;
    cursor.id = id;
  }
  if (!is_more) cursor = caught_up(std::move(cursor));
  reply.cursor(cursor.text());
  if (given == 0) return sdk::SourceResult::nothing;
  return is_more ? sdk::SourceResult::more : sdk::SourceResult::records;
}

sdk::SourceResult Records::poll(const sdk::SourceCall& call, sdk::SourceReply& reply) {
  const common::Deadline deadline(call.deadline_ms);
  const Moment moment{deadline, call.now_ms};
  RecordCursor cursor;
  if (!call.cursor.empty()) {
    const common::Parsed<RecordCursor> kept = RecordCursor::read(call.cursor);
    if (!kept) {
      reply.explain({.code = "cursor_unreadable", .text = kept.error()});
      return sdk::SourceResult::cursor_invalid;
    }
    cursor = *kept;
  }
  const Answer<std::int64_t> server_ms = org_.server_ms(moment);
  if (!server_ms) return common::source_result_of(server_ms.error(), reply);
  if (call.cursor.empty()) {
    const Answer<RecordCursor> first = cursor_of(call, *server_ms);
    if (!first) return common::source_result_of(first.error(), reply);
    cursor = *first;
    cursor.from = cursor.stamp;
  }
  begin_sweep(cursor);
  const std::size_t limit = std::clamp<std::size_t>(call.records_max, 1, page_max);
  const std::int64_t high_ms = *server_ms - org_.config().lag_ms;
  const Answer<Json> page = org_.query_all(record_query(feed_, cursor, high_ms, limit), moment);
  if (!page) return common::source_result_of(page.error(), reply);
  return give(std::move(cursor), *page, moment, reply, limit);
}

}  // namespace perennial::plugins::salesforce
