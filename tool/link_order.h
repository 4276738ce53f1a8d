/* link_order.h -- the files that a process is made of, in the order in which its dynamic linker looks for a function in them:
 * the program, what was preloaded, what these need; behind them what was opened later. Used by doctor_process.c. One thread. */
#ifndef TOOL_LINK_ORDER_H
#define TOOL_LINK_ORDER_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct tool_linked_s {
  char path[PATH_MAX]; /* in the process' own tree of files */
  bool exports_malloc;
  bool holds_mica;
  const char* sanitizer; /* as in program.h */
  char version[64];      /* of mica; "": none, or not known */
  char variant[64];
} tool_linked_t;

typedef struct tool_link_order_s {
  tool_linked_t* each; /* the first is the program */
  size_t count;
  bool is_certain; /* from the dynamic linker's own list; else from the order of mappings, which is only likely */
} tool_link_order_t;

/* False: the process' files cannot be read. To be freed by the second. */
bool tool_link_order_read(pid_t pid, tool_link_order_t* order);
void tool_link_order_free(tool_link_order_t* order);

#endif
