/* "perennial.source/1": what a connector emits events from, by polling.
 *
 * Cursor:  opaque to the runtime, at most PERENNIAL_CURSOR_BYTES_MAX. The runtime journals it only
 * after every record given before it is durable, and hands the last journaled one back: it lags,
 * never leads. The same records may therefore come twice; they must then carry the same identity.
 * Thread:  one call at a time for each source; different sources of an instance may run at the same
 * time.
 */
#ifndef PERENNIAL_EXT_SOURCE_H
#define PERENNIAL_EXT_SOURCE_H

#include "perennial/connector.h"

PERENNIAL_BEGIN

#define PERENNIAL_SOURCE "perennial.source/1"

/* One thing that the remote told. */
typedef struct perennial_record {
  uint32_t form; /* perennial_record_form */
  uint32_t reserved;
  perennial_view
      id; /* the remote's own identity of this fact, stable when it is read again; may be empty */
  perennial_view body; /* msgpack */
} perennial_record;

/* Why a poll brought no records, or what is missing. */
typedef struct perennial_explanation {
  perennial_view code;     /* the remote's own code */
  perennial_view text;     /* for a person */
  perennial_view gap_from; /* GAP: first missing point, in the remote's terms */
  perennial_view gap_to;   /* GAP: first point that can be read again */
  int64_t after_ms;        /* THROTTLED, TRY_AGAIN: wait this long; negative = not given */
} perennial_explanation;

typedef struct perennial_source_call {
  perennial_view source; /* a name from the manifest */
  /* The newest cursor that this instance has stated, journaled or not: polls run ahead of the
   * journal. After a start or a crash it is the last journaled one. Empty at the very first poll. */
  perennial_view cursor;
  perennial_view
      start;      /* where to begin when the cursor is empty: "now", "all", or an RFC 3339 time */
  int64_t now_ms; /* Unix time in ms, as the runtime sees it */
  int64_t deadline_ms;  /* budget of this call, from its start; late is misuse and is counted */
  uint32_t records_max; /* give at most this many */
  uint32_t bytes_max;   /* stop giving when the bodies reach this; one record may always be given */
} perennial_source_call;

typedef struct perennial_source_reply {
  void* host_data;
  /* Gives one record. Returns DONE, or REFUSED when the limits are reached: stop and return MORE.
   * [source] */
  uint32_t (*emit)(struct perennial_source_reply* reply, const perennial_record* record);
  /* States the cursor that stands after all records emitted so far. The last one counts. [source]
   */
  void (*cursor)(struct perennial_source_reply* reply, perennial_view cursor);
  /* Explains any result other than RECORDS, MORE, NOTHING. [source] */
  void (*explain)(struct perennial_source_reply* reply, const perennial_explanation* explanation);
} perennial_source_reply;

typedef struct perennial_source {
  /* Returns a perennial_source_result. [source; started] */
  uint32_t (*poll)(perennial_instance* self, const perennial_source_call* call,
                   perennial_source_reply* reply);
  /* Tells that everything up to `cursor` is durable, for remotes that want an acknowledgement. May
   * be NULL. [source; started] */
  void (*acknowledge)(perennial_instance* self, perennial_view source, perennial_view cursor);
} perennial_source;

PERENNIAL_END

#endif
