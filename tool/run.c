/* run.c -- `mica run`: a program with the library preloaded, its settings in the environment. What LD_PRELOAD names already
 * stays behind the library. */
#include "base/config.h"
#include "observe/option_rules.h"
#include "tool/commands.h"
#include "tool/place.h"
#include "tool/preload.h"
#include "tool/say.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CANNOT_RUN = 126, NOT_FOUND = 127 }; /* as of a shell */

static const char* const me = "run";

typedef struct wanted_s {
  bool stats, leaks, profile;
  const char* file;  /* of the profile; NULL: none is named */
  const char* limit; /* NULL: none */
  const char* variant;
} wanted_t;

/* TOOL_DONE, or what has been said. */
static int read_options(int argc, char** argv, wanted_t* wanted) {
  static const struct option options[] = {
      {"stats", no_argument, NULL, 's'},         {"profile", optional_argument, NULL, 'p'},
      {"leaks", no_argument, NULL, 'l'},         {"limit", required_argument, NULL, 'm'},
      {"variant", required_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
  opterr = 0;
  for (int option; (option = getopt_long(argc, argv, "+:", options, NULL)) != -1;) {
    switch (option) {
    case 's': wanted->stats = true; break;
    case 'p':
      wanted->profile = true;
      wanted->file = optarg;
      break;
    case 'l': wanted->leaks = true; break;
    case 'm': wanted->limit = optarg; break;
    case 'v': wanted->variant = optarg; break;
    default: return tool_bad_option(argv, option);
    }
  }
  return argv[optind] != NULL ? TOOL_DONE : tool_misused(me, "run what?");
}

static bool is_variant(const char* name) {
  static const char* const known[] = {"release", "debug", "secure", "valgrind"};
  for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(name, known[i]) == 0) return true;
  return false;
}

static int check_wanted(const wanted_t* wanted) {
  long value;
  if (wanted->limit != NULL &&
      (!mica_option_parse(&mica_option_rules[mi_option_memory_limit], wanted->limit, false, &value) || value == 0))
    return tool_misused(me, "--limit %s: a number of KiB, or one that ends in K, M or G", wanted->limit);
  if (wanted->file != NULL && (wanted->file[0] == '\0' || strchr(wanted->file, ',') != NULL))
    return tool_misused(me, "--profile=%s: a name of a file, without a comma", wanted->file);
  if (wanted->variant != NULL && !is_variant(wanted->variant))
    return tool_misused(me, "no variant '%s': there are release, debug, secure and valgrind", wanted->variant);
  return TOOL_DONE;
}

/* MICA_PROFILE. A file's name is made absolute: the program may go elsewhere before it ends. */
static void set_profile(const wanted_t* wanted) {
  char folder[PATH_MAX];
  char text[2 * PATH_MAX];
  const char* const file = wanted->file != NULL ? wanted->file : "mica.%p.heap";
  const bool has_file = wanted->profile || !wanted->leaks;
  const bool is_relative = file[0] != '/' && getcwd(folder, sizeof folder) != NULL && strchr(folder, ',') == NULL;
  snprintf(text, sizeof text, "%s%s%s%s", has_file && is_relative ? folder : "", has_file && is_relative ? "/" : "",
           has_file ? file : "", wanted->leaks ? ",leaks" : "");
  setenv("MICA_PROFILE", text, 1);
}

static void set_environment(const wanted_t* wanted, const char* library) {
  const char* const before = getenv("LD_PRELOAD");
  char* list = NULL;
  if (before != NULL && before[0] != '\0' && asprintf(&list, "%s:%s", library, before) > 0) library = list;
  setenv("LD_PRELOAD", library, 1);
  free(list);
  setenv("MICA_DEEPBIND", "ignore", 0);
  if (wanted->stats) setenv("MICA_SHOW_STATS", "1", 1);
  if (wanted->limit != NULL) setenv("MICA_MEMORY_LIMIT", wanted->limit, 1);
  if (wanted->profile || wanted->leaks) set_profile(wanted);
}

/* One line if the program will not have its malloc from mica, or not all of it. */
static void warn_of(const char* path) {
  tool_program_t program;
  char text[TOOL_PRELOAD_TEXT];
  if (!tool_program_examine(path, &program)) return;
  switch (tool_preload_outlook(&program, text)) {
  case TOOL_PRELOAD_IS_NOT: tool_wrong(me, "preloading has no effect on %s: %s", path, text); break;
  case TOOL_PRELOAD_IS_BEHIND: tool_wrong(me, "preloading has not its full effect on %s: %s", path, text); break;
  case TOOL_PRELOAD_IS_BUILT_IN:
  case TOOL_PRELOAD_WORKS: break;
  }
}

static int not_run(const char* command, int error) {
  tool_wrong(me, "%s: %s", command, error == ENOENT ? "there is no such program" : strerror(error));
  return error == ENOENT ? NOT_FOUND : CANNOT_RUN;
}

int tool_run(int argc, char** argv) {
  wanted_t wanted = {0};
  char library[PATH_MAX];
  char preloaded[PATH_MAX];
  char path[PATH_MAX];
  const char* why;
  int status = read_options(argc, argv, &wanted);
  if (status == TOOL_DONE) status = check_wanted(&wanted);
  if (status != TOOL_DONE) return status;
  if (!tool_place_library(wanted.variant, library)) return tool_wrong(me, "there is no library: %s", library);
  if (!tool_place_preloadable(library, preloaded, &why)) return tool_wrong(me, "%s: %s", library, why);
  char** const command = argv + optind;
  if (!tool_program_find(command[0], path)) return not_run(command[0], errno);
  warn_of(path);
  set_environment(&wanted, preloaded);
  execvp(path, command);
  return not_run(command[0], errno);
}
