#include "plugins/billing/events.hpp"

#include <algorithm>

#include "plugins/common/url.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Answer;
using common::Json;

constexpr std::int64_t retention_ms = std::int64_t{30} * 86'400'000;
constexpr std::size_t page_max = 100;
// Pages passed in one poll on the way back to the oldest event; the cursor keeps the place.
constexpr int walk_pages_max = 20;

std::int64_t integer_at(const Json& value, const char* name) {
  const Json* found = common::find_at(value, {name});
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// Where an object is read again, and what of it is expanded so that the renewal can be told
// (docs.stripe.com/api/expanding_objects).
struct Readable {
  std::string_view object;
  const char* path;
  const char* expand;
};
constexpr Readable readables[] = {
    {"invoice", "/v1/invoices/", "payment_intent"},
    {"credit_note", "/v1/credit_notes/", "invoice"},
    {"refund", "/v1/refunds/", "charge.invoice"},
    {"quote", "/v1/quotes/", nullptr},
};

}  // namespace

std::string EventCursor::text() const {
  Json fields = {{"v", 1}};
  if (!after.empty()) {
    fields["after"] = after;
    fields["created_s"] = created_s;
  } else {
    fields["since_s"] = since_s;
    if (!walk.empty()) fields["walk"] = walk;
  }
  return common::text_of(fields);
}

common::Parsed<EventCursor> EventCursor::read(std::string_view text) {
  const common::Parsed<Json> fields = common::parse_json(text);
  if (!fields) return tl::unexpected(fields.error());
  if (common::text_at(*fields, {"v"}) != "1") {
    return tl::unexpected(std::string("not a cursor of version 1"));
  }
  EventCursor cursor;
  cursor.after = common::text_at(*fields, {"after"});
  cursor.created_s = integer_at(*fields, "created_s");
  cursor.since_s = integer_at(*fields, "since_s");
  cursor.walk = common::text_at(*fields, {"walk"});
  return cursor;
}

bool Events::is_known_version(const Json& event) const {
  const std::string version = common::text_at(event, {"api_version"});
  return version.empty() || std::find(config_.event_versions.begin(), config_.event_versions.end(),
                                      version) != config_.event_versions.end();
}

bool Events::is_wanted(const Json& event) const {
  return std::find(config_.event_types.begin(), config_.event_types.end(),
                   common::text_at(event, {"type"})) != config_.event_types.end();
}

Answer<Json> Events::with_current(Json event, const common::Deadline& deadline) {
  const std::string object = common::text_at(event, {"data", "object", "object"});
  const std::string id = common::text_at(event, {"data", "object", "id"});
  const auto* readable = std::find_if(std::begin(readables), std::end(readables),
                                      [&](const Readable& row) { return row.object == object; });
  if (readable == std::end(readables) || id.empty()) return event;
  std::vector<std::pair<std::string, std::string>> query;
  if (readable->expand != nullptr) query.emplace_back("expand[]", readable->expand);
  Answer<Json> current = caller_.get(readable->path + common::percent_encoded(id), query, deadline);
  if (current) {
    event["current"] = std::move(*current);
  } else if (current.error().code != "resource_missing") {
    return tl::unexpected(current.error());
  }
  return event;
}

Answer<Events::Page> Events::read(std::vector<std::pair<std::string, std::string>> query,
                                  std::size_t limit, const common::Deadline& deadline) {
  query.emplace_back("limit", std::to_string(limit));
  for (const std::string& type : config_.event_types) query.emplace_back("types[]", type);
  const Answer<Json> list = caller_.get("/v1/events", query, deadline);
  if (!list) return tl::unexpected(list.error());
  const Json* events = common::find_at(*list, {"data"});
  const Json* has_more = common::find_at(*list, {"has_more"});
  if (events == nullptr || !events->is_array() || has_more == nullptr || !has_more->is_boolean()) {
    return tl::unexpected(common::as_read(common::unreadable_answer("no list of events")));
  }
  Page page;
  page.events.assign(events->begin(), events->end());
  page.has_more = has_more->get<bool>();
  return page;
}

Answer<EventCursor> Events::begin(const sdk::SourceCall& call, const common::Deadline& deadline) {
  EventCursor cursor;
  if (call.start == "all") return cursor;
  if (call.start == "now" || call.start.empty()) {
    const Answer<Page> newest = read({}, 1, deadline);
    if (!newest) return tl::unexpected(newest.error());
    // With no event at all, whatever comes is new, however the clocks of both sides differ.
    if (!newest->events.empty()) {
      cursor.after = common::text_at(newest->events.front(), {"id"});
      cursor.created_s = integer_at(newest->events.front(), "created");
    }
    return cursor;
  }
  const auto from = common::ms_of_iso(call.start);
  if (!from) {
    return tl::unexpected(common::Fault{
        common::kinds::rejected, "start_unreadable",
        "`start` must be now, all or an RFC 3339 time; it is " + std::string(call.start)});
  }
  cursor.since_s = *from / 1000;
  return cursor;
}

