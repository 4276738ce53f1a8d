/* override_strings.c -- strdup and strndup as exported symbols, so that a string's block comes from where free takes it.
 *
 * POSIX: NULL with ENOMEM when there is no memory; errno is untouched otherwise. */
#include "api/alloc_helpers.h"
#include "base/config.h"
#include <string.h>

MICA_EXPORT char* strdup(const char* text) { return mica_copy_text(text, strlen(text)); }

/* At most limit bytes are looked at. */
MICA_EXPORT char* strndup(const char* text, size_t limit) { return mica_copy_text(text, strnlen(text, limit)); }
