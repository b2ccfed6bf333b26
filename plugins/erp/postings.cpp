#include "plugins/erp/postings.hpp"

#include <algorithm>

#include "plugins/erp/odata.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;

// Each series adds about 200 bytes of URL; the ICM's default limit is 8 KiB. Series beyond are
// filtered here instead.
constexpr std::size_t series_in_filter_max = 16;
// A document of yesterday may become visible a little after midnight, when its posting runs long.
constexpr std::int64_t overlap_ms = 3'600'000;

std::string series_of(const Json& posting) {
  return common::text_at(posting, {"CompanyCode"}) + "|" +
         common::text_at(posting, {"FiscalYear"}) + "|" +
         common::text_at(posting, {"AccountingDocumentType"});
}

std::vector<std::string> parts_of(const std::string& series) {
  const std::size_t first = series.find('|');
  const std::size_t second = series.find('|', first + 1);
  return {series.substr(0, first), series.substr(first + 1, second - first - 1),
          series.substr(second + 1)};
}

bool is_seen(const PostingCursor& cursor, const Json& posting) {
  const auto mark = cursor.marks.find(series_of(posting));
  if (mark == cursor.marks.end()) return false;
  return std::pair(common::text_at(posting, {"AccountingDocument"}),
                   common::text_at(posting, {"AccountingDocumentItem"})) <=
         std::pair(mark->second.document, mark->second.line);
}

std::string id_of(const Json& posting) {
  return common::text_at(posting, {"CompanyCode"}) + "-" +
         common::text_at(posting, {"FiscalYear"}) + "-" +
         common::text_at(posting, {"AccountingDocument"}) + "-" +
         common::text_at(posting, {"AccountingDocumentItem"});
}

// Days that are surely over need no reading again: the cursor moves to the day that holds
// `now - overlap`, and forgets series whose last document is older.
void move_day(PostingCursor& cursor, std::int64_t now_ms) {
  const std::string day = common::iso_of_ms(now_ms - overlap_ms).substr(0, 10);
  if (day <= cursor.day) return;
  cursor.day = day;
  std::erase_if(cursor.marks, [&](const auto& entry) { return entry.second.day < day; });
}

}  // namespace

std::string PostingCursor::text() const {
  Json series = Json::object();
  for (const auto& [name, mark] : marks) {
    series[name] = Json::array({mark.document, mark.line, mark.day});
  }
  return common::text_of({{"v", 1}, {"day", day}, {"series", series}});
}

common::Parsed<PostingCursor> PostingCursor::read(std::string_view text) {
  const common::Parsed<Json> parsed = common::parse_json(text);
  if (!parsed) return tl::unexpected(parsed.error());
  const Json* series = common::find_at(*parsed, {"series"});
  if (common::text_at(*parsed, {"v"}) != "1" || series == nullptr || !series->is_object()) {
    return tl::unexpected(std::string("not a cursor of version 1"));
  }
  PostingCursor cursor;
  cursor.day = common::text_at(*parsed, {"day"});
  for (const auto& [name, mark] : series->items()) {
    const bool is_sound =
        mark.is_array() && mark.size() == 3 && std::count(name.begin(), name.end(), '|') == 2 &&
        std::all_of(mark.begin(), mark.end(), [](const Json& part) { return part.is_string(); });
    if (!is_sound) return tl::unexpected(std::string("a series that cannot be read: ") + name);
    cursor.marks[name] = {mark[0].get<std::string>(), mark[1].get<std::string>(),
                          mark[2].get<std::string>()};
  }
  return cursor;
}

std::string posting_filter(const PostingCursor& cursor, std::string_view extra) {
  std::vector<std::string> conditions;
  if (!extra.empty()) conditions.push_back("(" + std::string(extra) + ")");
  if (!cursor.day.empty()) {
    conditions.push_back("AccountingDocumentCreationDate ge datetime'" + cursor.day + "T00:00:00'");
  }
  std::size_t count = 0;
  for (const auto& [name, mark] : cursor.marks) {
    if (++count > series_in_filter_max) break;
    const std::vector<std::string> parts = parts_of(name);
    conditions.push_back("(CompanyCode ne " + literal(parts[0]) + " or FiscalYear ne " +
                         literal(parts[1]) + " or AccountingDocumentType ne " + literal(parts[2]) +
                         " or AccountingDocument gt " + literal(mark.document) +
                         " or (AccountingDocument eq " + literal(mark.document) +
                         " and AccountingDocumentItem gt " + literal(mark.line) + "))");
  }
  std::string filter;
  for (const std::string& condition : conditions) {
    filter += (filter.empty() ? "" : " and ") + condition;
  }
  return filter;
}

