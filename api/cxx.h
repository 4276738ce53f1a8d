/* cxx.h -- the C++ runtime that the program itself has loaded, as operator new needs it. Used by new_handler.c and
 * override_new_others.c. */
#ifndef MICA_CXX_H
#define MICA_CXX_H
#include <stdbool.h>

typedef void mica_new_handler_t(void);

/* The program's new-handler (std::get_new_handler). NULL: none is set, or there is no C++ runtime that could hold one. */
mica_new_handler_t* mica_cxx_new_handler(void);

/* Calls act(arg). False: it threw, and that was caught. (cxx_try.cc) */
bool mica_cxx_try(void (*act)(void* arg), void* arg);

/* Throws std::bad_alloc through the caller's frames, which must have unwind tables (-fexceptions). Without a C++ runtime
 * nothing could catch it: one line, then abort(). */
_Noreturn void mica_cxx_throw_bad_alloc(void);

#endif
