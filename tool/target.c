/* target.c -- opening a target, reading it, and what is asked of it (target.h). */
#include "tool/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/target_kinds.h"

static target_t* present;

void target_make_plain(char* text) {
  const size_t length = strlen(text);
  if (length != 0 && text[length - 1] == '\n') text[length - 1] = '\0';
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < ' ' || *text == 127) *text = '?';
}

bool target_wrong(char error[TARGET_ERROR], const char* format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(error, TARGET_ERROR, format, args);
  va_end(args);
  target_make_plain(error); /* of a file's name: it stays one line */
  return false;
}

char* target_slurp(const char* path, size_t* size) {
  enum { FIRST = 65536 };
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return NULL;
  size_t room = FIRST, have = 0;
  char* text = malloc(room);
  while (text != NULL) {
    const ssize_t n = read(file, text + have, room - have - 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      text[have] = '\0';
      if (n == 0) break;
      const int saved = errno;
      free(text);
      text = NULL;
      errno = saved;
      break;
    }
    have += (size_t)n;
    if (have + 1 < room) continue;
    char* more = realloc(text, room *= 2);
    if (more == NULL) free(text);
    text = more;
  }
  const int saved = errno;
  close(file);
  errno = saved;
  *size = have;
  return text;
}

/* ---- opening ---- */

static target_t* fresh(char error[TARGET_ERROR]) {
  target_t* target = calloc(1, sizeof *target);
  if (target == NULL) {
    target_wrong(error, "there is no memory");
    return NULL;
  }
  target->pidfd = target->core.file = -1;
  return target;
}

/* The target, if it was opened and mica is in it. */
static target_t* opened(target_t* target, bool well, char error[TARGET_ERROR]) {
  if (well && target_find_roots(target, error)) return target;
  target_close(target);
  return NULL;
}

target_t* target_open_process(pid_t pid, char error[TARGET_ERROR]) {
  target_t* target = fresh(error);
  return target == NULL ? NULL : opened(target, target_process_open(target, pid, error), error);
}

target_t* target_open_core(const char* path, char error[TARGET_ERROR]) {
  target_t* target = fresh(error);
  return target == NULL ? NULL : opened(target, target_core_open(target, path, error), error);
}

target_t* target_open_reader(target_reader_t* read, void* arg, const uintptr_t* bases, size_t count,
                             char error[TARGET_ERROR]) {
  target_t* target = fresh(error);
  if (target == NULL) return NULL;
  snprintf(target->name, sizeof target->name, "what the debugger shows");
  target->read = read;
  target->read_arg = arg;
  target->bases = bases;
  target->base_count = count;
  target = opened(target, true, error);
  if (target != NULL) target->bases = NULL;
  return target;
}

/* A number is a process; a file of that name is meant by ./12. */
target_t* target_open(const char* what, char error[TARGET_ERROR]) {
  char* end;
  errno = 0;
  const long pid = strtol(what, &end, 10);
  if (what[0] >= '0' && what[0] <= '9' && *end == '\0') {
    if (errno == 0 && pid > 0 && pid <= INT32_MAX) return target_open_process((pid_t)pid, error);
    target_wrong(error, "there is no process %.40s", what);
    return NULL;
  }
  return target_open_core(what, error);
}

void target_close(target_t* target) {
  if (target == NULL) return;
  if (present == target) present = NULL;
  if (target->pidfd >= 0) close(target->pidfd);
  target_core_close(target);
  free(target->mappings);
  free(target->names);
  free(target->threads);
  free(target);
}

bool target_refresh(target_t* target, char error[TARGET_ERROR]) {
  return target->by == 0 || target_process_look(target, error);
}

/* ---- reading ---- */

bool target_read(target_t* target, void* to, uintptr_t at, size_t n) {
  if (n == 0) return true;
  if (at == 0 || at + n < at) return false;
  if (target->read != NULL) return target->read(target->read_arg, at, to, n);
  if (target->by != 0) return target_process_read(target, to, at, n);
  return target_core_read(target, to, at, n);
}

size_t target_read_some(target_t* target, void* to, uintptr_t at, size_t n) {
  if (target->by != 0 && at != 0 && at + n > at) return target_process_read_some(target, to, at, n);
  return target_read(target, to, at, n) ? n : 0;
}

size_t target_read_many(target_t* target, target_piece_t* pieces, size_t count) {
  if (target->by != 0) return target_process_read_many(target, pieces, count);
  size_t done = 0;
  for (size_t i = 0; i < count; i++) {
    pieces[i].done = target_read(target, pieces[i].to, pieces[i].at, pieces[i].n);
    done += pieces[i].done;
  }
  return done;
}

bool target_write(target_t* target, uintptr_t at, const void* from, size_t n) {
  return target->by != 0 && target_process_write(target, at, from, n);
}

/* ---- questions ---- */

const target_mapping_t* target_mappings(const target_t* target, size_t* count) {
  *count = target->mapping_count;
  return target->mappings;
}

bool target_has_mappings(const target_t* target) { return target->mapping_count != 0; }

const target_mapping_t* target_mapping_at(const target_t* target, uintptr_t at) {
  size_t low = 0, high = target->mapping_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (at < target->mappings[middle].from)
      high = middle;
    else if (at >= target->mappings[middle].to)
      low = middle + 1;
    else
      return &target->mappings[middle];
  }
  return NULL;
}

bool target_part_at(const target_t* target, uintptr_t at, target_mapping_t* mapping) {
  return target->core.file >= 0 && target_core_part(target, at, mapping);
}

bool target_is_closed(const target_t* target) { return target->read == NULL; }

pid_t target_pid(const target_t* target) { return target->pid; }
pid_t target_by(const target_t* target) { return target->by; }
bool target_is_process(const target_t* target) { return target->by != 0; }

/* A process loses its memory before it is said to have ended, and gets another by exec. */
static bool has_memory(const target_t* target) {
  char byte;
  mica_roots_t roots;
  if (target->roots_at != 0)
    return target_process_read(target, &roots, target->roots_at, sizeof roots) &&
           memcmp(&roots, &target->roots, sizeof roots) == 0;
  for (size_t i = 0; i < target->mapping_count; i++)
    if (target->mappings[i].readable && target_process_read(target, &byte, target->mappings[i].from, 1)) return true;
  return false;
}

bool target_is_alive(const target_t* target) {
  if (target->by == 0) return true;
  if (!has_memory(target)) return false;
  struct pollfd ended = {target->pidfd, POLLIN, 0};
  if (target->pidfd >= 0) return poll(&ended, 1, 0) == 0;
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld", (long)target->pid);
  return access(path, F_OK) == 0;
}

const char* target_name(const target_t* target) { return target->name; }
const char* target_program(const target_t* target) { return target->program; }
const pid_t* target_threads(const target_t* target, size_t* count) {
  *count = target->thread_count;
  return target->threads;
}
uintptr_t target_roots_at(const target_t* target) { return target->roots_at; }
const mica_roots_t* target_roots(const target_t* target) { return &target->roots; }
const char* target_version(const target_t* target) { return target->note.version; }
const char* target_variant(const target_t* target) { return target->note.variant; }
const char* target_library(const target_t* target) { return target->library; }

void target_make_present(target_t* target) { present = target; }
target_t* target_present(void) { return present; }
