/* The table that the runtime lends to a plugin instance.
 *
 * Owns:   lives from create() until destroy() returns. Grows only through get_extension.
 * Thread: every function may be called from any thread of the plugin while the instance exists:
 * [any].
 */
#ifndef PERENNIAL_HOST_H
#define PERENNIAL_HOST_H

#include "perennial/status.h"

PERENNIAL_BEGIN

typedef struct perennial_host {
  uint32_t
      struct_size; /* sizeof(perennial_host): a tripwire, checked for equality, not a way to grow */
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  void* host_data; /* the runtime's own */

  /* A host extension table by id ("perennial.host_log/1"), or NULL. Valid until destroy(). [any] */
  const void* (*get_extension)(const struct perennial_host* host, const char* id);

  /* States why a call is about to return a FAULT or REFUSED. At most PERENNIAL_TEXT_BYTES_MAX are
   * kept. Call it before returning, on the thread of the call. [any] */
  void (*fault)(const struct perennial_host* host, perennial_view text);
} perennial_host;

/* "perennial.host_log/1": structured log lines. Never log payloads or secrets. */
#define PERENNIAL_HOST_LOG "perennial.host_log/1"
typedef struct perennial_host_log {
  /* `level` is a perennial_level. [any] */
  void (*write)(const perennial_host* host, uint32_t level, perennial_view text);
} perennial_host_log;

/* "perennial.host_secret/1": the values of config fields that config.schema.json marks "secret".
 * Such a field never appears in the configuration given to configure(). */
#define PERENNIAL_HOST_SECRET "perennial.host_secret/1"
typedef struct perennial_host_secret {
  /* Calls `receive` once with the value of the config field `field` and returns
   * PERENNIAL_CALL_DONE, or returns PERENNIAL_CALL_REFUSED without calling it when the field is not
   * set. The view is wiped after `receive` returns. Ask again for each use that may be far apart:
   * values rotate. [any] */
  uint32_t (*read)(const perennial_host* host, perennial_view field, void* context,
                   void (*receive)(void* context, perennial_view value));
} perennial_host_secret;

PERENNIAL_END

#endif
