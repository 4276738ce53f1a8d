/* hook_guard.h -- no thread is in two calls of one kind of the program's functions at a time. Anybody, any thread, any time. */
#ifndef MICA_HOOK_GUARD_H
#define MICA_HOOK_GUARD_H
#include <stdbool.h>

/* The kinds of functions that mica calls. */
typedef enum mica_hook_e {
  MICA_HOOK_OUTPUT = 1,
  MICA_HOOK_ERROR = 2,
  MICA_HOOK_DEFERRED = 4,
  MICA_HOOK_LIMIT = 8,
  MICA_HOOK_PROFILE = 16,
} mica_hook_t;

/* False if this thread is in a function of that kind already, and must not call it. True: call it, then leave. */
bool mica_hook_enter(mica_hook_t kind);
void mica_hook_leave(mica_hook_t kind);

#endif
