/* hooks.c -- errors and warnings, and the calls of the functions that the program registered.
 *
 * Invariants: a function is called with the argument it was registered with (pair.h), and in each thread by one call of its
 * kind at a time (hook_guard.h). errno is as it was when a function returns. Anybody may call. */
#include "observe/hooks.h"

#include "observe/options.h"
#include "observe/output.h"
#include <errno.h>
#include <stdlib.h>

typedef void mica_function_t(void); /* any of the program's functions, while it is kept */
#include "base/pair.h"

static mica_pair_t error_pair, deferred_pair, limit_pair;

/* mica's own function is deferred_pair's, and the program's is behind it. Written before the program's first thread. */
static bool in_front;
static mica_pair_t behind_pair;

/* Lines put out, or that would have been. Figures. */
static _Atomic(long) errors;   /* [F1] */
static _Atomic(long) warnings; /* [F1] */

/* Whether there may be one line more. A negative bound is none. */
static bool within(_Atomic(long)* lines, mica_option_t bound) {
  const long most = mica_option(bound);
  if (most < 0) return true;
  if (atomic_load_explicit(lines, memory_order_relaxed) >= most) return false; /* relaxed: a figure [F1] */
  return atomic_fetch_add_explicit(lines, 1, memory_order_relaxed) < most;     /* relaxed: a figure [F1] */
}

void mica_error_callback(int code) {
  const int saved = errno;
  void* arg;
  mi_error_fun* const fun = (mi_error_fun*)mica_pair_get(&error_pair, &arg);
  if (fun != NULL && mica_hook_enter(MICA_HOOK_ERROR)) {
    fun(code, arg);
    mica_hook_leave(MICA_HOOK_ERROR);
  }
  errno = saved;
}

void mica_error(int code, const char* format, ...) {
  if (mica_option(MICA_OPTION_SHOW_ERRORS) != 0 && within(&errors, MICA_OPTION_MAX_ERRORS)) {
    va_list args;
    va_start(args, format);
    mica_message_list(format, args);
    va_end(args);
  }
  mica_error_callback(code);
}

_Noreturn void mica_misuse(int code, const char* format, ...) {
  va_list args;
  va_start(args, format);
  mica_last_words(format, args);
  va_end(args);
  mica_error_callback(code);
  abort();
}

void mica_warn(const char* format, ...) {
  if (mica_option(MICA_OPTION_SHOW_ERRORS) == 0 && mica_option(MICA_OPTION_VERBOSE) == 0) return;
  if (!within(&warnings, MICA_OPTION_MAX_WARNINGS)) return;
  va_list args;
  va_start(args, format);
  mica_message_list(format, args);
  va_end(args);
}

void mica_notice(const char* format, ...) {
  if (!within(&warnings, MICA_OPTION_MAX_WARNINGS)) return;
  va_list args;
  va_start(args, format);
  mica_offer_list(format, args);
  va_end(args);
}

mi_deferred_free_fun* mica_deferred_hook(void** arg) {
  return (mi_deferred_free_fun*)mica_pair_get(&deferred_pair, arg);
}

void mica_limit_reached(mi_heap_t* heap, size_t wanted, size_t used, size_t limit) {
  const int saved = errno;
  void* arg;
  mi_limit_fun* const fun = (mi_limit_fun*)mica_pair_get(&limit_pair, &arg);
  if (fun != NULL && mica_hook_enter(MICA_HOOK_LIMIT)) {
    fun(heap, wanted, used, limit, arg);
    mica_hook_leave(MICA_HOOK_LIMIT);
  }
  errno = saved;
}

void mica_error_register(mi_error_fun* fun, void* arg) { mica_pair_set(&error_pair, (mica_function_t*)fun, arg); }

void mica_deferred_register(mi_deferred_free_fun* fun, void* arg) {
  mica_pair_set(in_front ? &behind_pair : &deferred_pair, (mica_function_t*)fun, arg);
}

void mica_deferred_front(mi_deferred_free_fun* fun) {
  void* arg;
  mi_deferred_free_fun* const registered = mica_deferred_hook(&arg);
  if (registered != NULL) mica_pair_set(&behind_pair, (mica_function_t*)registered, arg);
  in_front = true;
  mica_pair_set(&deferred_pair, (mica_function_t*)fun, NULL);
}

mi_deferred_free_fun* mica_deferred_behind(void** arg) {
  return (mi_deferred_free_fun*)mica_pair_get(&behind_pair, arg);
}

void mica_limit_register(mi_limit_fun* fun, void* arg) { mica_pair_set(&limit_pair, (mica_function_t*)fun, arg); }
