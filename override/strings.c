/* strings.c -- strdup and strndup as exported symbols, so that a string's block comes from where free takes it.
 *
 * POSIX: NULL with ENOMEM when there is no memory; errno is untouched otherwise. */
#include <heap/fast.h>
#include <mica/config.h>
#include <string.h>

static char* copy(const char* text, size_t length) {
  char* const block = mica_malloc(length + 1);
  if (block == NULL) return NULL;
  memcpy(block, text, length);
  block[length] = '\0';
  return block;
}

MICA_EXPORT char* strdup(const char* text) { return copy(text, strlen(text)); }

/* At most limit bytes are looked at. */
MICA_EXPORT char* strndup(const char* text, size_t limit) { return copy(text, strnlen(text, limit)); }
