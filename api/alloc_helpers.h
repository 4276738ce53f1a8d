/* alloc_helpers.h -- what the malloc family (override/) and the mi_* functions (api_*.c) have in common: arrays, whole OS pages,
 * results by error number, copies of texts.
 *
 * No state. Allocations are as in alloc.h: NULL with errno ENOMEM on failure, errno untouched otherwise; what returns an
 * error number leaves errno alone. Any thread, any time. */
#ifndef MICA_ALLOC_HELPERS_H
#define MICA_ALLOC_HELPERS_H
#include "base/config.h"
#include "base/sizes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* POSIX: alignment is a power of two and a multiple of a pointer's size, else EINVAL; *memptr is written on success only. */
int mica_posix_memalign(void** memptr, size_t alignment, size_t size);

/* BSD: aligned to an OS page. SunOS: and whole OS pages, at least one. */
void* mica_valloc(size_t size);
void* mica_pvalloc(size_t size);

/* NetBSD: p is the address of the pointer, which is replaced on success only: 0. Else EOVERFLOW or ENOMEM. A total of 0 frees
 * the block and stores NULL. The pointer may be of any type. */
int mica_reallocarr(void* p, size_t count, size_t size);

/* A copy of length bytes at text, and a null byte behind it. */
char* mica_copy_text(const char* text, size_t length);

#endif
