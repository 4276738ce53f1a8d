/* output.h -- lines for people: formatted on the stack, written by one write(2) to stderr. No allocation, no lock.
 *
 * errno is untouched. Lines longer than 500 bytes are cut. */
#ifndef MICA_OUTPUT_H
#define MICA_OUTPUT_H
#include <mica/config.h>

/* Where a piece of text goes; arg as given with it. */
typedef void mica_output_t(const char* text, void* arg);

/* "mica: " and the formatted text, newline included by the caller, to stderr. */
void mica_message(const char* format, ...) MICA_PRINTF(1, 2);

/* Formatted text to out(text, arg); to stderr where out is NULL. */
void mica_print(mica_output_t* out, void* arg, const char* format, ...) MICA_PRINTF(3, 4);

/* A broken invariant or a misuse that cannot be survived: one line, then abort(). */
_Noreturn void mica_fatal(const char* format, ...) MICA_PRINTF(1, 2);

/* Asserted in the debug variant only; the expression is always compiled. */
#define mica_assert(x) \
  ((void)(MICA_CHECKS && !(x) && (mica_fatal("%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #x), 0)))

#endif
