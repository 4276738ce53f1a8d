/* hooks.h -- errors and warnings, and the calls of the program's own functions (mica/hooks.h).
 *
 * Anybody, any thread, any time. No allocation but by the functions called; errno is untouched. */
#ifndef MICA_HOOKS_H
#define MICA_HOOKS_H
#include "base/config.h"
#include "observe/hook_guard.h"
#include <mica/hooks.h>

/* An error. With MICA_SHOW_ERRORS the message, "mica: " and the text, newline included by the caller, of which there are at
 * most MICA_MAX_ERRORS in a process; then the registered function, with code. */
void mica_error(int code, const char* format, ...) MICA_PRINTF(2, 3);

/* The function alone, where the message was given otherwise. */
void mica_error_callback(int code);

/* A misuse by the program that cannot be survived: one line on stderr, whatever the options are; the registered function, with
 * code; abort(). */
_Noreturn void mica_misuse(int code, const char* format, ...) MICA_PRINTF(2, 3);

/* A warning: the message as for an error with MICA_SHOW_ERRORS or MICA_VERBOSE, and MICA_MAX_WARNINGS; there is no function. */
void mica_warn(const char* format, ...) MICA_PRINTF(1, 2);

/* A warning about what the process was started with: whether errors are shown or not, and dropped where stderr does not take it
 * at once (output.h). It counts among the warnings. */
void mica_notice(const char* format, ...) MICA_PRINTF(1, 2);

/* The registered function and its argument; NULL: there is none. The caller guards its call (hook_guard.h). */
mi_deferred_free_fun* mica_deferred_hook(void** arg);

/* mica's own function takes the place, and calls the program's itself, by mica_deferred_behind, when it is called: so what is
 * looked at where it is called stays one word. Once, while there is one thread. */
void mica_deferred_front(mi_deferred_free_fun* fun);
mi_deferred_free_fun* mica_deferred_behind(void** arg);

/* An allocation of wanted bytes does not fit below limit, of which used are taken: the registered function, if any, is called.
 * heap NULL: the process's limit. */
void mica_limit_reached(mi_heap_t* heap, size_t wanted, size_t used, size_t limit);

/* As mi_register_error, mi_register_deferred_free and mi_register_limit. */
void mica_error_register(mi_error_fun* fun, void* arg);
void mica_deferred_register(mi_deferred_free_fun* fun, void* arg);
void mica_limit_register(mi_limit_fun* fun, void* arg);

#endif
