/* top_screen.h -- `mica top` on a terminal. One thread; it owns the terminal until it returns. */
#ifndef TOOL_TOP_SCREEN_H
#define TOOL_TOP_SCREEN_H
#include <sys/types.h>

/* Shows all processes, or begins with one (0: none), and looks again every so many milliseconds, until q. The exit status. */
int top_screen(pid_t pid, int interval);

#endif
