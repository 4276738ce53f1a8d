/* top_list.c -- see top_list.h. */
#include "tool/top_list.h"
#include "base/geometry.h"
#include "tool/proc.h"
#include "tool/resident.h"
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  SECOND = 1000000,
  LOOK_EVERY = 3 * SECOND,
  LOOK_SHARE = 50,             /* a look's time, as a part of the time until the next */
  STRANGER_EVERY = 5 * SECOND, /* a process may become another program */
  STRANGER_KEPT = 2 * STRANGER_EVERY,
};

int64_t top_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

/* ---- /proc ---- */

static FILE* open_of(pid_t pid, const char* name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  return fopen(path, "re");
}

/* When it began, in the kernel's ticks; 0: it has ended. The name, in brackets, may hold anything. */
static uint64_t start_of(pid_t pid) {
  enum { START = 22, BEHIND_NAME = 2 }; /* fields */
  char line[1024];
  FILE* from = open_of(pid, "stat");
  if (from == NULL) return 0;
  const size_t n = fread(line, 1, sizeof line - 1, from);
  fclose(from);
  line[n] = '\0';
  const char* at = strrchr(line, ')');
  for (int field = BEHIND_NAME; at != NULL && field < START; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at, NULL, 10);
}

/* Letters that a terminal takes for anything else become question marks. */
static void read_name(pid_t pid, char* name, size_t size) {
  FILE* from = open_of(pid, "comm");
  if (from == NULL || fgets(name, (int)size, from) == NULL) snprintf(name, size, "?");
  if (from != NULL) fclose(from);
  name[strcspn(name, "\n")] = '\0';
  for (char* c = name; *c != '\0'; c++)
    if (!isprint((unsigned char)*c)) *c = '?';
}

/* Whether a library of mica's is mapped to be run. */
static bool maps_mica(pid_t pid) {
  char line[4352];
  bool found = false;
  FILE* from = open_of(tool_proc_living(pid), "maps");
  if (from == NULL) return false;
  while (!found && fgets(line, sizeof line, from) != NULL)
    found = strstr(line, " r-xp ") != NULL && strstr(line, "/libmica") != NULL;
  fclose(from);
  return found;
}

/* ---- figures ---- */

/* Of large blocks; mapped: only of those in mappings of their own. */
static int64_t bytes_of_large(const census_t* census, bool mapped) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < census->page_count; i++)
    if (census->pages[i].class < 0 && (!mapped || census->pages[i].arena == CENSUS_NONE))
      bytes += census->pages[i].block_size;
  return (int64_t)bytes;
}

static void note_counters(top_row_t* row, const census_t* census, int64_t now) {
  const int64_t pages = census->counters.used_slices * (int64_t)MICA_SLICE + row->mapping_bytes;
  row->figure[TOP_RESIDENT] = (int64_t)tool_resident(row->pid);
  const int64_t passed = now - row->counted_at;
  if (row->counted_at != 0 && passed > 0) {
    row->growth_known = true;
    row->figure[TOP_GROWTH] = (int64_t)((double)(pages - row->figure[TOP_PAGES]) * SECOND / (double)passed);
  }
  row->figure[TOP_PAGES] = pages;
  row->figure[TOP_DIRTY] = census->counters.dirty_slices * (int64_t)MICA_SLICE;
  row->counted_at = now;
}

static void note_pages(top_row_t* row, const census_t* census) {
  row->figure[TOP_BLOCKS] = census->sums.block_bytes + bytes_of_large(census, false);
  row->figure[TOP_HELD] = census->sums.held_bytes;
  row->figure[TOP_WAITING] = census->sums.pushed_bytes + census->sums.outbox_bytes;
}

census_t* top_look(top_row_t* row, char error[TARGET_ERROR]) {
  if (row->target == NULL) {
    snprintf(error, TARGET_ERROR, "process %d cannot be looked at", (int)row->pid);
    return NULL;
  }
  const int64_t before = top_now();
  if (!target_refresh(row->target, error)) return NULL;
  census_t* census = census_take(row->target, CENSUS_ALL, error);
  row->looked_at = top_now();
  row->cost = row->looked_at - before;
  if (census == NULL) return NULL;
  row->mapping_bytes = bytes_of_large(census, true);
  note_counters(row, census, row->looked_at);
  note_pages(row, census);
  return census;
}

/* False: it has ended, or become another program. */
static bool refresh_row(top_row_t* row, bool all) {
  char error[TARGET_ERROR];
  if (row->target == NULL) {
    row->figure[TOP_RESIDENT] = (int64_t)tool_resident(row->pid);
    return maps_mica(row->pid);
  }
  const int64_t now = top_now();
  const int64_t wait = row->cost * LOOK_SHARE > LOOK_EVERY ? row->cost * LOOK_SHARE : LOOK_EVERY;
  if (all || row->looked_at == 0 || now - row->looked_at >= wait) {
    census_t* census = top_look(row, error);
    census_free(census);
    return census != NULL;
  }
  census_t* census = census_take(row->target, CENSUS_COUNTERS, error);
  if (census == NULL || !target_is_alive(row->target)) {
    census_free(census);
    return false;
  }
  note_counters(row, census, now);
  census_free(census);
  return true;
}

