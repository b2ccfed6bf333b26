#include "plugins/http/pages.hpp"

#include <algorithm>
#include <charconv>

#include "plugins/common/url.hpp"

namespace perennial::plugins::http {
namespace {

using common::Answer;
using common::Fault;
using common::Json;

std::int64_t number_of(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Requires: a value that position_text() or a record of that format gave; 0 when it is no time.
std::int64_t ms_of_position(PositionFormat format, const std::string& text) {
  if (format == PositionFormat::rfc3339) return common::ms_of_iso(text).value_or(0);
  return number_of(text) * (format == PositionFormat::epoch_s ? 1000 : 1);
}

std::string position_to_ask_from(const Position& position, const std::string& after) {
  if (position.overlap_ms == 0) return after;
  const std::int64_t ms = ms_of_position(position.format, after) - position.overlap_ms;
  return position_text(position.format, std::max<std::int64_t>(ms, 0));
}

Fault stuck(const std::string& text) {
  return {common::kinds::rejected, "paging_stuck", text};
}

Answer<std::string> next_number(const Source& source, const PageCursor& cursor, const Page& page) {
  const Paging& paging = source.paging;
  const auto count = static_cast<std::int64_t>(page.records.size());
  if (count == 0) return std::string();
  if (paging.total) {
    const auto total = count_of(*paging.total, page.seen.body);
    if (!total) {
      return tl::unexpected(Fault{common::kinds::rejected, "total_missing",
                                  "the answer has no number at " + paging.total->text() +
                                      ", where `source.paging.total` expects it"});
    }
    if (cursor.seen + count >= *total) return std::string();
  }
  const std::int64_t here = cursor.next.empty() ? paging.first : number_of(cursor.next);
  return std::to_string(paging.kind == PagingKind::page ? here + 1 : here + count);
}

Answer<std::string> next_link(const Source& source, const Page& page, const std::string& base_url) {
  const Paging& paging = source.paging;
  const std::string target = paging.at
                                 ? text_of_place(paging.at, page.seen.body)
                                 : link_target(page.seen.response.headers.find_all("link"), "next");
  if (target.empty()) return std::string();
  const auto link = resolved_link(page.url, target, base_url);
  if (link) return *link;
  return tl::unexpected(Fault{common::kinds::rejected, "link_elsewhere",
                              "the next page is said to be at " + common::excerpt_of(target) +
                                  ", which is not on the host of `base_url`; it is not followed"});
}

// The pages of a keyset end with an empty one, or with one that does not go on.
Answer<std::string> next_key(const Source& source, const PageCursor& cursor, const Page& page) {
  if (page.records.empty()) return std::string();
  const std::string last = text_of_place(source.position->at, page.records.back());
  if (last.empty()) {
    return tl::unexpected(Fault{common::kinds::rejected, "position_missing",
                                "the last record of a page has nothing at " +
                                    source.position->at.text() +
                                    ", where `source.position.at` expects it"});
  }
  if (last != cursor.after) return last;
  const auto count = static_cast<std::int64_t>(page.records.size());
  if (source.paging.size == 0 || count < source.paging.size) return std::string();
  return tl::unexpected(
      stuck("a whole page of records has the position " + last +
            ": raise `source.paging.page_records`, or page by a field that is unique"));
}

// Up to the path: "https://host:443".
std::string origin_of(const std::string& url) {
  const std::size_t authority = url.find("://");
  if (authority == std::string::npos) return {};
  return url.substr(0, url.find_first_of("/?#", authority + 3));
}

// Takes one parameter "name=value" off a link's parameters, quotes considered.
bool is_related(std::string_view parameters, std::string_view relation) {
  const std::size_t at = parameters.find("rel=");
  if (at == std::string_view::npos) return false;
  std::string_view value = parameters.substr(at + 4);
  if (!value.empty() && value.front() == '"') {
    value.remove_prefix(1);
    value = value.substr(0, value.find('"'));
  } else {
    value = value.substr(0, value.find_first_of("; \t"));
  }
  // Several relations in one value are parted by blanks (RFC 8288, 3.3).
  while (!value.empty()) {
    const std::size_t blank = value.find(' ');
    const std::string_view one = value.substr(0, blank);
    if (common::equals_ignoring_case(one, relation)) return true;
    if (blank == std::string_view::npos) break;
    value.remove_prefix(blank + 1);
  }
  return false;
}

// The end of a link's parameters: the first comma outside of quotes.
std::size_t end_of_parameters(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') is_quoted = !is_quoted;
    if (text[at] == ',' && !is_quoted) return at;
  }
  return text.size();
}

}  // namespace

std::string PageCursor::text() const {
  Json fields = {{"v", 1}};
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) fields[name] = value;
  };
  put("after", after);
  put("high", high);
  put("next", next);
  put("skip_id", skip_id);
  if (pages > 0) fields["pages"] = pages;
  if (seen > 0) fields["seen"] = seen;
  if (skip > 0) fields["skip"] = skip;
  return common::text_of(fields);
}

