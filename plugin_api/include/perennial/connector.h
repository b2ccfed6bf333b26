/* The entry symbol of a plugin, its descriptor, and the instance table of one connector.
 *
 * Lifecycle: create -> configure -> start -> (calls of extensions) -> stop -> destroy. stop() may
 * be followed by configure() and start() again. The library is never unloaded. Thread:    [control]
 * calls come one at a time; extension headers state theirs. No exception, longjmp or C++ type
 * crosses. A plugin writes no files, keeps no cursor, never sleeps, never retries.
 */
#ifndef PERENNIAL_CONNECTOR_H
#define PERENNIAL_CONNECTOR_H

#include "perennial/host.h"

PERENNIAL_BEGIN

/* What the library says it is; must agree with connector.json beside it. Static storage. */
typedef struct perennial_descriptor {
  const char* id;      /* "salesforce": [a-z][a-z0-9_-]*, equals the manifest's id */
  const char* version; /* semantic version, equals the manifest's version */
} perennial_descriptor;

/* One configured connector. Made by perennial_entry.create, ended by destroy. */
typedef struct perennial_instance {
  uint32_t struct_size; /* sizeof(perennial_instance) */
  uint32_t reserved;
  void* plugin_data; /* the plugin's own */

  /* Takes the configuration: a msgpack map that satisfies config.schema.json, defaults filled in,
   * secret fields left out. Touches no network. DONE or REFUSED or FAULT. [control; created or
   * stopped] */
  uint32_t (*configure)(struct perennial_instance* self, perennial_view config);

  /* Prepares for calls. Must not block on the remote: being out of reach is an answer of later
   * calls, not of start. DONE or REFUSED or FAULT. [control; configured] */
  uint32_t (*start)(struct perennial_instance* self);

  /* Returns after every thread of the plugin has ended. No extension call runs or follows.
   * [control; started] */
  void (*stop)(struct perennial_instance* self);

  /* Frees the instance. [control; created, configured or stopped] */
  void (*destroy)(struct perennial_instance* self);

  /* A plugin extension table by id ("perennial.source/1"), or NULL. Same answer for the whole life
   * of the instance. [control; any state] */
  const void* (*get_extension)(struct perennial_instance* self, const char* id);
} perennial_instance;

/* The one exported symbol: `PERENNIAL_EXPORT const perennial_entry perennial_plugin = {...};` */
#define PERENNIAL_ENTRY_SYMBOL "perennial_plugin"
typedef struct perennial_entry {
  uint32_t struct_size; /* sizeof(perennial_entry) */
  uint32_t abi_major;   /* PERENNIAL_ABI_MAJOR at the plugin's build */
  uint32_t abi_minor;
  uint32_t reserved;

  /* Never NULL, same answer each time. [control; before create] */
  const perennial_descriptor* (*describe)(void);

  /* A new instance, or NULL after host->fault. `host` outlives the instance. [control] */
  perennial_instance* (*create)(const perennial_host* host);
} perennial_entry;

PERENNIAL_END

#endif
