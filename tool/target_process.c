/* target_process.c -- a running process: its memory by process_vm_readv, its mappings and threads from /proc (target.h).
 *
 * Nothing stops it. Its memory goes by the number of one of its threads: the first, by which it is named, may have ended, and
 * then has no memory while the others go on. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tool/target_kinds.h"

enum { PIECES_AT_A_TIME = 512, PATH = 64 };

bool target_process_read(const target_t* target, void* to, uintptr_t at, size_t n) {
  const struct iovec local = {to, n}, remote = {(void*)at, n};
  return process_vm_readv(target->by, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* What is not mapped ends it, in the middle of a piece, too. */
size_t target_process_read_some(const target_t* target, void* to, uintptr_t at, size_t n) {
  const struct iovec local = {to, n}, remote = {(void*)at, n};
  const ssize_t got = process_vm_readv(target->by, &local, 1, &remote, 1, 0);
  return got > 0 ? (size_t)got : 0;
}

/* Of these pieces, the first so many that fit one call; the one that is not to be had ends it. How many were tried. */
static size_t read_some(const target_t* target, target_piece_t* pieces, size_t count) {
  struct iovec local[PIECES_AT_A_TIME], remote[PIECES_AT_A_TIME];
  const size_t most = count < PIECES_AT_A_TIME ? count : PIECES_AT_A_TIME;
  for (size_t i = 0; i < most; i++) {
    local[i] = (struct iovec){pieces[i].to, pieces[i].n};
    remote[i] = (struct iovec){(void*)pieces[i].at, pieces[i].n};
    pieces[i].done = false;
  }
  const ssize_t got = process_vm_readv(target->by, local, most, remote, most, 0);
  size_t left = got > 0 ? (size_t)got : 0, i = 0;
  for (; i < most && left >= pieces[i].n; left -= pieces[i++].n) pieces[i].done = true;
  return i < most ? i + 1 : i;
}

size_t target_process_read_many(const target_t* target, target_piece_t* pieces, size_t count) {
  size_t done = 0;
  for (size_t at = 0; at < count;) {
    const size_t tried = read_some(target, pieces + at, count - at);
    for (size_t i = 0; i < tried; i++) done += pieces[at + i].done;
    at += tried;
  }
  return done;
}

