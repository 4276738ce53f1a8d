/* say.h -- the lines that the program `mica` says when something is wrong. Any file of tool/ but the reader's; one thread. */
#ifndef TOOL_SAY_H
#define TOOL_SAY_H
#include "base/config.h"

/* One line on stderr: "mica COMMAND: ", the text, and a newline, which the text has not. Gives TOOL_WRONG. */
int tool_wrong(const char* command, const char* format, ...) MICA_PRINTF(2, 3);

/* The same of a command that was called wrongly; behind the text stands where to read. Gives TOOL_MISUSED. */
int tool_misused(const char* command, const char* format, ...) MICA_PRINTF(2, 3);

/* The same of the word that getopt_long has just refused: result is what it gave, with opterr 0 and a colon at the beginning of
 * the short options, '?' or ':'. */
int tool_bad_option(char* const* argv, int result);

#endif
