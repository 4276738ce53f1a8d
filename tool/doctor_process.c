/* doctor_process.c -- `mica doctor PID`: whose malloc a process has. The first file that exports it, in the order in which the
 * dynamic linker looks, gives it to all. */
#include "tool/doctor.h"
#include "tool/link_order.h"
#include "tool/proc.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char* base_of(const char* path) {
  const char* const slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* Whether a list of libraries, as LD_PRELOAD is one, has the file: by its path, or by the name that its path begins its last
 * part with (libmica.so is libmica.so.0.2.0). */
static bool lists(const char* list, const char* path) {
  const char* const name = base_of(path);
  for (const char* at = list; at != NULL && *at != '\0';) {
    const size_t length = strcspn(at, " :\n");
    char word[PATH_MAX];
    char real[PATH_MAX];
    snprintf(word, sizeof word, "%.*s", (int)(length < PATH_MAX ? length : 0), at);
    if (strcmp(word, path) == 0 || (word[0] == '/' && realpath(word, real) != NULL && strcmp(real, path) == 0))
      return true;
    const char* const last = base_of(word);
    if (last[0] != '\0' && strncmp(last, name, strlen(last)) == 0) return true;
    at += length + (at[length] != '\0');
  }
  return false;
}

typedef struct looked_s {
  const char* preload;         /* LD_PRELOAD; NULL: none */
  char system[TOOL_PROC_TEXT]; /* what the system preloads into everything */
  const tool_link_order_t* order;
} looked_t;

static const char* way_in(const looked_t* looked, size_t number) {
  const char* const path = looked->order->each[number].path;
  if (number == 0) return "the static library, in the program";
  if (lists(looked->preload, path)) return "preloaded";
  if (lists(looked->system, path)) return "preloaded by /etc/ld.so.preload";
  return "linked";
}

/* Where mica is; more than one is none too well. The number of the first; order->count: none. */
static size_t find_mica(tool_findings_t* findings, const looked_t* looked) {
  const tool_link_order_t* const order = looked->order;
  size_t first = order->count;
  for (size_t i = 0; i < order->count; i++) {
    const tool_linked_t* const file = &order->each[i];
    if (!file->holds_mica) continue;
    tool_find(findings, first == order->count ? TOOL_OK : TOOL_BAD, "library", first == order->count ? NULL : "use one",
              "%smica %s%s%s: %.400s, %s", first == order->count ? "" : "a second ",
              file->version[0] != '\0' ? file->version : "of a version that does not say so",
              file->variant[0] != '\0' ? ", " : "", file->variant, file->path, way_in(looked, i));
    if (first == order->count) first = i;
  }
  if (first == order->count)
    tool_find(findings, TOOL_BAD, "library", "start it by mica run, or link it with mica",
              "mica is not in this process");
  return first;
}

/* Who gives out the blocks. */
static void find_malloc(tool_findings_t* findings, const looked_t* looked, size_t mica) {
  const tool_link_order_t* const order = looked->order;
  const char* const sure = order->is_certain ? "" : " (by the order of mappings, which is only likely)";
  size_t first = 0;
  while (first < order->count && !order->each[first].exports_malloc) first++;
  if (first == order->count) {
    tool_find(findings, mica == 0 ? TOOL_OK : TOOL_LOOK, "malloc", NULL, "no file of it exports malloc: %s",
              mica == 0 ? "a static program has mica's" : "a static program has its own");
    return;
  }
  const tool_linked_t* const file = &order->each[first];
  if (first == mica)
    tool_find(findings, TOOL_OK, "malloc", NULL, "mica's is the first%s", sure);
  else if (mica == order->count)
    tool_find(findings, TOOL_OK, "malloc", NULL, "it is that of %s%s", file->path, sure);
  else if (first == 0)
    tool_find(findings, TOOL_BAD, "malloc", "unless it calls mica's, build it without",
              "the program defines malloc itself, before mica%s", sure);
  else if (first < mica)
    tool_find(findings, lists(looked->preload, file->path) ? TOOL_LOOK : TOOL_BAD, "malloc",
              "unless it calls mica's, put mica before it in LD_PRELOAD", "that of %s comes before mica's%s",
              file->path, sure);
}

static void find_sanitizer(tool_findings_t* findings, const tool_link_order_t* order) {
  for (size_t i = 0; i < order->count; i++)
    if (order->each[i].sanitizer != NULL) {
      tool_find(findings, TOOL_BAD, "sanitizer", "run it without mica, or build it without",
                "%s is in it, which does not know mica's blocks: %s", order->each[i].sanitizer, order->each[i].path);
      return;
    }
}

/* A file that was replaced while the process runs: the names are of another one now. */
static void find_deleted(tool_findings_t* findings, const tool_link_order_t* order) {
  static const char deleted[] = " (deleted)";
  for (size_t i = 0; i < order->count; i++) {
    const size_t length = strlen(order->each[i].path);
    if (length < sizeof deleted || strcmp(order->each[i].path + length - (sizeof deleted - 1), deleted) != 0) continue;
    tool_find(findings, TOOL_LOOK, "files", "start it again", "%s: it was replaced since", order->each[i].path);
  }
}

static void find_rights(tool_findings_t* findings, pid_t pid, const char* environment, size_t length) {
  char status[TOOL_PROC_TEXT];
  uint64_t mode;
  if (tool_proc_text(pid, "status", status, sizeof status) <= 0) return;
  if (tool_text_number(status, "Seccomp:", &mode) && mode != 0)
    tool_find(findings, mode == 1 ? TOOL_BAD : TOOL_LOOK, "seccomp",
              "of memory mica calls mmap, munmap, mremap, madvise", "a filter of system calls is on%s",
              mode == 1 ? ", which allows none for memory" : "");
  char name[PATH_MAX];
  char program[PATH_MAX];
  snprintf(name, sizeof name, "/proc/%ld/exe", (long)pid);
  const ssize_t n = readlink(name, program, sizeof program - 1);
  if (n <= 0 || environment == NULL) return;
  program[n] = '\0';
  tool_program_t* const file = malloc(sizeof *file);
  const char* const deep = tool_doctor_variable(environment, length, "MICA_DEEPBIND");
  if (file != NULL && tool_program_examine(program, file) && file->opens_deeply && (deep == NULL || *deep == '\0'))
    tool_find(findings, TOOL_LOOK, "deepbind", "set MICA_DEEPBIND=ignore, as mica run does",
              "programs of that name open libraries by RTLD_DEEPBIND, and so keep them from mica");
  free(file);
}

void tool_doctor_process(tool_findings_t* findings, pid_t pid, pid_t living, const char* environment, size_t length) {
  looked_t* const looked = calloc(1, sizeof *looked);
  tool_link_order_t order;
  if (looked == NULL) return;
  if (!tool_link_order_read(living, &order)) {
    tool_find(findings, TOOL_BAD, "process", errno == ENOENT ? NULL : "ask as its user, or as root", "%s",
              errno == ENOENT ? "it has no program: it has ended, or is the kernel's" : "its files cannot be seen");
    free(looked);
    return;
  }
  looked->preload = tool_doctor_variable(environment, length, "LD_PRELOAD");
  tool_file_text("/etc/ld.so.preload", looked->system, sizeof looked->system);
  looked->order = &order;
  tool_find(findings, TOOL_OK, "process", NULL, "%ld: %s", (long)pid, order.each[0].path);
  find_malloc(findings, looked, find_mica(findings, looked));
  find_sanitizer(findings, &order);
  find_deleted(findings, &order);
  find_rights(findings, living, environment, length);
  tool_link_order_free(&order);
  free(looked);
}
