/* "perennial.webhook/1": HTTP requests that the remote sends to us.
 *
 * The runtime receives /webhooks/<connector>/<name>, hands the raw request over, journals what it
 * brought and only then answers. The plugin checks the signature over the raw body. Thread:
 * [webhook]: one call at a time for each instance.
 */
#ifndef PERENNIAL_EXT_WEBHOOK_H
#define PERENNIAL_EXT_WEBHOOK_H

#include "perennial/ext/operation.h"
#include "perennial/ext/source.h"

PERENNIAL_BEGIN

#define PERENNIAL_WEBHOOK "perennial.webhook/1"

typedef struct perennial_header {
  perennial_view name; /* lower case */
  perennial_view value;
} perennial_header;

typedef struct perennial_webhook_call {
  perennial_view webhook; /* a name from the manifest */
  perennial_view method;
  perennial_view query; /* without the question mark, not decoded */
  perennial_view body;  /* raw */
  const perennial_header* headers;
  uint32_t header_count;
  uint32_t reserved;
  int64_t now_ms;
  int64_t deadline_ms;
} perennial_webhook_call;

typedef struct perennial_webhook_reply {
  void* host_data;
  /* Gives one record, as a source does. DONE or REFUSED (too many, too large). [webhook] */
  uint32_t (*emit)(struct perennial_webhook_reply* reply, const perennial_record* record);
  /* Settles a PENDING delivery by the token that its outcome carried. [webhook] */
  void (*settle_token)(struct perennial_webhook_reply* reply, perennial_view token,
                       const perennial_outcome* outcome);
  /* Replaces the default HTTP answer (200, 400, 401, 503 by result). [webhook] */
  void (*respond)(struct perennial_webhook_reply* reply, uint32_t status,
                  perennial_view content_type, perennial_view body);
  /* Why it was refused, for the log and the exception. [webhook] */
  void (*explain)(struct perennial_webhook_reply* reply, const perennial_explanation* explanation);
} perennial_webhook_reply;

typedef struct perennial_webhook {
  /* Returns a perennial_webhook_result. [webhook; started] */
  uint32_t (*receive)(perennial_instance* self, const perennial_webhook_call* call,
                      perennial_webhook_reply* reply);
} perennial_webhook;

PERENNIAL_END

#endif
