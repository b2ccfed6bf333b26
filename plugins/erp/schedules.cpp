#include "plugins/erp/schedules.hpp"

#include "plugins/common/url.hpp"
#include "plugins/erp/odata.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Answer;
using common::HttpResponse;
using common::Json;
using sdk::SourceResult;

bool is_removed(const Json& entity) {
  const std::string context = common::text_at(entity, {"@odata.context"});
  return entity.contains("@removed") || entity.contains("@odata.removed") ||
         context.find("/$deletedEntity") != std::string::npos;
}

Json record_of(const Json& entity) {
  Json record = readable(entity);
  if (is_removed(entity)) record["removed"] = true;
  return record;
}

}  // namespace

std::string LinkCursor::text() const {
  return common::text_of({{"v", 1}, {"link", link}, {"taken", taken}, {"quiet", is_quiet}});
}

common::Parsed<LinkCursor> LinkCursor::read(std::string_view text) {
  const common::Parsed<Json> parsed = common::parse_json(text);
  if (!parsed) return tl::unexpected(parsed.error());
  const Json* taken = common::find_at(*parsed, {"taken"});
  const Json* quiet = common::find_at(*parsed, {"quiet"});
  LinkCursor cursor;
  cursor.link = common::text_at(*parsed, {"link"});
  const bool is_sound = common::text_at(*parsed, {"v"}) == "1" && !cursor.link.empty() &&
                        taken != nullptr && taken->is_number_integer() && *taken >= 0 &&
                        quiet != nullptr && quiet->is_boolean();
  if (!is_sound) return tl::unexpected(std::string("not a cursor of version 1"));
  cursor.taken = taken->get<std::size_t>();
  cursor.is_quiet = quiet->get<bool>();
  return cursor;
}

Answer<LinkCursor> Schedules::begin(const sdk::SourceCall& call) const {
  LinkCursor cursor;
  std::vector<std::pair<std::string, std::string>> query;
  if (!config_.schedule_expand.empty()) query.emplace_back("$expand", config_.schedule_expand);
  cursor.is_quiet = call.start == "now" || call.start.empty();
  if (!cursor.is_quiet && call.start != "all") {
    const auto from = common::ms_of_iso(call.start);
    if (!from) {
      return tl::unexpected(common::Fault{
          common::kinds::rejected, "start_unreadable",
          "`start` must be now, all or an RFC 3339 time; it is " + std::string(call.start)});
    }
    query.emplace_back("$filter", "LastChangeDateTime ge " + common::iso_of_ms(*from));
  }
  cursor.link = config_.schedule_entity;
  if (!query.empty()) cursor.link += "?" + common::query_of(query);
  return cursor;
}

Answer<Schedules::Page> Schedules::read_page(const LinkCursor& cursor, const sdk::SourceCall& call,
                                             const common::Deadline& deadline) {
  const auto path =
      below_service(cursor.link, config_.connection.base_url, config_.schedule_service);
  if (!path) {
    return tl::unexpected(
        common::Fault{common::kinds::rejected, "link_elsewhere",
                      "the service gave a link that leads out of it: " + cursor.link});
  }
  Access access;
  access.service = config_.schedule_service;
  access.path = *path;
  access.headers.add("Accept", "application/json;IEEE754Compatible=true");
  access.headers.add("Prefer", "odata.track-changes,odata.maxpagesize=" +
                                   std::to_string(std::max(call.records_max, 1u)));
  const Answer<HttpResponse> answer = session_.read(access, deadline, call.now_ms);
  if (!answer) return tl::unexpected(answer.error());
  common::Parsed<Json> entities = entities_of(answer->body);
  const common::Parsed<Json> whole = common::parse_json(answer->body);
  if (!entities || !whole) {
    return tl::unexpected(
        common::as_read(common::unreadable_answer(entities ? whole.error() : entities.error())));
  }
  return Page{std::move(*entities), common::text_at(*whole, {"@odata.nextLink"}),
              common::text_at(*whole, {"@odata.deltaLink"})};
}

bool Schedules::emit(const Page& page, LinkCursor& cursor, std::size_t& given,
                     sdk::SourceReply& reply) const {
  if (cursor.is_quiet) return true;
  for (std::size_t index = cursor.taken; index < page.entities.size(); ++index) {
    const Json& entity = page.entities[index];
    // A schedule comes again whenever it changed, under the same key and another ETag.
    std::string id = common::text_at(entity, {config_.schedule_key.c_str()});
    if (id.empty()) id = common::text_at(entity, {"@odata.id"});
    if (id.empty()) id = common::text_at(entity, {"id"});
    id += " " + common::text_at(entity, {is_removed(entity) ? "reason" : "@odata.etag"});
    const std::string body = common::msgpack_of(record_of(entity));
    if (!reply.emit({.form = sdk::Form::vendor, .id = id, .body = body})) return false;
    ++given;
    cursor.taken = index + 1;
  }
  return true;
}

SourceResult Schedules::poll(const sdk::SourceCall& call, sdk::SourceReply& reply) {
  const common::Deadline deadline(call.deadline_ms);
  LinkCursor cursor;
  if (call.cursor.empty()) {
    common::Answer<LinkCursor> first = begin(call);
    if (!first) return common::source_result_of(first.error(), reply);
    cursor = std::move(*first);
  } else {
    common::Parsed<LinkCursor> kept = LinkCursor::read(call.cursor);
    if (!kept) {
      reply.explain({.code = "cursor_unreadable", .text = kept.error()});
      return SourceResult::cursor_invalid;
    }
    cursor = std::move(*kept);
  }
  const Answer<Page> page = read_page(cursor, call, deadline);
  if (!page && page.error().status == 410) {
    reply.explain({.code = "delta_link_expired",
                   .text = "the service no longer keeps the changes since the last poll: " +
                           page.error().text});
    return SourceResult::cursor_invalid;
  }
  if (!page) return common::source_result_of(page.error(), reply);
  if (page->next.empty() && page->delta.empty()) {
    reply.explain({.code = "delta_link_missing",
                   .text = "the service gave no delta link: its entity " + config_.schedule_entity +
                           " must track changes"});
    return SourceResult::rejected;
  }
  std::size_t given = 0;
  const bool is_whole = emit(*page, cursor, given, reply);
  if (is_whole) {
    const bool is_end = page->next.empty();
    cursor.link = is_end ? page->delta : page->next;
    cursor.taken = 0;
    if (is_end) cursor.is_quiet = false;
  }
  const std::string text = cursor.text();
  if (text.size() > PERENNIAL_CURSOR_BYTES_MAX) {
    reply.explain({.code = "cursor_too_large", .text = "the links of the service are too long"});
    return SourceResult::rejected;
  }
  reply.cursor(text);
  if (!is_whole || !page->next.empty()) return SourceResult::more;
  return given > 0 ? SourceResult::records : SourceResult::nothing;
}

}  // namespace perennial::plugins::erp
