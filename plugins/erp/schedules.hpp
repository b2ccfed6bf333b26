// Revenue schedules as a source: an entity of the customer's own OData v4 service, read page by
// page as the server cuts them, then by its delta links.
//
// Thread:  one poll at a time.
// Errors:  SourceResult; a delta link that the server no longer knows (410) is cursor_invalid.
// Format:  OData 4.01 Protocol, 11.2.6.7 (server-driven paging, @odata.nextLink), 11.3 (requesting
//          changes: Prefer odata.track-changes, @odata.deltaLink, deleted entities).
#ifndef PERENNIAL_PLUGINS_ERP_SCHEDULES_HPP
#define PERENNIAL_PLUGINS_ERP_SCHEDULES_HPP

#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

// The link to be read next, and how many entities of its page were taken.
struct LinkCursor {
  std::string link;
  std::size_t taken = 0;
  bool is_quiet = false;  // read up to the first delta link without giving anything

  std::string text() const;
  static common::Parsed<LinkCursor> read(std::string_view text);
};

class Schedules {
 public:
  Schedules(const Config& config, Session& session) : config_(config), session_(session) {}

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply);

 private:
  struct Page {
    common::Json entities;
    std::string next;
    std::string delta;
  };

  common::Answer<LinkCursor> begin(const sdk::SourceCall& call) const;
  common::Answer<Page> read_page(const LinkCursor& cursor, const sdk::SourceCall& call,
                                 const common::Deadline& deadline);
  // Whether all of the page was given.
  bool emit(const Page& page, LinkCursor& cursor, std::size_t& given,
            sdk::SourceReply& reply) const;

  const Config& config_;
  Session& session_;
};

}  // namespace perennial::plugins::erp

#endif
