// Stripe's events as a source, oldest first.
//
// Thread:  one poll at a time.
// Errors:  SourceResult. Stripe keeps events for 30 days (docs.stripe.com/api/events); a cursor
//          older than that is a gap that names both ends, never a silent restart.
// Format:  docs.stripe.com/api/events/list and docs.stripe.com/api/pagination: lists are newest
//          first; `ending_before` gives the page just newer than an event.
#ifndef PERENNIAL_PLUGINS_BILLING_EVENTS_HPP
#define PERENNIAL_PLUGINS_BILLING_EVENTS_HPP

#include "plugins/billing/caller.hpp"

namespace perennial::plugins::billing {

// Where reading stands. Exactly one of `after` and `since_s` leads.
struct EventCursor {
  std::string after;           // last event read; "" before the first
  std::int64_t created_s = 0;  // when it was created
  std::int64_t since_s = 0;    // without `after`: begin with events created at or after this
  std::string walk;            // on the way back to the oldest of them: last event passed

  std::string text() const;
  static common::Parsed<EventCursor> read(std::string_view text);
};

class Events {
 public:
  Events(const Config& config, Caller& caller) : config_(config), caller_(caller) {}

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply);

  // The event with `current`: its object as it is now. Events say what happened, and may be old or
  // out of order; what is done about them must rest on what is true ("Event ordering",
  // docs.stripe.com/webhooks). An object that is gone leaves the event as it was.
  common::Answer<common::Json> with_current(common::Json event, const common::Deadline& deadline);

  // Whether the mappings know the form of this event.
  bool is_known_version(const common::Json& event) const;
  bool is_wanted(const common::Json& event) const;

 private:
  struct Page {
    std::vector<common::Json> events;  // newest first, as Stripe lists them
    bool has_more = false;
  };

  common::Answer<Page> read(std::vector<std::pair<std::string, std::string>> query,
                            std::size_t limit, const common::Deadline& deadline);
  common::Answer<EventCursor> begin(const sdk::SourceCall& call, const common::Deadline& deadline);
  sdk::SourceResult walk_back(EventCursor cursor, const sdk::SourceCall& call,
                              const common::Deadline& deadline, sdk::SourceReply& reply);
  sdk::SourceResult give(EventCursor cursor, const Page& page, const sdk::SourceCall& call,
                         const common::Deadline& deadline, sdk::SourceReply& reply);
  sdk::SourceResult lost(const EventCursor& cursor, const common::Fault& fault, std::int64_t now_ms,
                         sdk::SourceReply& reply);

  const Config& config_;
  Caller& caller_;
};

}  // namespace perennial::plugins::billing

#endif
