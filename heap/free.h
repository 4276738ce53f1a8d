/* free.h -- free behind the fast path (fast.h). */
#ifndef MICA_FREE_H
#define MICA_FREE_H
#include "heap/theap.h"

/* p, a bare block, is of a page that is not the calling thread's theap's, or has inner pointers. */
void mica_free_slow(void* p);

/* The calling thread's cache is longer than its bound. */
void mica_free_overflow(mica_cache_t* cache);

/* Debug and secure: ends the program with one line if p, which it gave to that function, is neither NULL nor a block in use, as
 * far as can be seen. */
void mica_free_examine(const void* p, const char* function);

/* Likewise, for a function that only asks: a signal handler may call it. A list that is damaged, or just being changed, says
 * nothing. */
void mica_ask_examine(const void* p, const char* function);

#endif
