/* hook_guard.c -- the kinds of the program's functions that a thread is in. */
#include "observe/hook_guard.h"

#include "base/config.h"

static MICA_TLS unsigned char inside; /* mica_hook_t */

bool mica_hook_enter(mica_hook_t kind) {
  if ((inside & kind) != 0) return false;
  inside |= (unsigned char)kind;
  return true;
}

void mica_hook_leave(mica_hook_t kind) { inside &= (unsigned char)~kind; }
