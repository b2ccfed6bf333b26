// Accounting documents as a source: every line item once, in the order of its number range.
//
// Thread:  one poll at a time.
// Errors:  SourceResult; a cursor that cannot be read is cursor_invalid, never a silent restart.
// Format:  API_OPLACCTGDOCITEMCUBE_SRV, "Operational Journal Entry Item - Read" (api.sap.com). The
//          service tells creation by day only, and numbers rise within company code, fiscal year
//          and document type, so the cursor is the first day still of interest and the last number
//          seen of each such series. Other series of that day are read until they are seen.
#ifndef PERENNIAL_PLUGINS_ERP_POSTINGS_HPP
#define PERENNIAL_PLUGINS_ERP_POSTINGS_HPP

#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

// How far each series was read.
struct PostingCursor {
  struct Mark {
    std::string document;
    std::string line;
    std::string day;  // of the last document seen; a series of an old day may be forgotten
  };

  std::string day;                    // "2026-01-31"; "" reads from the beginning
  std::map<std::string, Mark> marks;  // by company code, fiscal year and type: "1710|2026|RV"

  std::string text() const;
  static common::Parsed<PostingCursor> read(std::string_view text);
};

class Postings {
 public:
  Postings(const Config& config, Session& session) : config_(config), session_(session) {}

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply);

 private:
  struct Page {
    common::Json postings;
    std::int64_t server_ms = 0;
  };

  common::Answer<PostingCursor> begin(const sdk::SourceCall& call,
                                      const common::Deadline& deadline);
  common::Answer<Page> read_page(const PostingCursor& cursor, std::size_t skip, std::size_t top,
                                 const common::Deadline& deadline, std::int64_t now_ms);

  std::size_t emit_new(const common::Json& postings, PostingCursor& cursor, sdk::SourceReply& reply,
                       bool& is_full);
  sdk::SourceResult finish(const PostingCursor& cursor, std::size_t given, bool is_full,
                           sdk::SourceReply& reply);

  const Config& config_;
  Session& session_;
};

// The $filter that leaves out what the cursor has seen.
std::string posting_filter(const PostingCursor& cursor, std::string_view extra);

}  // namespace perennial::plugins::erp

#endif
