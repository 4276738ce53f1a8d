/* write.c -- see write.h.
 *
 * Invariant: the scratch is the writer's alone (base/writer.h). */
#include "stats/write.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "base/calls.h"
#include "base/file.h"
#include "base/writer.h"
#include "stats/json.h"
#include "stats/prometheus.h"

enum { NUMBERS = 24, PATH_BYTES = PATH_MAX, TEXT_BYTES = 64 * 1024, LINE_BYTES = 400 };

/* What it is written with; no memory is touched before the first time. */
typedef struct scratch_s {
  mi_stats_t stats;
  char path[PATH_BYTES];
  char beside[PATH_BYTES + NUMBERS]; /* the file's name until it is whole */
  char text[TEXT_BYTES];
} scratch_t;
static MICA_TABLE scratch_t scratch;

static mica_writer_t asked;

/* Of the environment; constant. */
static const char* pattern;
static bool has_failed; /* and that was reported; the writer's */

static bool ends_in(const char* text, const char* end) {
  const size_t length = strlen(text), n = strlen(end);
  return length >= n && strcmp(text + length - n, end) == 0;
}

bool mica_write_to(const char* path) {
  unsigned numbers = 0;
  for (const char* at = path; at != NULL && (at = strstr(at, "%p")) != NULL; at += 2) numbers++;
  if (path != NULL && strlen(path) + (size_t)numbers * NUMBERS >= PATH_BYTES) return false;
  pattern = path;
  return true;
}

bool mica_write_has_file(void) { return pattern != NULL; }
bool mica_write_has_own_file(void) { return pattern != NULL && strstr(pattern, "%p") != NULL; }

void mica_write_forget(void) { mica_writer_forget(&asked); }

static void set_paths(void) {
  mica_buffer_t path = {scratch.path, sizeof scratch.path, 0}, beside = {scratch.beside, sizeof scratch.beside, 0};
  const char* from = pattern;
  for (const char* at; (at = strstr(from, "%p")) != NULL; from = at + 2) {
    mica_buffer_bytes(&path, from, (size_t)(at - from));
    mica_buffer_number(&path, (int64_t)getpid());
  }
  mica_buffer_text(&path, from);
  mica_buffer_text(&beside, scratch.path);
  mica_buffer_pair(&beside, ".", (int64_t)getpid()); /* processes that share a file do not write into one another's */
  mica_buffer_text(&beside, ".tmp");
}

/* One whole line, if stderr takes it at once. */
static void say(mica_buffer_t* line) {
  if (mica_call_takes(STDERR_FILENO)) mica_call_write(STDERR_FILENO, line->buf, line->length);
}

/* The first time only. The C library's words for errors are not for handlers. */
static void say_failure(void) {
  const int64_t error = errno;
  char text[LINE_BYTES];
  mica_buffer_t line = {text, sizeof text, 0};
  if (has_failed) return;
  has_failed = true;
  mica_buffer_text(&line, "mica: MICA_STATS_FILE: ");
  mica_buffer_bytes(&line, scratch.path, strnlen(scratch.path, LINE_BYTES / 2));
  mica_buffer_pair(&line, " cannot be written, error ", error);
  mica_buffer_text(&line, "; said once\n");
  say(&line);
}

/* The text into the file, which is closed. */
static bool put_and_close(int file, size_t bytes) {
  if (file < 0) return false;
  const bool whole = bytes <= sizeof scratch.text && mica_file_put(file, scratch.text, bytes - 1);
  mica_file_close(file);
  return whole;
}

static void write_file(const mica_stats_system_t* system) {
  set_paths();
  size_t bytes;
  if (ends_in(pattern, ".prom"))
    bytes = mica_stats_prometheus(&scratch.stats, system, scratch.text, sizeof scratch.text);
  else
    bytes = mica_stats_json(&scratch.stats, system, scratch.text, sizeof scratch.text);
  if (mica_file_is_special(scratch.path)) {
    if (!put_and_close(mica_call_open_taken(scratch.path), bytes)) say_failure();
    return;
  }
  if (put_and_close(mica_file_make(scratch.beside), bytes) && mica_call_rename(scratch.beside, scratch.path) == 0)
    return;
  say_failure();
  mica_call_unlink(scratch.beside);
}

static void part(mica_buffer_t* to, const char* before, int64_t bytes, const char* what) {
  enum { KiB = 1024 };
  mica_buffer_pair(to, before, bytes / KiB);
  mica_buffer_text(to, what);
}

static void write_line(const mica_stats_system_t* system) {
  const mica_stats_bytes_t bytes = mica_stats_bytes(&scratch.stats);
  mica_buffer_t line = {scratch.text, LINE_BYTES, 0};
  mica_buffer_pair(&line, "mica: process ", system->process.pid);
  part(&line, ": ", bytes.allocated, " KiB allocated");
  part(&line, ", ", bytes.active, " KiB active");
  part(&line, ", ", bytes.resident, " KiB resident");
  part(&line, ", ", bytes.mapped, " KiB mapped");
  part(&line, "; the whole process has ", (int64_t)system->process.resident, " KiB resident\n");
  say(&line);
}

static void write_now(void) {
  mica_stats_process(&scratch.stats);
  const mica_stats_system_t system = mica_stats_system();
  if (pattern != NULL)
    write_file(&system);
  else
    write_line(&system);
}

void mica_write_stats(void) {
  const int saved = errno;
  mica_writer_asks(&asked, write_now);
  errno = saved;
}
