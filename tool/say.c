/* say.c -- see say.h. */
#include "tool/say.h"

#include "tool/commands.h"
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

static void say(const char* command, const char* format, va_list arguments) {
  fflush(stdout); /* in the order in which it was said */
  fprintf(stderr, "mica %s: ", command);
  vfprintf(stderr, format, arguments);
}

int tool_wrong(const char* command, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(command, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  return TOOL_WRONG;
}

int tool_misused(const char* command, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(command, format, arguments);
  va_end(arguments);
  fprintf(stderr, " (mica help %s)\n", command);
  return TOOL_MISUSED;
}

int tool_bad_option(char* const* argv, int result) {
  const char* const word = argv[optind - 1];
  if (result == ':') return tool_misused(argv[0], "%s needs a value", word);
  if (optopt != 0 && word[0] == '-' && word[1] == '-') return tool_misused(argv[0], "%s takes no value", word);
  if (optopt != 0) return tool_misused(argv[0], "no option -%c", optopt);
  return tool_misused(argv[0], "no option %s", word);
}
