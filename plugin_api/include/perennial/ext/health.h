/* "perennial.health/1": can this connector do its work with these credentials, permissions and
 * fields.
 *
 * Used by `perennial connector check` and `dry-run`. Reads only; changes nothing at the remote.
 * Thread:  [control].
 */
#ifndef PERENNIAL_EXT_HEALTH_H
#define PERENNIAL_EXT_HEALTH_H

#include "perennial/connector.h"

PERENNIAL_BEGIN

#define PERENNIAL_HEALTH "perennial.health/1"

typedef struct perennial_health_reply {
  void* host_data;
  /* States one thing that was checked. `level` INFO = fine, WARNING, ERROR = cannot work. [control]
   */
  void (*finding)(struct perennial_health_reply* reply, uint32_t level, perennial_view name,
                  perennial_view text);
} perennial_health_reply;

typedef struct perennial_health {
  /* DONE when all checks ran, whatever they found; FAULT otherwise. [control; started] */
  uint32_t (*check)(perennial_instance* self, int64_t deadline_ms, perennial_health_reply* reply);
} perennial_health;

PERENNIAL_END

#endif