common::Answer<Postings::Page> Postings::read_page(const PostingCursor& cursor, std::size_t skip,
                                                   std::size_t top,
                                                   const common::Deadline& deadline,
                                                   std::int64_t now_ms) {
  Access access;
  access.service = config_.posting_service;
  access.path = config_.posting_entity;
  const std::string filter = posting_filter(cursor, config_.posting_filter);
  if (!filter.empty()) access.query.emplace_back("$filter", filter);
  access.query.emplace_back("$orderby",
                            "CompanyCode,FiscalYear,AccountingDocument,AccountingDocumentItem");
  access.query.emplace_back("$top", std::to_string(top));
  if (skip > 0) access.query.emplace_back("$skip", std::to_string(skip));
  access.query.emplace_back("$format", "json");
  const common::Answer<common::HttpResponse> answer = session_.read(access, deadline, now_ms);
  if (!answer) return tl::unexpected(answer.error());
  common::Parsed<Json> postings = entities_of(answer->body);
  if (!postings) {
    return tl::unexpected(common::as_read(common::unreadable_answer(postings.error())));
  }
  // Days are the server's days, whatever our clock says.
  const auto date = answer->headers.find("date");
  const auto server_ms = date ? common::ms_of_http_date(*date) : std::nullopt;
  return Page{std::move(*postings), server_ms.value_or(now_ms)};
}

common::Answer<PostingCursor> Postings::begin(const sdk::SourceCall& call,
                                              const common::Deadline& deadline) {
  PostingCursor cursor;
  if (call.start == "all") return cursor;
  if (call.start == "now" || call.start.empty()) {
    const common::Answer<Page> page = read_page(cursor, 0, 1, deadline, call.now_ms);
    if (!page) return tl::unexpected(page.error());
    cursor.day = common::iso_of_ms(page->server_ms).substr(0, 10);
    return cursor;
  }
  const auto from = common::ms_of_iso(call.start);
  if (!from) {
    return tl::unexpected(common::Fault{
        common::kinds::rejected, "start_unreadable",
        "`start` must be now, all or an RFC 3339 time; it is " + std::string(call.start)});
  }
  cursor.day = common::iso_of_ms(*from).substr(0, 10);
  return cursor;
}

std::size_t Postings::emit_new(const common::Json& postings, PostingCursor& cursor,
                               sdk::SourceReply& reply, bool& is_full) {
  std::size_t given = 0;
  for (const Json& posting : postings) {
    if (is_seen(cursor, posting)) continue;
    const Json record = readable(posting);
    const std::string id = id_of(record);
    const std::string body = common::msgpack_of(record);
    if (!reply.emit({.form = sdk::Form::vendor, .id = id, .body = body})) {
      is_full = true;
      break;
    }
    ++given;
    cursor.marks[series_of(record)] = {common::text_at(record, {"AccountingDocument"}),
                                       common::text_at(record, {"AccountingDocumentItem"}),
                                       common::text_at(record, {"AccountingDocumentCreationDate"})};
  }
  return given;
}

sdk::SourceResult Postings::poll(const sdk::SourceCall& call, sdk::SourceReply& reply) {
  const common::Deadline deadline(call.deadline_ms);
  PostingCursor cursor;
  if (!call.cursor.empty()) {
    common::Parsed<PostingCursor> kept = PostingCursor::read(call.cursor);
    if (!kept) {
      reply.explain({.code = "cursor_unreadable", .text = kept.error()});
      return sdk::SourceResult::cursor_invalid;
    }
    cursor = std::move(*kept);
  } else {
    common::Answer<PostingCursor> first = begin(call, deadline);
    if (!first) return common::source_result_of(first.error(), reply);
    cursor = std::move(*first);
  }
  const std::size_t top = std::clamp<std::size_t>(call.records_max, 1, 1000);
  std::size_t given = 0;
  bool is_full = true;
  // Pages of nothing but seen postings are passed over; they occur only beyond the series limit.
  for (std::size_t skip = 0; is_full && given == 0; skip += top) {
    const common::Answer<Page> page = read_page(cursor, skip, top, deadline, call.now_ms);
    if (!page) return common::source_result_of(page.error(), reply);
    is_full = page->postings.size() >= top;
    given = emit_new(page->postings, cursor, reply, is_full);
    if (!is_full) move_day(cursor, page->server_ms);
  }
  return finish(cursor, given, is_full, reply);
}

sdk::SourceResult Postings::finish(const PostingCursor& cursor, std::size_t given, bool is_full,
                                   sdk::SourceReply& reply) {
  const std::string text = cursor.text();
  if (text.size() > PERENNIAL_CURSOR_BYTES_MAX) {
    reply.explain({.code = "cursor_too_large",
                   .text = "too many company codes and document types for one source: narrow "
                           "`posting_filter`, for instance to AccountingDocumentType eq 'RV'"});
    return sdk::SourceResult::rejected;
  }
  reply.cursor(text);
  if (is_full && given > 0) return sdk::SourceResult::more;
  return given > 0 ? sdk::SourceResult::records : sdk::SourceResult::nothing;
}

}  // namespace perennial::plugins::erp
