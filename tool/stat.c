/* stat.c -- the command `mica stat PID|CORE [--json|--prometheus] [--watch SECONDS]`. */
#include "tool/stat.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tool/commands.h"
#include "tool/say.h"

typedef struct wanted_s {
  void (*form)(const census_t* census);
  double every; /* seconds; 0: once */
} wanted_t;

static bool parse_seconds(const char* text, double* seconds) {
  char* end;
  errno = 0;
  *seconds = strtod(text, &end);
  return errno == 0 && end != text && *end == '\0' && *seconds >= 0.01 && *seconds <= 1e6;
}

/* 0, or the exit status. */
static int parse(int argc, char** argv, wanted_t* wanted) {
  static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                          {"prometheus", no_argument, NULL, 'p'},
                                          {"watch", required_argument, NULL, 'w'},
                                          {NULL, 0, NULL, 0}};
  *wanted = (wanted_t){stat_text, 0};
  opterr = 0;
  optind = 1;
  for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
    if (option == 'w' && !parse_seconds(optarg, &wanted->every))
      return tool_misused("stat", "--watch takes seconds, not '%s'", optarg);
    if (option == 'j' || option == 'p') {
      if (wanted->form != stat_text) return tool_misused("stat", "one of --json and --prometheus");
      wanted->form = option == 'j' ? stat_json : stat_prometheus;
    }
    if (option == '?' || option == ':') return tool_bad_option(argv, option);
  }
  if (optind + 1 != argc)
    return tool_misused("stat", optind == argc ? "which process, or core?" : "one process, or core");
  return 0;
}

/* False: error has the line. */
static bool show(target_t* target, const wanted_t* wanted, char error[TARGET_ERROR]) {
  census_t* census = census_take(target, CENSUS_ALL, error);
  if (census == NULL) return false;
  wanted->form(census);
  census_free(census);
  fflush(stdout);
  return true;
}

static void wait_for(double seconds) {
  const time_t whole = (time_t)seconds;
  const struct timespec time = {whole, (long)((seconds - (double)whole) * 1e9)};
  nanosleep(&time, NULL);
}

int tool_stat(int argc, char** argv) {
  char error[TARGET_ERROR];
  wanted_t wanted;
  const int status = parse(argc, argv, &wanted);
  if (status != 0) return status;
  target_t* target = target_open(argv[optind], error);
  bool well = target != NULL && show(target, &wanted, error);
  while (well && wanted.every != 0 && !ferror(stdout)) {
    wait_for(wanted.every);
    if (wanted.form == stat_text) putchar('\n');
    well = target_refresh(target, error) && show(target, &wanted, error);
  }
  target_close(target);
  return well ? TOOL_DONE : tool_wrong("stat", "%s", error);
}