common::Parsed<PageCursor> PageCursor::read(std::string_view text) {
  const common::Parsed<Json> parsed = common::parse_json(text);
  if (!parsed) return tl::unexpected(parsed.error());
  if (common::text_at(*parsed, {"v"}) != "1") {
    return tl::unexpected(std::string("not a cursor of version 1"));
  }
  PageCursor cursor;
  cursor.after = common::text_at(*parsed, {"after"});
  cursor.high = common::text_at(*parsed, {"high"});
  cursor.next = common::text_at(*parsed, {"next"});
  cursor.skip_id = common::text_at(*parsed, {"skip_id"});
  cursor.pages = number_of(common::text_at(*parsed, {"pages"}));
  cursor.seen = number_of(common::text_at(*parsed, {"seen"}));
  cursor.skip = static_cast<std::size_t>(
      std::max<std::int64_t>(number_of(common::text_at(*parsed, {"skip"})), 0));
  return cursor;
}

QueryPairs page_query(const Source& source, const PageCursor& cursor) {
  const Paging& paging = source.paging;
  QueryPairs pairs;
  if (source.position && !cursor.after.empty()) {
    pairs.emplace_back(source.position->parameter,
                       position_to_ask_from(*source.position, cursor.after));
  }
  if (!paging.size_parameter.empty()) {
    pairs.emplace_back(paging.size_parameter, std::to_string(paging.size));
  }
  const bool is_numbered = paging.kind == PagingKind::page || paging.kind == PagingKind::offset;
  if (is_numbered) {
    pairs.emplace_back(paging.parameter,
                       cursor.next.empty() ? std::to_string(paging.first) : cursor.next);
  } else if (paging.kind == PagingKind::token && !cursor.next.empty()) {
    pairs.emplace_back(paging.parameter, cursor.next);
  }
  return pairs;
}

Answer<std::string> next_page(const Source& source, const PageCursor& cursor, const Page& page,
                              const std::string& base_url) {
  const Paging& paging = source.paging;
  Answer<std::string> next = std::string();
  switch (paging.kind) {
    case PagingKind::none:
      return next;
    case PagingKind::page:
    case PagingKind::offset:
      next = next_number(source, cursor, page);
      break;
    case PagingKind::token:
      next = text_of_place(paging.at, page.seen.body);
      break;
    case PagingKind::link:
      next = next_link(source, page, base_url);
      break;
    case PagingKind::keyset:
      next = next_key(source, cursor, page);
      break;
  }
  if (!next || next->empty()) return next;
  if (*next == cursor.next) {
    return tl::unexpected(stuck("the remote names the page that was just read as the next one"));
  }
  if (cursor.pages + 1 >= paging.pages_max) {
    return tl::unexpected(
        Fault{common::kinds::rejected, "paging_endless",
              "there is no end after " + std::to_string(paging.pages_max) +
                  " pages; narrow the query, or raise `source.paging.pages_max`"});
  }
  return next;
}

std::string position_text(PositionFormat format, std::int64_t ms) {
  switch (format) {
    case PositionFormat::rfc3339:
      return common::iso_of_ms(ms);
    case PositionFormat::epoch_s:
      return std::to_string(ms / 1000);
    case PositionFormat::epoch_ms:
      return std::to_string(ms);
    case PositionFormat::text:
      break;
  }
  return {};
}

std::string higher(PositionFormat format, const std::string& one, const std::string& other) {
  if (one.empty()) return other;
  if (other.empty()) return one;
  if (format == PositionFormat::text) return other;
  return ms_of_position(format, other) > ms_of_position(format, one) ? other : one;
}

std::string link_target(const std::vector<std::string>& fields, std::string_view relation) {
  for (const std::string& field : fields) {
    std::string_view rest = field;
    while (true) {
      const std::size_t open = rest.find('<');
      const std::size_t close = rest.find('>', open);
      if (open == std::string_view::npos || close == std::string_view::npos) break;
      const std::string_view target = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close + 1);
      const std::size_t end = end_of_parameters(rest);
      if (is_related(rest.substr(0, end), relation)) return std::string(target);
      rest.remove_prefix(end);
    }
  }
  return {};
}

std::optional<std::string> resolved_link(const std::string& url, const std::string& target,
                                         const std::string& base_url) {
  const bool is_clean = std::all_of(target.begin(), target.end(), [](char letter) {
    return letter > 0x20 && letter < 0x7f && letter != '\\' && letter != '#';
  });
  if (!is_clean || target.rfind("//", 0) == 0) return std::nullopt;
  const std::string origin = origin_of(base_url);
  if (target.front() == '/') return origin + target;
  const std::string path = url.substr(0, url.find('?'));
  if (target.front() == '?') return path + target;
  const std::string scheme = target.substr(0, target.find_first_of("/?"));
  if (scheme.find(':') == std::string::npos) {
    return path.substr(0, path.rfind('/') + 1) + target;
  }
  const bool is_same = common::equals_ignoring_case(origin_of(target), origin);
  return is_same ? std::optional(target) : std::nullopt;
}

std::string without_parameter(const std::string& url, const std::string& name) {
  const std::size_t mark = url.find('?');
  if (mark == std::string::npos) return url;
  std::string out = url.substr(0, mark);
  std::string_view rest = std::string_view(url).substr(mark + 1);
  char separator = '?';
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.substr(0, pair.find('=')) == name) continue;
    out += separator;
    out += pair;
    separator = '&';
  }
  return out;
}

}  // namespace perennial::plugins::http
