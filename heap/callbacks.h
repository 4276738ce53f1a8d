/* callbacks.h -- the program's own functions, called from within an allocation: for failures, limits, deferred frees. */
#ifndef MICA_CALLBACKS_H
#define MICA_CALLBACKS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An allocation of `size` bytes failed: the registered functions are called, and a line is written if wanted, which says
 * whether a limit of mica's refused it or the system, what is in use, and what was asked. */
void mica_callback_failure(size_t size);

/* Likewise, as no block has that alignment. */
void mica_callback_alignment(size_t size, size_t alignment);

/* Likewise, as the pool's limit refused that many bytes: of a chunk, a record, or large memory with its own. The program
 * asked for less, or for something else. */
void mica_callback_pool(const void* pool, size_t size, size_t used, size_t limit);

/* Failures of this thread are told no longer, for what is tried is not needed; or again. Returns what was before. */
bool mica_callback_hush(bool hush);

/* A limit that refused something did not make the call fail that comes next. */
void mica_callback_forget(void);

/* Between the two the program's own functions are called: the thread allocates in its default heap then. */
uintptr_t mica_callback_out(void);
void mica_callback_in(uintptr_t self);

/* Now and then: the registered deferred-free function. */
void mica_callback_deferred(bool force);

#endif
