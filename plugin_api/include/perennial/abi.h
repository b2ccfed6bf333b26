/* Version numbers, calling convention, views and size limits of the perennial plugin boundary.
 *
 * Law:     plugin_api/RULES.md. A published struct never changes; growth is a new extension id.
 * Errors:  zero is never a valid code, id or state, so a forgotten answer can never close a
 * delivery. Owns:    a view is borrowed and valid until the call that carries it returns; copy what
 * you keep.
 */
#ifndef PERENNIAL_ABI_H
#define PERENNIAL_ABI_H

#include <stddef.h>
#include <stdint.h>

/* A host loads a plugin when the majors are equal and the plugin's minor is not above the host's.
 */
#define PERENNIAL_ABI_MAJOR 1u
#define PERENNIAL_ABI_MINOR 0u

#if defined(__cplusplus)
#define PERENNIAL_EXTERN_C extern "C"
#define PERENNIAL_BEGIN extern "C" {
#define PERENNIAL_END }
#define PERENNIAL_NOEXCEPT noexcept
#else
#define PERENNIAL_EXTERN_C extern
#define PERENNIAL_BEGIN
#define PERENNIAL_END
#define PERENNIAL_NOEXCEPT
#endif

#define PERENNIAL_EXPORT __attribute__((visibility("default")))

/* Limits that both sides may rely on. A value beyond them is misuse and is reported with the name
 * of its side. */
#define PERENNIAL_KEY_BYTES_MAX 64u         /* idempotency key, printable ASCII */
#define PERENNIAL_NAME_BYTES_MAX 64u        /* source, operation, extension, finding */
#define PERENNIAL_CODE_BYTES_MAX 128u       /* the remote's own code, e.g. UNABLE_TO_LOCK_ROW */
#define PERENNIAL_TEXT_BYTES_MAX 2048u      /* one or two sentences for a person */
#define PERENNIAL_CURSOR_BYTES_MAX 4096u    /* opaque to the runtime */
#define PERENNIAL_RECEIPT_BYTES_MAX 8192u   /* msgpack map of remote identifiers */
#define PERENNIAL_RECORD_BYTES_MAX 1048576u /* one vendor record or one canonical event */

/* Borrowed bytes. `size` counts bytes; text is UTF-8 without a terminator. {NULL, 0} means "not
 * given". */
typedef struct perennial_view {
  const char* data;
  size_t size;
} perennial_view;

#endif
