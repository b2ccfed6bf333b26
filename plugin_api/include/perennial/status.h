/* Every answer that a plugin can give, with when to use it and what the runtime then does.
 *
 * The plugin classifies; the runtime alone retries, sleeps, paces and remembers. A value outside
 * these lists, zero included, is misuse: the delivery counts as UNKNOWN and the report says whose
 * fault it was.
 */
#ifndef PERENNIAL_STATUS_H
#define PERENNIAL_STATUS_H

#include "perennial/abi.h"

/* What a function of the boundary returns when it has no richer answer. */
typedef enum perennial_call_result {
  PERENNIAL_CALL_DONE = 1, /* the call ran to its end; answers were given through the reply */
  PERENNIAL_CALL_FAULT =
      2, /* a defect in the plugin; perennial_host.fault was called with the reason */
  PERENNIAL_CALL_REFUSED =
      3 /* configure, start: the configuration cannot work; reason through fault */
} perennial_call_result;

/* What became of one delivery. */
typedef enum perennial_outcome_kind {
  PERENNIAL_OUTCOME_DONE =
      1, /* applied now; give a receipt. Runtime: settles, registers the receipt */
  PERENNIAL_OUTCOME_ALREADY_DONE =
      2, /* the remote had it under this key. Runtime: settles, counts */
  PERENNIAL_OUTCOME_REJECTED =
      3, /* surely not applied and never will be as it is. Runtime: exception */
  PERENNIAL_OUTCOME_TRY_AGAIN =
      4, /* surely not applied, may pass later. Runtime: retry by policy */
  PERENNIAL_OUTCOME_THROTTLED =
      5, /* surely not applied, quota or rate. Runtime: waits, uses no attempt */
  PERENNIAL_OUTCOME_UNAUTHORIZED =
      6, /* surely not applied, credentials refused. Runtime: one incident a connector */
  PERENNIAL_OUTCOME_NOT_CONNECTED =
      7, /* surely not sent, remote out of reach. Runtime: pauses, uses no attempt */
  PERENNIAL_OUTCOME_PENDING =
      8, /* accepted, not finished; give a token. Runtime: poll or webhook resumes it */
  PERENNIAL_OUTCOME_UNKNOWN =
      9 /* sent, no usable answer: may or may not be applied. Runtime: lookup first */
} perennial_outcome_kind;

/* What a lookup by key found. */
typedef enum perennial_lookup_kind {
  PERENNIAL_LOOKUP_DONE = 1,        /* found, applied; give the receipt */
  PERENNIAL_LOOKUP_ABSENT = 2,      /* the remote surely has nothing under this key now */
  PERENNIAL_LOOKUP_IN_PROGRESS = 3, /* the remote is still working on it */
  PERENNIAL_LOOKUP_CANNOT_TELL = 4, /* no answer, or one that proves nothing; asked again later */
  PERENNIAL_LOOKUP_SEVERAL = 5 /* more than one match: a person has to look; give all receipts */
} perennial_lookup_kind;

/* What a poll of a source brought. */
typedef enum perennial_source_result {
  PERENNIAL_SOURCE_RECORDS = 1, /* records and a new cursor; nothing more for now */
  PERENNIAL_SOURCE_MORE = 2,    /* records and a new cursor; poll again at once */
  PERENNIAL_SOURCE_NOTHING = 3, /* no records; a cursor may still be given */
  PERENNIAL_SOURCE_GAP = 4, /* records between explain.gap_from and gap_to can no longer be read */
  PERENNIAL_SOURCE_CURSOR_INVALID = 5, /* the remote does not know this cursor any more */
  PERENNIAL_SOURCE_NOT_CONNECTED = 6,
  PERENNIAL_SOURCE_UNAUTHORIZED = 7,
  PERENNIAL_SOURCE_THROTTLED = 8, /* explain.after_ms says how long, if the remote said so */
  PERENNIAL_SOURCE_TRY_AGAIN = 9, /* a passing failure of the remote; cursor unchanged */
  PERENNIAL_SOURCE_REJECTED =
      10,                     /* the remote refuses the query itself: configuration or permission */
  PERENNIAL_SOURCE_FAULT = 11 /* a defect in the plugin; perennial_host.fault was called */
} perennial_source_result;

/* What a webhook request was. The HTTP answer leaves only after what it brought is durable. */
typedef enum perennial_webhook_result {
  PERENNIAL_WEBHOOK_ACCEPTED =
      1, /* authentic; records and settled tokens were given (none is fine) */
  PERENNIAL_WEBHOOK_REFUSED_SIGNATURE = 2, /* not authentic, or too old */
  PERENNIAL_WEBHOOK_REFUSED_MALFORMED = 3, /* authentic but unreadable */
  PERENNIAL_WEBHOOK_REFUSED_VERSION =
      4,                           /* authentic, of a version that this connector does not know */
  PERENNIAL_WEBHOOK_TRY_AGAIN = 5, /* cannot handle it now: the sender should repeat it */
  PERENNIAL_WEBHOOK_FAULT = 6
} perennial_webhook_result;

/* How a record that a source or webhook gives is to be read. */
typedef enum perennial_record_form {
  PERENNIAL_FORM_VENDOR =
      1, /* the vendor's own shape; the connector's jq mapping makes events of it */
  PERENNIAL_FORM_EVENT = 2 /* a canonical event already */
} perennial_record_form;

/* Weight of a finding of health/1 and of a log line. */
typedef enum perennial_level {
  PERENNIAL_LEVEL_DEBUG = 1,
  PERENNIAL_LEVEL_INFO = 2,
  PERENNIAL_LEVEL_WARNING = 3,
  PERENNIAL_LEVEL_ERROR = 4
} perennial_level;

#endif
