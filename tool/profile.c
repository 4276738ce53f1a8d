/* profile.c -- `mica profile PID`: switches the sampling of a process on and off, and writes what was sampled, as a text that
 * the readers of profiles take. The process is not stopped: its threads see the switch at their next slow call. */
#include "observe/option_rules.h"
#include "profile/dump.h"
#include "profile/table.h"
#include "tool/commands.h"
#include "tool/open.h"
#include "tool/proc.h"
#include "tool/profile_copy.h"
#include "tool/say.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char* const me = "profile";
enum { EVERY = 512 << 10 };

typedef enum act_e { ACT_TELL, ACT_START, ACT_STOP, ACT_DUMP } act_t;

typedef struct wanted_s {
  act_t act;
  uint64_t every;
  const char* file; /* NULL: stdout */
  const char* process;
} wanted_t;

/* A number of bytes, or one with K, M or G. */
static bool parse_bytes(const char* text, uint64_t* bytes) {
  static const mica_option_rule_t rule = {"EVERY", NULL, MICA_SIZE, true, 0, MICA_OPTION_MOST};
  const size_t digits = strspn(text, "0123456789");
  long value;
  if (digits == 0) return false;
  if (text[digits] == '\0') {
    errno = 0;
    *bytes = strtoull(text, NULL, 10);
    return errno == 0 && *bytes > 0;
  }
  if (!mica_option_parse(&rule, text, false, &value)) return false;
  *bytes = (uint64_t)value * 1024;
  return value > 0;
}

static int take_option(char** argv, int option, wanted_t* wanted) {
  const act_t before = wanted->act;
  switch (option) {
  case 's':
    wanted->act = ACT_START;
    if (optarg != NULL && !parse_bytes(optarg, &wanted->every))
      return tool_misused(me, "--start=%s: a number of bytes, or one that ends in K, M or G", optarg);
    break;
  case 'p': wanted->act = ACT_STOP; break;
  case 'd': wanted->act = ACT_DUMP; break;
  case 'o': wanted->file = optarg; return TOOL_DONE;
  default: return tool_bad_option(argv, option);
  }
  if (before != ACT_TELL && before != wanted->act) return tool_misused(me, "one of --start, --stop and --dump");
  return TOOL_DONE;
}

static int read_options(int argc, char** argv, wanted_t* wanted) {
  static const struct option options[] = {{"start", optional_argument, NULL, 's'},
                                          {"stop", no_argument, NULL, 'p'},
                                          {"dump", no_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
  opterr = 0;
  for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
    const int status = take_option(argv, option, wanted);
    if (status != TOOL_DONE) return status;
  }
  wanted->process = argv[optind];
  if (wanted->process == NULL) return tool_misused(me, "which process?");
  if (argv[optind + 1] != NULL) return tool_misused(me, "one process, not '%s', too", argv[optind + 1]);
  if (tool_proc_number(wanted->process) == 0)
    return tool_misused(me, "'%s' is no number of a process", wanted->process);
  if (wanted->file != NULL && wanted->act != ACT_DUMP) return tool_misused(me, "-o goes with --dump");
  return TOOL_DONE;
}

/* ---- what was sampled ---- */

static void collect(const char* text, void* to) { fputs(text, to); }

/* The text as the process itself writes it, with its own mappings in the place of this program's. */
static bool put_profile(pid_t pid, FILE* to) {
  static const char mark[] = "\nMAPPED_LIBRARIES:\n";
  char* text = NULL;
  size_t length = 0;
  size_t size;
  char* const maps = tool_proc_whole(tool_proc_living(pid), "maps", &size);
  FILE* const all = open_memstream(&text, &length);
  if (all != NULL) {
    mica_profile_text(collect, all);
    fclose(all);
  }
  char* const end = text != NULL ? strstr(text, mark) : NULL;
  const bool whole = end != NULL && maps != NULL;
  if (whole) {
    fwrite(text, 1, (size_t)(end - text), to);
    fputs(mark, to);
    fwrite(maps, 1, size, to);
  }
  free(text);
  free(maps);
  return whole;
}

static int dump(target_t* target, const wanted_t* wanted) {
  if (!tool_profile_copy(target)) return tool_wrong(me, "the profile of %s cannot be read", target_name(target));
  if (mica_profile_table.epoch == 0)
    return tool_wrong(me, "%s was never profiled: mica profile %s --start begins it", target_name(target),
                      wanted->process);
  const char* why = "";
  FILE* const to = wanted->file != NULL ? tool_open_written(wanted->file, &why) : stdout;
  if (to == NULL) return tool_wrong(me, "%s: %s", wanted->file, why);
  const bool whole = put_profile(target_pid(target), to);
  const bool written = fflush(to) == 0 && !ferror(to);
  const int error = errno;
  if (wanted->file != NULL) fclose(to);
  if (!whole) return tool_wrong(me, "%s ended while it was read", target_name(target));
  return written ? TOOL_DONE
                 : tool_wrong(me, "%s: %s", wanted->file != NULL ? wanted->file : "stdout", strerror(error));
}

static int tell(target_t* target) {
  uint64_t every;
  if (!tool_profile_every(target, &every) || !tool_profile_copy(target))
    return tool_wrong(me, "the profile of %s cannot be read", target_name(target));
  const mi_profile_sums_t sums = mica_profile_sums();
  if (every == 0)
    printf("%s: off; ", target_name(target));
  else
    printf("%s: on, a sample in %llu bytes; ", target_name(target), (unsigned long long)every);
  printf("%zu samples from %zu stacks, %zu bytes live of %zu\n", sums.samples, sums.stacks, sums.live_bytes,
         sums.bytes);
  return TOOL_DONE;
}

static int act(target_t* target, const wanted_t* wanted) {
  if (target_roots(target)->profile == NULL)
    return tool_wrong(me, "the mica of %s does not profile", target_name(target));
  switch (wanted->act) {
  case ACT_DUMP: return dump(target, wanted);
  case ACT_TELL: return tell(target);
  case ACT_START:
  case ACT_STOP: break;
  }
  const uint64_t every = wanted->act == ACT_START ? wanted->every : 0;
  if (tool_profile_set(target, every)) return TOOL_DONE;
  return tool_wrong(me, "%s cannot be switched: %s", target_name(target), strerror(errno));
}

int tool_profile(int argc, char** argv) {
  char error[TARGET_ERROR];
  wanted_t wanted = {ACT_TELL, EVERY, NULL, NULL};
  int status = read_options(argc, argv, &wanted);
  if (status != TOOL_DONE) return status;
  target_t* const target = target_open(wanted.process, error);
  if (target == NULL) return tool_wrong(me, "%s", error);
  status = act(target, &wanted);
  target_close(target);
  return status;
}
