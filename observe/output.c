/* output.c -- text for people, formatted on the stack and written by one write(2) a line.
 *
 * Invariants: no allocation, no lock, no stdio stream; errno is as it was when a function returns. Any room, any thread, any
 * time, signal handlers included as far as vsnprintf goes. */
#include <observe/output.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 500 };

/* A line under construction; always terminated. */
typedef struct line_s {
  char text[LINE_MAX_BYTES + 1];
  size_t length;
} line_t;

static void line_begin(line_t* line, const char* prefix) {
  line->length = strlen(prefix);
  memcpy(line->text, prefix, line->length + 1);
}

/* What does not fit is cut, and the line ended there. */
static void line_add(line_t* line, const char* format, va_list args) {
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

/* A message that cannot be written is dropped: there is nobody to tell. */
static void line_write(const line_t* line) {
  const ssize_t written = write(STDERR_FILENO, line->text, line->length);
  (void)written;
}

void mica_message(const char* format, ...) {
  const int saved = errno;
  line_t line;
  line_begin(&line, "mica: ");
  va_list args;
  va_start(args, format);
  line_add(&line, format, args);
  va_end(args);
  line_write(&line);
  errno = saved;
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
    line_write(&line);
  }
  errno = saved;
}

_Noreturn void mica_fatal(const char* format, ...) {
  line_t line;
  line_begin(&line, "mica: ");
  va_list args;
  va_start(args, format);
  line_add(&line, format, args);
  va_end(args);
  line_write(&line);
  abort();
}
