/* output.h -- lines for people: formatted on the stack, then given whole to the function of mi_register_output, or written by
 * one system call to stderr. No allocation, no lock, no point of cancellation.
 *
 * errno is untouched. Lines longer than 500 bytes are cut. Anybody, any thread, any time. */
#ifndef MICA_OUTPUT_H
#define MICA_OUTPUT_H
#include "base/config.h"
#include <mica/base.h>
#include <stdarg.h>

/* Where a piece of text goes; arg as given with it. */
typedef mi_output_fun mica_output_t;

/* "mica: " and the formatted text, newline included by the caller, to the registered function, else to stderr. */
void mica_message(const char* format, ...) MICA_PRINTF(1, 2);
void mica_message_list(const char* format, va_list args) MICA_PRINTF(1, 0);

/* The same, but dropped where stderr does not take the line at once: what is said while a program is loaded must not block it,
 * nor end it by SIGPIPE. */
void mica_offer_list(const char* format, va_list args) MICA_PRINTF(1, 0);

/* So with one whole line; arg is not looked at. */
void mica_offer(const char* line, void* arg);

/* Formatted text to out(text, arg); where out is NULL, as a message, but without "mica: ". */
void mica_print(mica_output_t* out, void* arg, const char* format, ...) MICA_PRINTF(3, 4);

/* A broken invariant, or another state that cannot be survived: one line on stderr, then abort(). No function of the program's
 * is called any more. (A misuse by the program: mica_misuse, hooks.h.) */
_Noreturn void mica_fatal(const char* format, ...) MICA_PRINTF(1, 2);

/* The line alone. */
void mica_last_words(const char* format, va_list args) MICA_PRINTF(1, 0);

/* As mi_register_output: the function gets first the lines that have gone to stderr so far, once in a process. */
void mica_output_register(mica_output_t* out, void* arg);

/* Asserted in the debug variant only; the expression is always compiled. */
#define mica_assert(x) \
  ((void)(MICA_CHECKS && !(x) && (mica_fatal("%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #x), 0)))

#endif
