#include "plugins/http/records.hpp"

#include "plugins/common/url.hpp"
#include "plugins/http/faults.hpp"

namespace perennial::plugins::http {
namespace {

using common::Answer;
using common::Fault;
using common::Json;
using sdk::SourceResult;

SourceResult explained(SourceResult result, const Fault& fault, sdk::SourceReply& reply) {
  reply.explain({.code = fault.code, .text = fault.text, .after_ms = fault.after_ms});
  return result;
}

bool keep(const PageCursor& cursor, sdk::SourceReply& reply) {
  const std::string text = cursor.text();
  if (text.size() > PERENNIAL_CURSOR_BYTES_MAX) return false;
  reply.cursor(text);
  return true;
}

SourceResult too_long(sdk::SourceReply& reply) {
  return explained(SourceResult::rejected,
                   {common::kinds::rejected, "cursor_too_large",
                    "the remote's token or link of the next page exceeds " +
                        std::to_string(PERENNIAL_CURSOR_BYTES_MAX) + " bytes"},
                   reply);
}

}  // namespace

Answer<PageCursor> Records::begin(const sdk::SourceCall& call) const {
  PageCursor cursor;
  if (call.start == "all") return cursor;
  const auto& position = config_.source->position;
  if (!position || position->format == PositionFormat::text) {
    return tl::unexpected(Fault{
        common::kinds::rejected, "start_unusable",
        "`start: " + std::string(call.start) +
            "` needs `source.position` with a `format` of time; without one only `all` works"});
  }
  const bool is_now = call.start == "now" || call.start.empty();
  const auto from = is_now ? std::optional(call.now_ms) : common::ms_of_iso(call.start);
  if (!from) {
    return tl::unexpected(
        Fault{common::kinds::rejected, "start_unreadable",
              "`start` must be now, all or an RFC 3339 time; it is " + std::string(call.start)});
  }
  cursor.after = position_text(position->format, *from);
  return cursor;
}

Answer<common::HttpRequest> Records::request(const PageCursor& cursor) const {
  const Source& source = *config_.source;
  const Json nothing = Json::object();
  Answer<common::HttpRequest> request = caller_.request(*source.call, {nothing, nothing, ""});
  if (!request) return request;
  if (source.paging.kind == PagingKind::link && !cursor.next.empty()) {
    request->url = cursor.next;
    return request;
  }
  const std::string query = common::query_of(page_query(source, cursor));
  if (query.empty()) return request;
  request->url += (request->url.find('?') == std::string::npos ? "?" : "&") + query;
  return request;
}

std::string Records::id_of(const Json& record) const {
  std::string id = text_of_place(config_.source->id, record);
  const std::string version = text_of_place(config_.source->version, record);
  if (!id.empty() && !version.empty()) id += "@" + version;
  return id;
}

SourceResult Records::poll(const sdk::SourceCall& call, sdk::SourceReply& reply) {
  if (!config_.source) {
    return explained(SourceResult::rejected,
                     {common::kinds::rejected, "source_missing",
                      "the configuration has no `source`; add it, or take the source away"},
                     reply);
  }
  const common::Deadline deadline(call.deadline_ms);
  PageCursor cursor;
  if (!call.cursor.empty()) {
    common::Parsed<PageCursor> kept = PageCursor::read(call.cursor);
    if (!kept) {
      return explained(SourceResult::cursor_invalid,
                       {common::kinds::rejected, "cursor_unreadable", kept.error()}, reply);
    }
    cursor = std::move(*kept);
  } else {
    Answer<PageCursor> first = begin(call);
    if (!first) return common::source_result_of(first.error(), reply);
    cursor = std::move(*first);
  }
  const Answer<common::HttpRequest> made = request(cursor);
  if (!made) return common::source_result_of(made.error(), reply);
  const Answer<Seen> seen = caller_.send(*made, deadline, call.now_ms);
  if (!seen) return common::source_result_of(common::as_read(seen.error()), reply);
  const Source& source = *config_.source;
  const Json nothing = Json::object();
  const Verdict verdict = judge(*source.call, *seen, {nothing, nothing, ""}, true);
  if (verdict.word == Word::cursor_invalid) {
    return explained(SourceResult::cursor_invalid, verdict.fault, reply);
  }
  if (verdict.word != Word::done) return common::source_result_of(verdict.fault, reply);
  if (!seen->unreadable.empty()) {
    return common::source_result_of(common::as_read(common::unreadable_answer(seen->unreadable)),
                                    reply);
  }
  const Json* records = source.records.find(seen->body);
  if (records == nullptr || !records->is_array()) {
    return explained(SourceResult::rejected,
                     {common::kinds::rejected, "records_missing",
                      "the answer has no list at \"" + source.records.text() +
                          "\", where `source.records` expects it"},
                     reply);
  }
  return give({*records, *seen, made->url}, std::move(cursor), reply);
}

SourceResult Records::give(const Page& page, PageCursor cursor, sdk::SourceReply& reply) const {
  const auto& position = config_.source->position;
  // The same records are passed over only when they are the same: a list that moved is read again.
  const bool is_same = cursor.skip > 0 && cursor.skip <= page.records.size() &&
                       id_of(page.records[cursor.skip - 1]) == cursor.skip_id;
  const std::size_t begin = is_same ? cursor.skip : 0;
  cursor.skip = 0;
  cursor.skip_id.clear();
  for (std::size_t index = begin; index < page.records.size(); ++index) {
    const Json& record = page.records[index];
    const std::string id = id_of(record);
    const std::string body = common::msgpack_of(record);
    if (!reply.emit({.form = sdk::Form::vendor, .id = id, .body = body})) {
      cursor.skip = index;
      if (index > 0) cursor.skip_id = id_of(page.records[index - 1]);
      return keep(cursor, reply) ? SourceResult::more : too_long(reply);
    }
    if (position) {
      cursor.high = higher(position->format, cursor.high, text_of_place(position->at, record));
    }
  }
  return go_on(page, std::move(cursor), page.records.size() > begin, reply);
}

SourceResult Records::go_on(const Page& page, PageCursor cursor, bool has_given,
                            sdk::SourceReply& reply) const {
  const Source& source = *config_.source;
  Answer<std::string> next = next_page(source, cursor, page, config_.connection.base_url);
  if (!next) return common::source_result_of(next.error(), reply);
  const bool is_keyset = source.paging.kind == PagingKind::keyset;
  if (next->empty()) {
    if (source.position && !is_keyset) {
      cursor.after = higher(source.position->format, cursor.after, cursor.high);
    }
    PageCursor rest;
    rest.after = cursor.after;
    if (!keep(rest, reply)) return too_long(reply);
    return has_given ? SourceResult::records : SourceResult::nothing;
  }
  cursor.pages += 1;
  cursor.seen += static_cast<std::int64_t>(page.records.size());
  if (is_keyset) {
    cursor.after = std::move(*next);
    cursor.high.clear();
  } else if (config_.auth.kind == AuthKind::api_key && config_.auth.is_in_query) {
    cursor.next = without_parameter(*next, config_.auth.name);
  } else {
    cursor.next = std::move(*next);
  }
  return keep(cursor, reply) ? SourceResult::more : too_long(reply);
}

}  // namespace perennial::plugins::http
