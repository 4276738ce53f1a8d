/* top.c -- `mica top`: the processes of the user that run on mica, live on a terminal, or once as text. */
#include "tool/commands.h"
#include "tool/say.h"
#include "tool/top_screen.h"
#include "tool/top_text.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct wish_s {
  pid_t pid; /* 0: all */
  bool once;
  int interval; /* milliseconds */
} wish_t;

static int print_all(void) {
  top_list_t list = {0};
  top_refresh(&list, true);
  top_sort(&list, TOP_RESIDENT);
  top_put_heads(stdout, TOP_RESIDENT);
  fputc('\n', stdout);
  for (size_t i = 0; i < list.count; i++) {
    top_put_row(stdout, &list.rows[i]);
    fputc('\n', stdout);
  }
  top_free(&list);
  return TOOL_DONE;
}

static int print_process(pid_t pid) {
  char error[TARGET_ERROR];
  top_list_t list = {0};
  top_row_t* row = top_find(&list, pid, error);
  census_t* census = row == NULL ? NULL : top_look(row, error);
  if (census != NULL) top_put_process(stdout, row, census);
  census_free(census);
  top_free(&list);
  return census != NULL ? TOOL_DONE : tool_wrong("top", "%s", error);
}

static int read_interval(const char* text, int* milliseconds) {
  char* end;
  errno = 0;
  const double seconds = strtod(text, &end);
  if (end == text || *end != '\0' || errno != 0 || !(seconds >= 0.1 && seconds <= 3600))
    return tool_misused("top", "--interval takes 0.1 to 3600 seconds, not '%s'", text);
  *milliseconds = (int)(seconds * 1000);
  return TOOL_DONE;
}

static int read_pid(const char* text, pid_t* pid) {
  char* end;
  errno = 0;
  const long n = strtol(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n <= 0 || n > INT_MAX)
    return tool_misused("top", "'%s' is no process", text);
  *pid = (pid_t)n;
  return TOOL_DONE;
}

static int read_words(int argc, char** argv, wish_t* wish) {
  static const struct option words[] = {
      {"once", no_argument, NULL, '1'},
      {"interval", required_argument, NULL, 'i'},
      {NULL, 0, NULL, 0},
  };
  opterr = 0;
  optind = 1;
  for (int c; (c = getopt_long(argc, argv, ":", words, NULL)) != -1;) {
    if (c == '?' || c == ':') return tool_bad_option(argv, c);
    if (c == '1') wish->once = true;
    if (c == 'i' && read_interval(optarg, &wish->interval) != TOOL_DONE) return TOOL_MISUSED;
  }
  if (argc - optind > 1) return tool_misused("top", "one process at most, not '%s' too", argv[optind + 1]);
  return argc - optind == 1 ? read_pid(argv[optind], &wish->pid) : TOOL_DONE;
}

int tool_top(int argc, char** argv) {
  wish_t wish = {.interval = 1000};
  if (read_words(argc, argv, &wish) != TOOL_DONE) return TOOL_MISUSED;
  if (wish.once || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    return wish.pid != 0 ? print_process(wish.pid) : print_all();
  return top_screen(wish.pid, wish.interval);
}
