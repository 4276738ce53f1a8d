/* output.c -- text for people, formatted on the stack and put out by the line.
 *
 * Invariants: no allocation, no lock, no stdio stream; errno is as it was when a function returns. Lines that go to stderr
 * before a function of the program's is registered are kept, too, in a buffer that only grows: a line's place is had by one
 * addition, its length is stored behind its text, so that a reader sees whole lines only. Anybody, any thread, any time, signal
 * handlers included as far as vsnprintf goes. */
#include "observe/output.h"

#include "base/calls.h"
#include "observe/hook_guard.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void mica_function_t(void); /* any of the program's functions, while it is kept */
#include "base/pair.h"

enum { LINE_MAX_BYTES = 500, KEPT_BYTES = 8192, KEPT_SIZE = KEPT_BYTES / sizeof(unsigned) };
#define KEPT_CLOSED (SIZE_MAX / 2)

/* A line under construction; always terminated. */
typedef struct line_s {
  char text[LINE_MAX_BYTES + 1];
  size_t length;
} line_t;

static void line_begin(line_t* line, const char* prefix) {
  line->length = strlen(prefix);
  memcpy(line->text, prefix, line->length + 1);
}

/* Text that does not fit is cut, and the line ended there. */
static MICA_PRINTF(2, 0) void line_add(line_t* line, const char* format, va_list args) {
  const size_t space = sizeof line->text - line->length;
  const int wanted = vsnprintf(line->text + line->length, space, format, args);
  if (wanted < 0) return;
  if ((size_t)wanted < space) {
    line->length += (size_t)wanted;
    return;
  }
  line->length = LINE_MAX_BYTES;
  line->text[LINE_MAX_BYTES - 1] = '\n';
}

/* ---- the lines that have gone to stderr ---- */

/* Of each kept line the length with the terminating zero, then the text; a length of 0: the line is not there yet. */
static MICA_TABLE _Atomic(unsigned) kept[KEPT_SIZE];
static _Atomic(size_t) kept_end; /* in elements of kept; from KEPT_CLOSED on nothing is kept any longer */

static size_t space_of(size_t length) { return 1 + (length + sizeof(unsigned) - 1) / sizeof(unsigned); }

static char* text_at(size_t at) { return (char*)&kept[at + 1]; }

static void keep(const char* line, size_t characters) {
  const size_t length = characters + 1;
  const size_t space = space_of(length);
  /* Relaxed: a look, so that the end stays small once it is beyond the buffer. [O10] */
  if (atomic_load_explicit(&kept_end, memory_order_relaxed) + space > KEPT_SIZE) return;
  /* Relaxed: the place is the caller's alone; the length publishes what is put there. [O11] */
  const size_t at = atomic_fetch_add_explicit(&kept_end, space, memory_order_relaxed);
  if (at + space > KEPT_SIZE) return;
  memcpy(text_at(at), line, length);
  /* Release: pairs with the load in hand_over. [O12] */
  atomic_store_explicit(&kept[at], (unsigned)length, memory_order_release);
}

/* All whole lines, to the first call. Behind a line that is being put there nothing is handed over. */
static void hand_over(mica_output_t* out, void* arg) {
  /* Relaxed: it decides only which call is the first; the lengths show the lines. [O11] */
  const size_t end = atomic_exchange_explicit(&kept_end, KEPT_CLOSED, memory_order_relaxed);
  if (end >= KEPT_CLOSED) return;
  for (size_t at = 0; at < end && at < KEPT_SIZE;) {
    /* Acquire: pairs with the store in keep. [O13] */
    const unsigned length = atomic_load_explicit(&kept[at], memory_order_acquire);
    if (length == 0) return;
    out(text_at(at), arg);
    at += space_of(length);
  }
}

/* A message that cannot be written is dropped: there is no other way. */
static void to_stderr(const char* line, size_t length) { mica_call_write(STDERR_FILENO, line, length); }

/* ---- where it goes ---- */

static mica_pair_t registered;

/* How long a line waits for stderr. */
typedef enum patience_e { UNTIL_TAKEN, NOT_AT_ALL } patience_t;

static void line_put(const char* line, size_t length, patience_t patience) {
  void* arg;
  mica_output_t* const out = (mica_output_t*)mica_pair_get(&registered, &arg);
  if (out != NULL && mica_hook_enter(MICA_HOOK_OUTPUT)) {
    out(line, arg);
    mica_hook_leave(MICA_HOOK_OUTPUT);
    return;
  }
  if (patience == UNTIL_TAKEN || mica_call_takes(STDERR_FILENO)) to_stderr(line, length);
  keep(line, length);
}

void mica_output_register(mica_output_t* out, void* arg) {
  const int saved = errno;
  if (out != NULL && mica_hook_enter(MICA_HOOK_OUTPUT)) {
    hand_over(out, arg);
    mica_hook_leave(MICA_HOOK_OUTPUT);
  }
  mica_pair_set(&registered, (mica_function_t*)out, arg);
  errno = saved;
}

static MICA_PRINTF(1, 0) void message(const char* format, va_list args, patience_t patience) {
  const int saved = errno;
  line_t line;
  line_begin(&line, "mica: ");
  line_add(&line, format, args);
  line_put(line.text, line.length, patience);
  errno = saved;
}

void mica_message_list(const char* format, va_list args) { message(format, args, UNTIL_TAKEN); }

void mica_offer_list(const char* format, va_list args) { message(format, args, NOT_AT_ALL); }

void mica_offer(const char* line, void* arg) {
  const int saved = errno;
  (void)arg;
  line_put(line, strlen(line), NOT_AT_ALL);
  errno = saved;
}

void mica_message(const char* format, ...) {
  va_list args;
  va_start(args, format);
  mica_message_list(format, args);
  va_end(args);
}

void mica_print(mica_output_t* out, void* arg, const char* format, ...) {
  const int saved = errno;
  line_t line;
  line_begin(&line, "");
  va_list args;
  va_start(args, format);
  line_add(&line, format, args);
  va_end(args);
  if (out != NULL) {
    out(line.text, arg);
  } else {
    line_put(line.text, line.length, UNTIL_TAKEN);
  }
  errno = saved;
}

void mica_last_words(const char* format, va_list args) {
  line_t line;
  line_begin(&line, "mica: ");
  line_add(&line, format, args);
  to_stderr(line.text, line.length);
}

_Noreturn void mica_fatal(const char* format, ...) {
  va_list args;
  va_start(args, format);
  mica_last_words(format, args);
  va_end(args);
  abort();
}
