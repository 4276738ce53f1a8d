/* map.c -- `mica map`: one HTML file in which the memory of a process, or of a core, is drawn.
 *
 *   target --census.h--> census --map_census.c--> snapshot --map_write.c--> file
 *                               an earlier file --map_earlier.c--> snapshot
 *
 * It is written under a name of its own beside the one that it gets: a map is whole, or it is the one that was there. A
 * device, a pipe or a link is written through. */
#include "tool/census.h"
#include "tool/commands.h"
#include "tool/map_census.h"
#include "tool/map_write.h"
#include "tool/open.h"
#include "tool/resident.h"
#include "tool/say.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOKED = 1024, LOOKED_MOST = 1 << 20 };

typedef struct wish_s {
  const char* target;
  const char* file; /* "-": stdout */
  const char* base;
  uint32_t blocks; /* pages whose blocks are looked at */
} wish_t;

static int read_blocks(const char* text, uint32_t* blocks) {
  char* end;
  errno = 0;
  const unsigned long n = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > LOOKED_MOST)
    return tool_misused("map", "--blocks takes a number of pages up to %d, not '%s'", LOOKED_MOST, text);
  *blocks = (uint32_t)n;
  return TOOL_DONE;
}

static int read_words(int argc, char** argv, wish_t* wish) {
  static const struct option words[] = {
      {"output", required_argument, NULL, 'o'},
      {"base", required_argument, NULL, 'B'},
      {"blocks", required_argument, NULL, 'n'},
      {NULL, 0, NULL, 0},
  };
  opterr = 0;
  optind = 1;
  for (int c; (c = getopt_long(argc, argv, ":o:", words, NULL)) != -1;) {
    if (c == '?' || c == ':') return tool_bad_option(argv, c);
    if (c == 'o') wish->file = optarg;
    if (c == 'B') wish->base = optarg;
    if (c == 'n' && read_blocks(optarg, &wish->blocks) != TOOL_DONE) return TOOL_MISUSED;
  }
  if (argc - optind != 1) return tool_misused("map", "one process or core is needed");
  wish->target = argv[optind];
  return TOOL_DONE;
}

static int cannot_write(const char* path, const char* why) {
  return tool_wrong("map", "%s cannot be written: %s", path, why);
}

/* Into what is there already and is no file, as a device, a pipe or a link: it stays. */
static bool is_special(const char* path) {
  struct stat st;
  return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int write_to(const char* path, const map_snapshot_t* snapshot, const char* before) {
  char other[4096];
  const bool special = is_special(path);
  if (strcmp(path, "-") == 0)
    return map_write(stdout, snapshot, before) ? TOOL_DONE : tool_wrong("map", "stdout cannot be written to");
  if (snprintf(other, sizeof other, special ? "%s" : "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof other)
    return tool_wrong("map", "the name of the file is too long");
  const char* why;
  FILE* to = tool_open_written(other, &why);
  if (to == NULL) return cannot_write(path, why);
  bool done = map_write(to, snapshot, before);
  const int error = errno;
  done = fclose(to) == 0 && done;
  if (done && (special || rename(other, path) == 0)) return TOOL_DONE;
  why = strerror(done ? errno : error);
  if (!special) unlink(other);
  return cannot_write(path, why);
}

static int draw(const wish_t* wish, const char* before) {
  char error[TARGET_ERROR];
  target_t* target = target_open(wish->target, error);
  if (target == NULL) return tool_wrong("map", "%s", error);
  const unsigned cached = wish->blocks > 0 ? CENSUS_CACHED_BLOCKS : 0;
  census_t* census = census_take(target, CENSUS_ALL | cached, error);
  map_snapshot_t snapshot = {0};
  int status;
  if (census == NULL)
    status = tool_wrong("map", "%s", error);
  else if (!map_from_census(&snapshot, census, wish->blocks,
                            target_is_process(target) ? tool_resident(target_pid(target)) : 0))
    status = tool_wrong("map", "there is no memory for the map");
  else
    status = write_to(wish->file, &snapshot, before);
  map_snapshot_free(&snapshot);
  census_free(census);
  target_close(target);
  return status;
}

int tool_map(int argc, char** argv) {
  wish_t wish = {.file = "heap.html", .blocks = LOOKED};
  if (read_words(argc, argv, &wish) != TOOL_DONE) return TOOL_MISUSED;
  const char* why = "";
  char* before = wish.base == NULL ? NULL : map_earlier(wish.base, &why);
  if (wish.base != NULL && before == NULL) return tool_wrong("map", "%s: %s", wish.base, why);
  const int status = draw(&wish, before);
  free(before);
  return status;
}
