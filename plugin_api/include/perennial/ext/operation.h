/* "perennial.operation/1": things that a connector can be asked to do.
 *
 * An *effect* changes the remote: it is journaled before it is sent, retried by the runtime and
 * must be safe by the idempotency that the manifest declares. A *query* changes nothing. Thread:
 * concurrent up to the operation's `concurrency` in the manifest; one call carries up to its
 * `batch`.
 */
#ifndef PERENNIAL_EXT_OPERATION_H
#define PERENNIAL_EXT_OPERATION_H

#include "perennial/connector.h"

PERENNIAL_BEGIN

#define PERENNIAL_OPERATION "perennial.operation/1"

/* One delivery. */
typedef struct perennial_delivery {
  perennial_view
      key; /* idempotency key: same for automatic retries, within the manifest's key_length_max */
  perennial_view correlation_id; /* the business key of the renewal; may be empty */
  perennial_view traceparent;    /* W3C trace context; may be empty */
  perennial_view payload;        /* msgpack, satisfies the operation's input schema */
  perennial_view token;          /* poll and cancel: the token of the pending outcome; else empty */
  uint32_t attempt;              /* from 1 */
  uint32_t reserved;
} perennial_delivery;

typedef struct perennial_operation_call {
  perennial_view operation;             /* a name from the manifest */
  const perennial_delivery* deliveries; /* `count` of them */
  uint32_t count;
  uint32_t reserved;
  int64_t now_ms;      /* Unix time in ms, as the runtime sees it */
  int64_t deadline_ms; /* budget of the whole call, from its start; late is misuse and is counted */
} perennial_operation_call;

/* What became of one delivery. `receipt` is a msgpack map of the remote's identifiers ({"order":
 * "4711"}); `body` is the vendor's answer in msgpack, from which the connector's jq mapping makes
 * follow-up events. */
typedef struct perennial_outcome {
  uint32_t kind; /* perennial_outcome_kind */
  uint32_t reserved;
  int64_t after_ms;       /* TRY_AGAIN, THROTTLED, PENDING: wait this long; negative = not given */
  perennial_view code;    /* the remote's own code, or ours where it has none ("http_503") */
  perennial_view text;    /* for a person */
  perennial_view receipt; /* DONE, ALREADY_DONE: msgpack map */
  perennial_view body;    /* DONE, ALREADY_DONE: msgpack; may be empty */
  perennial_view token;   /* PENDING */
} perennial_outcome;

typedef struct perennial_operation_reply {
  void* host_data;
  /* Settles the delivery at `index` of the call. Each exactly once, in any order, before the call
   * returns; one that is left out counts as UNKNOWN and as misuse, a second answer is ignored and
   * is misuse. [operation] */
  void (*settle)(struct perennial_operation_reply* reply, uint32_t index,
                 const perennial_outcome* outcome);
} perennial_operation_reply;

typedef struct perennial_operation {
  /* DONE or FAULT; after a FAULT every delivery not settled counts as UNKNOWN. [operation; started]
   */
  uint32_t (*execute)(perennial_instance* self, const perennial_operation_call* call,
                      perennial_operation_reply* reply);
  /* Asks what became of PENDING deliveries. May be NULL if none is ever pending. [operation;
   * started] */
  uint32_t (*poll)(perennial_instance* self, const perennial_operation_call* call,
                   perennial_operation_reply* reply);
  /* Withdraws PENDING deliveries: REJECTED with code "cancelled" when withdrawn, DONE when it was
   * too late. May be NULL. [operation; started] */
  uint32_t (*cancel)(perennial_instance* self, const perennial_operation_call* call,
                     perennial_operation_reply* reply);
} perennial_operation;

PERENNIAL_END

#endif