sdk::SourceResult Events::lost(const EventCursor& cursor, const common::Fault& fault,
                               std::int64_t now_ms, sdk::SourceReply& reply) {
  sdk::Explanation explanation;
  explanation.code = fault.code;
  explanation.text =
      "the event of the cursor is gone; Stripe keeps events for 30 days: " + fault.text;
  explanation.gap_from = common::iso_of_ms(cursor.created_s * 1000);
  explanation.gap_to = common::iso_of_ms(now_ms - retention_ms);
  reply.explain(explanation);
  const bool is_past_retention = cursor.created_s * 1000 < now_ms - retention_ms;
  return is_past_retention ? sdk::SourceResult::gap : sdk::SourceResult::cursor_invalid;
}

sdk::SourceResult Events::give(EventCursor cursor, const Page& page, const sdk::SourceCall& call,
                               const common::Deadline& deadline, sdk::SourceReply& reply) {
  bool is_cut = false;
  std::size_t given = 0;
  for (auto event = page.events.rbegin(); event != page.events.rend(); ++event) {
    const std::int64_t created_s = integer_at(*event, "created");
    // Events of the newest moment may still be joined by others that sort before them.
    if (config_.lag_ms > 0 && created_s * 1000 > call.now_ms - config_.lag_ms) break;
    const std::string id = common::text_at(*event, {"id"});
    if (!is_known_version(*event)) {
      reply.explain({.code = "event_version_unknown",
                     .text = "event " + id + " has the api_version " +
                             common::text_at(*event, {"api_version"}) +
                             ", which `event_versions` does not list"});
      if (given == 0) return sdk::SourceResult::rejected;
      break;
    }
    const Answer<Json> whole = with_current(*event, deadline);
    if (!whole) {
      if (given == 0) return common::source_result_of(whole.error(), reply);
      is_cut = true;
      break;
    }
    const std::string body = common::msgpack_of(*whole);
    if (!reply.emit({.form = sdk::Form::vendor, .id = id, .body = body})) {
      is_cut = true;
      break;
    }
    ++given;
    cursor = EventCursor{id, created_s, 0, ""};
  }
  reply.cursor(cursor.text());
  if (given > 0 && (is_cut || page.has_more)) return sdk::SourceResult::more;
  return given > 0 ? sdk::SourceResult::records : sdk::SourceResult::nothing;
}

// Without an event to start from, the oldest page is found by passing all newer ones.
sdk::SourceResult Events::walk_back(EventCursor cursor, const sdk::SourceCall& call,
                                    const common::Deadline& deadline, sdk::SourceReply& reply) {
  for (int passed = 0; passed < walk_pages_max; ++passed) {
    std::vector<std::pair<std::string, std::string>> query;
    if (cursor.since_s > 0) query.emplace_back("created[gte]", std::to_string(cursor.since_s));
    if (!cursor.walk.empty()) query.emplace_back("starting_after", cursor.walk);
    Answer<Page> page = read(query, page_max, deadline);
    if (!page) return common::source_result_of(page.error(), reply);
    if (!page->has_more && page->events.empty()) {
      if (cursor.walk.empty()) break;
      // What was passed on the way has expired meanwhile: the next poll walks again.
      cursor.walk.clear();
      reply.cursor(cursor.text());
      return sdk::SourceResult::more;
    }
    if (!page->has_more) {
      // Newer pages follow by ending_before as soon as this one is given.
      const bool was_walking = !cursor.walk.empty();
      page->has_more = was_walking;
      return give(cursor, *page, call, deadline, reply);
    }
    cursor.walk = common::text_at(page->events.back(), {"id"});
  }
  reply.cursor(cursor.text());
  return cursor.walk.empty() ? sdk::SourceResult::nothing : sdk::SourceResult::more;
}

sdk::SourceResult Events::poll(const sdk::SourceCall& call, sdk::SourceReply& reply) {
  const common::Deadline deadline(call.deadline_ms);
  EventCursor cursor;
  if (call.cursor.empty()) {
    Answer<EventCursor> first = begin(call, deadline);
    if (!first) return common::source_result_of(first.error(), reply);
    cursor = std::move(*first);
  } else {
    common::Parsed<EventCursor> kept = EventCursor::read(call.cursor);
    if (!kept) {
      reply.explain({.code = "cursor_unreadable", .text = kept.error()});
      return sdk::SourceResult::cursor_invalid;
    }
    cursor = std::move(*kept);
  }
  if (cursor.after.empty()) return walk_back(std::move(cursor), call, deadline, reply);
  const std::size_t limit = std::clamp<std::size_t>(call.records_max, 1, page_max);
  const Answer<Page> page = read({{"ending_before", cursor.after}}, limit, deadline);
  if (!page) {
    if (page.error().code == "resource_missing") {
      return lost(cursor, page.error(), call.now_ms, reply);
    }
    return common::source_result_of(page.error(), reply);
  }
  return give(std::move(cursor), *page, call, deadline, reply);
}

}  // namespace perennial::plugins::billing
