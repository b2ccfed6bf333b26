/* The smallest connector: a source that counts and an operation that accepts everything.
 *
 * Plain C against the boundary's headers; nothing else of perennial is needed to build it:
 *   cc -shared -fPIC -fvisibility=hidden -I plugin_api/include minimal.c -o minimal.so
 * Put minimal.so, connector.json and config.schema.json into one folder of a plugin directory.
 */
#include <perennial/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct minimal {
  perennial_instance table;
  const perennial_host* host;
  unsigned count;
} minimal;

static minimal* minimal_of(perennial_instance* self) {
  return self->plugin_data;
}

static perennial_view view_of(const char* text) {
  perennial_view view = {text, strlen(text)};
  return view;
}

/* The configuration is a msgpack map; this one can only be {"count": <0 to 127>}, because defaults
 * are filled in and the schema allows nothing else: 0x81, 0xa5 "count", one byte. */
static uint32_t configure(perennial_instance* self, perennial_view config) {
  static const char head[] =
      "\x81\xa5"
      "count";
  const size_t head_size = sizeof head - 1;
  if (config.size != head_size + 1 || memcmp(config.data, head, head_size) != 0) {
    const perennial_host* host = minimal_of(self)->host;
    host->fault(host, view_of("expected {\"count\": 0 to 127}, but something else came"));
    return PERENNIAL_CALL_REFUSED;
  }
  minimal_of(self)->count = (unsigned char)config.data[head_size];
  return PERENNIAL_CALL_DONE;
}

static uint32_t start(perennial_instance* self) {
  (void)self;
  return PERENNIAL_CALL_DONE;
}

static void stop(perennial_instance* self) {
  (void)self;
}

static void destroy(perennial_instance* self) {
  free(minimal_of(self));
}

/* Appends a msgpack text of at most 31 bytes. */
static char* put_text(char* at, const char* text) {
  const size_t size = strlen(text);
  *at++ = (char)(0xa0 | size);
  memcpy(at, text, size);
  return at + size;
}

/* A canonical event: CloudEvents attributes and data in one msgpack map. */
static uint32_t emit_number(perennial_source_reply* reply, unsigned number) {
  char id[16];
  char body[256];
  perennial_record record = {PERENNIAL_FORM_EVENT, 0, {NULL, 0}, {NULL, 0}};
  char* at = body;
  snprintf(id, sizeof id, "%u", number);
  *at++ = (char)(0x80 | 5);
  at = put_text(put_text(at, "specversion"), "1.0");
  at = put_text(put_text(at, "id"), id);
  at = put_text(put_text(at, "source"), "perennial://minimal/numbers");
  at = put_text(put_text(at, "type"), "example.counted.v1");
  at = put_text(at, "data");
  *at++ = (char)(0x80 | 1);
  at = put_text(at, "number");
  *at++ = (char)number; /* up to 127 */
  record.id = view_of(id);
  record.body.data = body;
  record.body.size = (size_t)(at - body);
  return reply->emit(reply, &record);
}

/* The cursor is the last number, as text. */
static uint32_t poll_source(perennial_instance* self, const perennial_source_call* call,
                            perennial_source_reply* reply) {
  const unsigned count = minimal_of(self)->count;
  char cursor[16] = "";
  unsigned last = 0;
  unsigned given = 0;
  if (call->cursor.size > 0 && call->cursor.size < sizeof cursor)
    memcpy(cursor, call->cursor.data, call->cursor.size);
  last = (unsigned)strtoul(cursor, NULL, 10);
  while (last < count && given < call->records_max &&
         emit_number(reply, last + 1) == PERENNIAL_CALL_DONE) {
    ++last;
    ++given;
  }
  if (given == 0) return PERENNIAL_SOURCE_NOTHING;
  snprintf(cursor, sizeof cursor, "%u", last);
  reply->cursor(reply, view_of(cursor));
  return last < count ? PERENNIAL_SOURCE_MORE : PERENNIAL_SOURCE_RECORDS;
}

static uint32_t execute(perennial_instance* self, const perennial_operation_call* call,
                        perennial_operation_reply* reply) {
  perennial_outcome done = {0};
  uint32_t index = 0;
  (void)self;
  done.kind = PERENNIAL_OUTCOME_DONE;
  done.after_ms = -1;
  for (index = 0; index < call->count; ++index) reply->settle(reply, index, &done);
  return PERENNIAL_CALL_DONE;
}

static const void* get_extension(perennial_instance* self, const char* id) {
  static const perennial_source source = {poll_source, NULL};
  static const perennial_operation operation = {execute, NULL, NULL};
  (void)self;
  if (strcmp(id, PERENNIAL_SOURCE) == 0) return &source;
  if (strcmp(id, PERENNIAL_OPERATION) == 0) return &operation;
  return NULL;
}

static const perennial_descriptor* describe(void) {
  static const perennial_descriptor descriptor = {"minimal", "0.1.0"};
  return &descriptor;
}

static perennial_instance* create(const perennial_host* host) {
  const perennial_instance table = {
      .struct_size = sizeof(perennial_instance),
      .configure = configure,
      .start = start,
      .stop = stop,
      .destroy = destroy,
      .get_extension = get_extension,
  };
  minimal* made = malloc(sizeof *made);
  if (made == NULL) {
    host->fault(host, view_of("expected memory, but there is none"));
    return NULL;
  }
  made->table = table;
  made->table.plugin_data = made;
  made->host = host;
  made->count = 0;
  return &made->table;
}

PERENNIAL_EXPORT const perennial_entry perennial_plugin = {
    sizeof(perennial_entry), PERENNIAL_ABI_MAJOR, PERENNIAL_ABI_MINOR, 0, describe, create};
