/* "perennial.lookup/1": what became of a delivery whose answer was lost.
 *
 * Asked only when the attempt is over and its deadline and the manifest's settle_ms have passed.
 * The answer must come from the remote's record of truth (a list or read by key), not from an
 * eventually consistent search. Thread:  as operation/1.
 */
#ifndef PERENNIAL_EXT_LOOKUP_H
#define PERENNIAL_EXT_LOOKUP_H

#include "perennial/ext/operation.h"

PERENNIAL_BEGIN

#define PERENNIAL_LOOKUP "perennial.lookup/1"

typedef struct perennial_lookup_answer {
  uint32_t kind;    /* perennial_lookup_kind */
  uint32_t matches; /* SEVERAL: how many; else 0 or 1 */
  int64_t after_ms; /* IN_PROGRESS, CANNOT_TELL: ask again after this long; negative = not given */
  perennial_view code;
  perennial_view text;
  perennial_view receipt; /* DONE: msgpack map; SEVERAL: msgpack array of maps */
  perennial_view body;    /* DONE: as in perennial_outcome */
} perennial_lookup_answer;

typedef struct perennial_lookup_reply {
  void* host_data;
  /* Answers for the delivery at `index`, each exactly once; one left out counts as CANNOT_TELL.
   * [operation] */
  void (*answer)(struct perennial_lookup_reply* reply, uint32_t index,
                 const perennial_lookup_answer* answer);
} perennial_lookup_reply;

typedef struct perennial_lookup {
  /* DONE or FAULT. `call` is the one whose answer was lost, with the same key and payload.
   * [operation; started] */
  uint32_t (*lookup)(perennial_instance* self, const perennial_operation_call* call,
                     perennial_lookup_reply* reply);
} perennial_lookup;

PERENNIAL_END

#endif
