// Records of one object with their lines as a source, by a keyset over (SystemModstamp, Id).
//
// Thread:  one poll at a time.
// Errors:  SourceResult; a cursor that cannot be read is cursor_invalid, never a silent restart.
// Format:  "SOQL SELECT Syntax" and "Query" (REST API Developer Guide). The keyset needs no query
//          locator, so none can expire. A stamp has the precision of a second and records become
//          visible after their stamp, so reading ends before the org's present second minus lag_ms.
#ifndef PERENNIAL_PLUGINS_SALESFORCE_RECORDS_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_RECORDS_HPP

#include "plugins/salesforce/org.hpp"

namespace perennial::plugins::salesforce {

// What a source reads: an object, its fields, one child relationship, and which records.
struct Feed {
  std::string object;
  std::string fields;
  std::string lines;  // child relationship
  std::string line_fields;
  std::string filter;
};

Feed opportunity_feed(const Config& config);
Feed quote_feed(const Config& config);

struct RecordCursor {
  std::string stamp;  // "2026-01-31T10:00:00.000Z"; "" reads from the beginning
  std::string id;     // last record of that stamp; "" when none of it was read
  std::string until;  // everything up to here was read; without `stamp` a sweep begins before it
  std::string from;   // where the source began; nothing older is given

  std::string text() const;
  static common::Parsed<RecordCursor> read(std::string_view text);
};

class Records {
 public:
  Records(Org& org, Feed feed) : org_(org), feed_(std::move(feed)) {}

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply);

 private:
  common::Answer<RecordCursor> cursor_of(const sdk::SourceCall& call, std::int64_t server_ms);
  common::Answer<common::Json> with_all_lines(common::Json record, const Moment& moment);
  sdk::SourceResult give(RecordCursor cursor, const common::Json& page, const Moment& moment,
                         sdk::SourceReply& reply, std::size_t limit);
  void begin_sweep(RecordCursor& cursor) const;
  RecordCursor caught_up(RecordCursor cursor) const;

  Org& org_;
  const Feed feed_;
};

// The query for what comes after `cursor` and before `high_ms`.
std::string record_query(const Feed& feed, const RecordCursor& cursor, std::int64_t high_ms,
                         std::size_t limit);

}  // namespace perennial::plugins::salesforce

#endif
