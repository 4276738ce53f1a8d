/* buffer.h -- text into a buffer that may be too small: what fits is written, with a NUL, and all of it is counted.
 *
 * Formatted by hand, so that a signal handler may do it, on a small stack. No state. */
#ifndef MICA_BUFFER_H
#define MICA_BUFFER_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* length: of all the text; beyond size nothing is written. buf may be NULL where size is 0. */
typedef struct mica_buffer_s {
  char* buf;
  size_t size;
  size_t length;
} mica_buffer_t;

static inline void mica_buffer_bytes(mica_buffer_t* to, const char* text, size_t n) {
  const size_t left = to->size > to->length ? to->size - to->length : 0;
  if (left != 0) {
    const size_t fits = n < left ? n : left - 1;
    memcpy(to->buf + to->length, text, fits);
    to->buf[to->length + fits] = '\0';
  }
  to->length += n;
}

static inline void mica_buffer_text(mica_buffer_t* to, const char* text) { mica_buffer_bytes(to, text, strlen(text)); }

static inline void mica_buffer_number(mica_buffer_t* to, int64_t n) {
  enum { DIGITS_MOST = 20, TEN = 10 }; /* with a sign */
  char text[DIGITS_MOST];
  size_t at = DIGITS_MOST;
  uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
  do {
    text[--at] = (char)('0' + rest % TEN);
    rest /= TEN;
  } while (rest != 0);
  if (n < 0) text[--at] = '-';
  mica_buffer_bytes(to, text + at, DIGITS_MOST - at);
}

/* A text, and a number behind it. */
static inline void mica_buffer_pair(mica_buffer_t* to, const char* text, int64_t n) {
  mica_buffer_text(to, text);
  mica_buffer_number(to, n);
}

#endif