bool target_process_write(const target_t* target, uintptr_t at, const void* from, size_t n) {
  const struct iovec local = {(void*)(uintptr_t)from, n}, remote = {(void*)at, n};
  return process_vm_writev(target->by, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* ---- mappings: a line each, in the order of addresses ----
 * from-to rights offset device inode    name */

/* Behind so many blanks of the line. */
static char* behind_fields(char* at, int fields) {
  for (int i = 0; i < fields; i++) {
    at += strcspn(at, " ");
    at += strspn(at, " ");
  }
  return at;
}

static bool parse_line(char* line, target_mapping_t* mapping) {
  char* at;
  mapping->from = strtoull(line, &at, 16);
  if (*at++ != '-') return false;
  mapping->to = strtoull(at, &at, 16);
  if (*at++ != ' ' || mapping->to <= mapping->from || strlen(at) < 5) return false;
  mapping->readable = at[0] == 'r';
  mapping->writable = at[1] == 'w';
  at = behind_fields(at, 1);
  mapping->offset = strtoull(at, NULL, 16);
  mapping->name = behind_fields(at, 3);
  return true;
}

static bool parse_mappings(target_t* target, char* text) {
  size_t lines = 0;
  for (const char* at = text; (at = strchr(at, '\n')) != NULL; at++) lines++;
  target_mapping_t* mappings = calloc(lines + 1, sizeof *mappings);
  if (mappings == NULL) return false;
  size_t n = 0;
  for (char *line = text, *end; n < lines && (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = '\0';
    n += parse_line(line, &mappings[n]);
  }
  free(target->mappings);
  free(target->names);
  target->mappings = mappings;
  target->mapping_count = n;
  target->names = text;
  return true;
}

/* ---- threads ---- */

static bool list_threads(target_t* target) {
  char path[PATH];
  snprintf(path, sizeof path, "/proc/%ld/task", (long)target->pid);
  DIR* folder = opendir(path);
  if (folder == NULL) return false;
  size_t room = 0;
  target->thread_count = 0;
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
    const long tid = strtol(entry->d_name, NULL, 10);
    if (tid <= 0 || tid > INT32_MAX) continue;
    if (target->thread_count == room || target->threads == NULL) {
      pid_t* more = realloc(target->threads, (room = room * 2 + 64) * sizeof *more);
      if (more == NULL) break;
      target->threads = more;
    }
    target->threads[target->thread_count++] = (pid_t)tid;
  }
  closedir(folder);
  return target->thread_count != 0;
}

/* ---- opening ---- */

static bool no_rights(const target_t* target, char error[TARGET_ERROR]) {
  size_t size;
  char* scope = target_slurp("/proc/sys/kernel/yama/ptrace_scope", &size);
  const int level = scope == NULL ? 0 : atoi(scope);
  free(scope);
  if (level > 0 && geteuid() != 0)
    return target_wrong(
        error, "process %ld may not be looked at: kernel.yama.ptrace_scope is %d; root may look, or set it to 0",
        (long)target->pid, level);
  return target_wrong(error,
                      "process %ld may not be looked at: it is another user's, or protected (CAP_SYS_PTRACE is needed)",
                      (long)target->pid);
}

static bool no_process(const target_t* target, char error[TARGET_ERROR]) {
  return target_wrong(error, "there is no process %ld", (long)target->pid);
}

/* The mappings as one of its threads shows them: the first whose memory is still there. */
static bool look_by(target_t* target, pid_t thread) {
  char path[PATH];
  size_t size;
  snprintf(path, sizeof path, "/proc/%ld/task/%ld/maps", (long)target->pid, (long)thread);
  char* text = target_slurp(path, &size);
  if (text == NULL) return false;
  if (size == 0 || !parse_mappings(target, text) || target->mapping_count == 0) {
    if (target->names != text) free(text);
    errno = 0;
    return false;
  }
  target->by = thread;
  return true;
}

bool target_process_look(target_t* target, char error[TARGET_ERROR]) {
  if (!list_threads(target)) return no_process(target, error);
  int why = 0;
  for (size_t i = 0; i < target->thread_count; i++) {
    if (look_by(target, target->threads[i])) return true;
    why = errno != 0 ? errno : why;
  }
  if (why == EACCES || why == EPERM) return no_rights(target, error);
  return target_wrong(error, "process %ld has no memory: it has ended, or is the kernel's", (long)target->pid);
}

/* Whether a look is allowed: tried on the first mapping that can be read. */
static bool try_look(const target_t* target, char error[TARGET_ERROR]) {
  for (size_t i = 0; i < target->mapping_count; i++) {
    char byte;
    if (!target->mappings[i].readable || target_process_read(target, &byte, target->mappings[i].from, 1)) return true;
    if (errno == EPERM || errno == EACCES) return no_rights(target, error);
    if (errno == ESRCH) return no_process(target, error);
    if (errno == ENOSYS)
      return target_wrong(error, "this system does not let processes be looked at (process_vm_readv)");
  }
  return true;
}

bool target_process_open(target_t* target, pid_t pid, char error[TARGET_ERROR]) {
  char path[PATH];
  target->pid = pid;
  snprintf(target->name, sizeof target->name, "process %ld", (long)pid);
  target->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (!target_process_look(target, error) || !try_look(target, error)) return false;
  snprintf(path, sizeof path, "/proc/%ld/exe", (long)target->by);
  const ssize_t length = readlink(path, target->program, sizeof target->program - 1);
  target->program[length > 0 ? length : 0] = '\0';
  return true;
}
