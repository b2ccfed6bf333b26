// The source of an http connector: one page a poll.
//
// Thread:  one poll at a time.
// Errors:  SourceResult; a cursor that cannot be read is cursor_invalid, never a silent restart.
//          An answer of another shape than the configuration says is rejected, which a person sees.
#ifndef PERENNIAL_PLUGINS_HTTP_RECORDS_HPP
#define PERENNIAL_PLUGINS_HTTP_RECORDS_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/http/caller.hpp"
#include "plugins/http/pages.hpp"

namespace perennial::plugins::http {

class Records {
 public:
  Records(const Config& config, Caller& caller) : config_(config), caller_(caller) {}

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply);

 private:
  common::Answer<PageCursor> begin(const sdk::SourceCall& call) const;
  common::Answer<common::HttpRequest> request(const PageCursor& cursor) const;
  sdk::SourceResult give(const Page& page, PageCursor cursor, sdk::SourceReply& reply) const;
  sdk::SourceResult go_on(const Page& page, PageCursor cursor, bool has_given,
                          sdk::SourceReply& reply) const;
  std::string id_of(const common::Json& record) const;

  const Config& config_;
  Caller& caller_;
};

}  // namespace perennial::plugins::http

#endif