/* ---- the list ---- */

static top_row_t* add_row(top_list_t* list, pid_t pid, uint64_t start, target_t* target) {
  if (list->count == list->room) {
    const size_t room = list->room == 0 ? 64 : 2 * list->room;
    top_row_t* rows = realloc(list->rows, room * sizeof *rows);
    if (rows == NULL) {
      target_close(target);
      return NULL;
    }
    list->rows = rows;
    list->room = room;
  }
  top_row_t* row = &list->rows[list->count++];
  *row = (top_row_t){.pid = pid, .start = start, .target = target};
  row->figure[TOP_PID] = pid;
  read_name(pid, row->name, sizeof row->name);
  return row;
}

static void drop_row(top_list_t* list, size_t i) {
  target_close(list->rows[i].target);
  list->rows[i] = list->rows[--list->count];
}

/* Whether it was found to be without mica a moment ago; if not, it is noted that it is looked at now. */
static bool is_stranger(top_list_t* list, pid_t pid, uint64_t start, int64_t now) {
  for (size_t i = 0; i < list->stranger_count; i++) {
    top_stranger_t* s = &list->strangers[i];
    if (s->pid != pid) continue;
    if (s->start == start && now - s->looked_at < STRANGER_EVERY) return true;
    *s = (top_stranger_t){pid, start, now};
    return false;
  }
  if (list->stranger_count == list->stranger_room) {
    const size_t room = list->stranger_room == 0 ? 256 : 2 * list->stranger_room;
    top_stranger_t* strangers = realloc(list->strangers, room * sizeof *strangers);
    if (strangers == NULL) return false;
    list->strangers = strangers;
    list->stranger_room = room;
  }
  list->strangers[list->stranger_count++] = (top_stranger_t){pid, start, now};
  return false;
}

/* Those that are no longer there. */
static void forget_strangers(top_list_t* list, int64_t now) {
  size_t kept = 0;
  for (size_t i = 0; i < list->stranger_count; i++)
    if (now - list->strangers[i].looked_at < STRANGER_KEPT) list->strangers[kept++] = list->strangers[i];
  list->stranger_count = kept;
}

static void meet(top_list_t* list, pid_t pid, int64_t now) {
  char error[TARGET_ERROR];
  const uint64_t start = start_of(pid);
  for (size_t i = 0; i < list->count; i++)
    if (list->rows[i].pid == pid && list->rows[i].start == start) {
      list->rows[i].seen = true;
      return;
    }
  if (start == 0 || pid == getpid() || is_stranger(list, pid, start, now)) return;
  target_t* target = target_open_process(pid, error);
  if (target == NULL && !maps_mica(pid)) return;
  top_row_t* row = add_row(list, pid, start, target);
  if (row != NULL) row->seen = true;
}

static bool is_mine(int folder, const char* name) {
  struct stat st;
  return fstatat(folder, name, &st, 0) == 0 && st.st_uid == geteuid();
}

static void meet_all(top_list_t* list, int64_t now) {
  DIR* proc = opendir("/proc");
  if (proc == NULL) return;
  for (const struct dirent* entry; (entry = readdir(proc)) != NULL;)
    if (isdigit((unsigned char)entry->d_name[0]) && is_mine(dirfd(proc), entry->d_name))
      meet(list, (pid_t)strtol(entry->d_name, NULL, 10), now);
  closedir(proc);
}

void top_refresh(top_list_t* list, bool all) {
  const int64_t now = top_now();
  for (size_t i = 0; i < list->count; i++) list->rows[i].seen = false;
  meet_all(list, now);
  forget_strangers(list, now);
  for (size_t i = list->count; i-- > 0;)
    if (!list->rows[i].seen || !refresh_row(&list->rows[i], all)) drop_row(list, i);
}

top_row_t* top_find(top_list_t* list, pid_t pid, char error[TARGET_ERROR]) {
  for (size_t i = 0; i < list->count; i++)
    if (list->rows[i].pid == pid) return &list->rows[i];
  target_t* target = target_open_process(pid, error);
  if (target == NULL) return NULL;
  top_row_t* row = add_row(list, pid, start_of(pid), target);
  if (row == NULL) snprintf(error, TARGET_ERROR, "there is no memory");
  return row;
}

static top_key_t sorted_by;

static int compare(const void* a, const void* b) {
  const top_row_t* one = a;
  const top_row_t* other = b;
  const int64_t x = one->figure[sorted_by], y = other->figure[sorted_by];
  if (x == y || sorted_by == TOP_PID) return (one->pid > other->pid) - (one->pid < other->pid);
  return x < y ? 1 : -1;
}

void top_sort(top_list_t* list, top_key_t by) {
  sorted_by = by;
  if (list->count > 1) qsort(list->rows, list->count, sizeof *list->rows, compare);
}

void top_free(top_list_t* list) {
  while (list->count > 0) drop_row(list, 0);
  free(list->rows);
  free(list->strangers);
  *list = (top_list_t){0};
}
