/* doctor_limits.c -- `mica doctor`: what bounds a process' memory, against what it has. Nine tenths of it are wrong, half is
 * worth a look. */
#include "observe/option_rules.h"
#include "tool/doctor.h"
#include "tool/proc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double MiB = 1024.0 * 1024.0;

/* What to do, unless it is far. */
static const char* if_near(tool_verdict_t verdict, const char* advice) { return verdict == TOOL_OK ? NULL : advice; }

static tool_verdict_t how_near(uint64_t used, uint64_t limit) {
  if (used >= limit - limit / 10) return TOOL_BAD;
  return used >= limit / 2 ? TOOL_LOOK : TOOL_OK;
}

/* The soft limit in the process' table of them; false: it is unlimited, or there is no such row. */
static bool soft_limit(const char* limits, const char* row, uint64_t* limit) {
  return tool_text_number(limits, row, limit);
}

static void find_rlimit(tool_findings_t* findings, const char* limits, const char* status, const char* row,
                        const char* name, const char* used_row) {
  uint64_t limit;
  uint64_t used = 0;
  if (!soft_limit(limits, row, &limit)) return;
  tool_text_number(status, used_row, &used);
  used *= 1024;
  const tool_verdict_t verdict = how_near(used, limit);
  tool_find(findings, verdict, "limit", if_near(verdict, "raise it (ulimit, systemd's Limit...)"),
            "%s is %.1f MiB, of which %.1f are used", name, (double)limit / MiB, (double)used / MiB);
}

/* Nothing is locked by mica: only who locks all of its memory meets this one. */
static void find_locked(tool_findings_t* findings, const char* limits, const char* status) {
  uint64_t limit;
  uint64_t locked = 0;
  if (!tool_text_number(status, "VmLck:", &locked) || locked == 0) return;
  if (soft_limit(limits, "Max locked memory", &limit))
    tool_find(findings, how_near(locked * 1024, limit), "limit", "raise it",
              "RLIMIT_MEMLOCK is %.1f MiB, of which %.1f are locked", (double)limit / MiB, (double)locked / 1024);
  else
    tool_find(findings, TOOL_LOOK, "limit", NULL, "%.1f MiB are locked: what is locked is given back only by unmapping",
              (double)locked / 1024);
}

/* ---- control groups ---- */

/* The smallest limit on the way from the group to the top; its folder in found. */
static bool group_limit(const char* root, const char* group, const char* file, char found[PATH_MAX], uint64_t* least) {
  char folder[PATH_MAX];
  char path[PATH_MAX + 64];
  bool is_limited = false;
  snprintf(folder, sizeof folder, "%s%.2000s", root, strcmp(group, "/") == 0 ? "" : group);
  while (strlen(folder) >= strlen(root)) {
    uint64_t limit;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (tool_file_number(path, &limit) && limit < UINT64_MAX / 4 && (!is_limited || limit < *least)) {
      *least = limit;
      is_limited = true;
      snprintf(found, PATH_MAX, "%s", folder);
    }
    char* const slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder) break;
    *slash = '\0';
  }
  return is_limited;
}

/* The group of the process in the hierarchy: "0::" is version 2's. */
static bool group_of(const char* groups, const char* controller, char group[PATH_MAX]) {
  for (const char* line = groups; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
    const char* const names = strchr(line, ':');
    const char* const path = names != NULL ? strchr(names + 1, ':') : NULL;
    if (path == NULL) return false;
    const size_t length = (size_t)(path - names - 1);
    if (length != strlen(controller) || strncmp(names + 1, controller, length) != 0) continue;
    snprintf(group, PATH_MAX, "%.*s", (int)strcspn(path + 1, "\n"), path + 1);
    return true;
  }
  return false;
}

static void find_own_limit(tool_findings_t* findings, const char* environment, size_t length, uint64_t group) {
  const char* const text = tool_doctor_variable(environment, length, "MICA_MEMORY_LIMIT");
  long value;
  if (text == NULL || !mica_option_parse(&mica_option_rules[mi_option_memory_limit], text, false, &value) || value == 0)
    return;
  if ((uint64_t)value * 1024 > group)
    tool_find(findings, TOOL_BAD, "cgroup", "lower MICA_MEMORY_LIMIT",
              "MICA_MEMORY_LIMIT=%s is above it: the kernel ends the program before mica refuses memory", text);
}

static void find_cgroup(tool_findings_t* findings, pid_t pid, const char* environment, size_t length) {
  char groups[TOOL_PROC_TEXT];
  char group[PATH_MAX];
  char found[PATH_MAX];
  char path[PATH_MAX + 64];
  uint64_t limit;
  uint64_t used = 0;
  const char* current = "memory.current";
  if (tool_proc_text(pid, "cgroup", groups, sizeof groups) <= 0) return;
  bool is_limited = group_of(groups, "", group) && group_limit("/sys/fs/cgroup", group, "memory.max", found, &limit);
  if (!is_limited && group_of(groups, "memory", group)) {
    is_limited = group_limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", found, &limit);
    current = "memory.usage_in_bytes";
  }
  if (!is_limited) {
    tool_find(findings, TOOL_OK, "cgroup", NULL, "no limit of memory");
    return;
  }
  snprintf(path, sizeof path, "%s/%s", found, current);
  tool_file_number(path, &used);
  tool_find(
      findings, how_near(used, limit), "cgroup",
      "the kernel ends a program of the group at the limit; MICA_MEMORY_LIMIT below it has malloc say NULL before",
      "%.1f MiB, of which %.1f are used: %.200s", (double)limit / MiB, (double)used / MiB, found);
  find_own_limit(findings, environment, length, limit);
}

/* ---- mappings ---- */

static void find_mappings(tool_findings_t* findings, pid_t pid) {
  uint64_t limit;
  size_t length;
  uint64_t count = 0;
  char* const maps = tool_proc_whole(pid, "maps", &length);
  for (const char* at = maps; at != NULL && (at = strchr(at, '\n')) != NULL; at++) count++;
  free(maps);
  if (!tool_file_number("/proc/sys/vm/max_map_count", &limit)) return;
  tool_find(findings, how_near(count, limit), "mappings", if_near(how_near(count, limit), "raise vm.max_map_count"),
            "%llu of %llu (vm.max_map_count)", (unsigned long long)count, (unsigned long long)limit);
}

void tool_doctor_limits(tool_findings_t* findings, pid_t pid, const char* environment, size_t length) {
  char limits[TOOL_PROC_TEXT];
  char status[TOOL_PROC_TEXT];
  const bool is_own = pid == getpid(); /* whose use is not that of what it would start */
  if (tool_proc_text(pid, "limits", limits, sizeof limits) <= 0 ||
      tool_proc_text(pid, "status", status, sizeof status) <= 0) {
    tool_find(findings, TOOL_LOOK, "limit", "ask as its user, or as root", "its limits cannot be read");
    return;
  }
  if (is_own) status[0] = '\0';
  const size_t before = findings->count;
  find_rlimit(findings, limits, status, "Max address space", "RLIMIT_AS", "VmSize:");
  find_rlimit(findings, limits, status, "Max data size", "RLIMIT_DATA", "VmData:");
  find_locked(findings, limits, status);
  if (findings->count == before)
    tool_find(findings, TOOL_OK, "limit", NULL, "neither RLIMIT_AS nor RLIMIT_DATA is set");
  find_cgroup(findings, pid, environment, length);
  if (!is_own) find_mappings(findings, pid);
}
