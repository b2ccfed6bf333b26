// Where a source stands in its remote's list, and how it asks for the next page. Pure.
//
// Errors:  Parsed or a Fault says why there is no next page although there should be one.
// Limits:  a cursor of PERENNIAL_CURSOR_BYTES_MAX; Paging::pages_max pages in one walk.
// Format:  the cursor is a JSON map {"v":1, ...} with the fields of PageCursor that are set.
#ifndef PERENNIAL_PLUGINS_HTTP_PAGES_HPP
#define PERENNIAL_PLUGINS_HTTP_PAGES_HPP

#include "plugins/http/answers.hpp"

namespace perennial::plugins::http {

struct PageCursor {
  std::string after;       // position up to which all was read; "" reads from the beginning
  std::string high;        // highest position that this walk has met
  std::string next;        // page number, offset, token or link of the next page; "" begins a walk
  std::int64_t pages = 0;  // pages of this walk
  std::int64_t seen = 0;   // records of this walk
  std::size_t skip = 0;    // records of the next page that were given already
  std::string skip_id;     // identity of the last of them

  std::string text() const;
  static common::Parsed<PageCursor> read(std::string_view text);
};

// A page as it came.
struct Page {
  const common::Json& records;
  const Seen& seen;
  const std::string& url;  // that was asked for
};

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

// The query parameters that ask for the page at which the cursor stands; a link has none.
QueryPairs page_query(const Source& source, const PageCursor& cursor);

// What asks for the page after this one; "" when this one is the last.
common::Answer<std::string> next_page(const Source& source, const PageCursor& cursor,
                                      const Page& page, const std::string& base_url);

// A position as the remote's parameter wants it, from a time of ours.
std::string position_text(PositionFormat format, std::int64_t ms);
// The higher of two positions; texts have no order of their own, so the later one is.
std::string higher(PositionFormat format, const std::string& one, const std::string& other);

// The target of the first link with that relation (RFC 8288), or "".
std::string link_target(const std::vector<std::string>& fields, std::string_view relation);
// A target as a whole URL (RFC 3986, 5.2, for targets without dot segments); nothing when it leads
// to another host than `base_url`, where the credentials have no business.
std::optional<std::string> resolved_link(const std::string& url, const std::string& target,
                                         const std::string& base_url);
// The URL without the query parameters of that name.
std::string without_parameter(const std::string& url, const std::string& name);

}  // namespace perennial::plugins::http

#endif
