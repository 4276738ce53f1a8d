/* mi_strings.c -- the functions of mica/strings.h, over alloc_helpers.h, and mi_heap_realpath.
 *
 * No state; the contract of each function stands in the header. A call of the C library here may set errno though it
 * succeeds: errno is put back. Exported. */
#include "api/alloc_helpers.h"
#include "base/config.h"
#include "heap/fast.h"
#include <errno.h>
#include <limits.h>
#include <mica.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

MICA_EXPORT char* mi_strdup(const char* text) { return text == NULL ? NULL : mica_copy_text(text, strlen(text)); }

MICA_EXPORT char* mi_strndup(const char* text, size_t limit) {
  return text == NULL ? NULL : mica_copy_text(text, strnlen(text, limit));
}

MICA_EXPORT unsigned char* mi_mbsdup(const unsigned char* text) { return (unsigned char*)mi_strdup((const char*)text); }

MICA_EXPORT wchar_t* mi_wcsdup(const wchar_t* text) {
  if (text == NULL) return NULL;
  const size_t bytes = (wcslen(text) + 1) * sizeof(wchar_t);
  wchar_t* const copy = mica_malloc(bytes);
  return copy == NULL ? NULL : memcpy(copy, text, bytes);
}

/* realpath would take its block from whichever malloc the C library has: it is given a buffer here. */
static char* find_path(const char* path, char* buffer) {
  const int saved = errno;
  char* const found = realpath(path, buffer);
  if (found != NULL) errno = saved;
  return found;
}

MICA_EXPORT char* mi_realpath(const char* path, char* resolved) {
  char buffer[PATH_MAX];
  return resolved != NULL ? find_path(path, resolved) : mi_strdup(find_path(path, buffer));
}

MICA_EXPORT char* mi_heap_realpath(mi_heap_t* heap, const char* path, char* resolved) {
  char buffer[PATH_MAX];
  return resolved != NULL ? find_path(path, resolved) : mi_heap_strdup(heap, find_path(path, buffer));
}

/* ---- the environment ---- */

MICA_EXPORT int mi_dupenv_s(char** buffer, size_t* size, const char* name) {
  if (size != NULL) *size = 0;
  if (buffer != NULL) *buffer = NULL;
  if (buffer == NULL || name == NULL) return EINVAL;
  const char* const value = getenv(name);
  if (value == NULL) return 0;
  const size_t length = strlen(value);
  const int saved = errno;
  *buffer = mica_copy_text(value, length);
  errno = saved;
  if (*buffer == NULL) return ENOMEM;
  if (size != NULL) *size = length + 1;
  return 0;
}

/* text in a block of the other kind, for the caller to free; 0, ENOMEM or EILSEQ. errno may be set. */
static int narrowed(const wchar_t* text, char** result) {
  mbstate_t state = {0};
  const wchar_t* from = text;
  const size_t length = wcsrtombs(NULL, &from, 0, &state);
  if (length == (size_t)-1) return EILSEQ;
  *result = mica_malloc(length + 1);
  if (*result == NULL) return ENOMEM;
  wcsrtombs(*result, &from, length + 1, &state);
  return 0;
}

static int widened(const char* text, wchar_t** result, size_t* size) {
  mbstate_t state = {0};
  const char* from = text;
  const size_t length = mbsrtowcs(NULL, &from, 0, &state);
  if (length == (size_t)-1) return EILSEQ;
  *result = mica_malloc((length + 1) * sizeof(wchar_t));
  if (*result == NULL) return ENOMEM;
  mbsrtowcs(*result, &from, length + 1, &state);
  if (size != NULL) *size = length + 1;
  return 0;
}

MICA_EXPORT int mi_wdupenv_s(wchar_t** buffer, size_t* size, const wchar_t* name) {
  if (size != NULL) *size = 0;
  if (buffer != NULL) *buffer = NULL;
  if (buffer == NULL || name == NULL) return EINVAL;
  const int saved = errno;
  char* bytes = NULL;
  int result = narrowed(name, &bytes);
  const char* const value = result == 0 ? getenv(bytes) : NULL;
  if (value != NULL) result = widened(value, buffer, size);
  mica_free(bytes);
  errno = saved;
  return result;
}
