// Closed-won renewals as a source, by a keyset over (SystemModstamp, Id).
//
// Thread:  one poll at a time.
// Errors:  SourceResult; a cursor that cannot be read is cursor_invalid, never a silent restart.
// Format:  "SOQL SELECT Syntax" and "Query" (REST API Developer Guide). The keyset needs no query
//          locator, so none can expire. A stamp has the precision of a second and records become
//          visible after their stamp, so reading ends before the org's present second minus lag_ms.
#ifndef PERENNIAL_PLUGINS_SALESFORCE_OPPORTUNITIES_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_OPPORTUNITIES_HPP

#include "plugins/salesforce/org.hpp"

namespace perennial::plugins::salesforce {

struct OpportunityCursor {
  std::string stamp;  // "2026-01-31T10:00:00.000Z"; "" reads from the beginning
  std::string id;     // last record of that stamp; "" when none of it was read

  std::string text() const;
  static common::Parsed<OpportunityCursor> read(std::string_view text);
};

class Opportunities {
 public:
  explicit Opportunities(Org& org) : org_(org) {}

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply);

 private:
  common::Answer<OpportunityCursor> cursor_of(const sdk::SourceCall& call, std::int64_t server_ms);
  common::Answer<common::Json> with_all_lines(common::Json record, const Moment& moment);
  sdk::SourceResult give(OpportunityCursor cursor, const common::Json& page, const Moment& moment,
                         sdk::SourceReply& reply, std::size_t limit);

  Org& org_;
};

// The query for what comes after `cursor` and before `high_ms`.
std::string opportunity_query(const Config& config, const OpportunityCursor& cursor,
                              std::int64_t high_ms, std::size_t limit);

}  // namespace perennial::plugins::salesforce

#endif
