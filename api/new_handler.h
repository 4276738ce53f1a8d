/* new_handler.h -- the new-handler loop, which operator new (api/override_new.c) and the mi_new functions (api/mi_new.c) share.
 *
 * Contract of [new.delete]: after an attempt that failed the program's new-handler is called, as long as there is one, and
 * the allocation tried again; without one std::bad_alloc is thrown, or a null pointer returned where that was promised.
 * The handler may allocate, free, throw, set another handler, or never return: no state of mica's is on the way. */
#ifndef MICA_NEW_HANDLER_H
#define MICA_NEW_HANDLER_H
#include <stdbool.h>
#include <stddef.h>

/* After an attempt that failed. True: the handler has run, try again. False: there is none, or it threw, and nothrow; errno
 * is untouched if there is none. Else std::bad_alloc is thrown through the caller's frames, which must have unwind tables
 * (-fexceptions). */
bool mica_new_again(bool nothrow);

/* A failure that no handler can mend (count * size overflows): the handler, if there is one, runs once, as it may want to end
 * the matter its own way; then std::bad_alloc is thrown. */
_Noreturn void mica_new_overflows(void);

/* An alignment that is none: no handler is asked. Throws std::bad_alloc; nothrow: returns NULL. */
void* mica_new_misaligned(bool nothrow);

/* Attempts, with an alignment that is a power of two, until one succeeds; NULL only with nothrow, errno is ENOMEM then. After a
 * first attempt that failed. */
void* mica_new_until(size_t size, size_t alignment, bool nothrow);

#endif
