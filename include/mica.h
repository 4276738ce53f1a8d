/* mica.h -- all of mica: includes every other header, and states the rules that all functions keep. For C (C99 and later) and
 * C++ (C++11 and later).
 *
 * Common to all functions, unless one says otherwise:
 *   units      sizes, alignments and offsets are in bytes
 *   alignment  a block is aligned to 16 bytes at least
 *   ownership  a block belongs to the caller until it is given to mi_free, mi_realloc*, or free and its kin; any thread may
 *              do that. The malloc family of libmica and the mi_* functions share one pool: their blocks may be mixed freely
 *   threads    every function may be called by any thread at any time: before any constructor, after every destructor, and
 *              in the child of a fork. No call waits for another thread. Two threads must not use one block without order
 *   errors     an allocation that cannot be met returns NULL with errno ENOMEM: no memory, a size above PTRDIFF_MAX, a
 *              count * size that overflows. Nothing is lost by it and nothing is aborted. errno is untouched otherwise
 *   signals    a handler that interrupted a call of mica's may call those that only look: notes/calls.md has them all. No
 *              function is a point of cancellation, and none of malloc's and free's kin takes more than 2304 bytes of stack
 *   size 0     gives a block of its own, which may be freed like any other
 *
 * The names and signatures are those of mimalloc 3, the errors those of POSIX and C23. */
#ifndef MICA_H
#define MICA_H
#include <mica/aligned.h>
#include <mica/arenas.h>
#include <mica/base.h>
#include <mica/blocks.h>
#include <mica/heap_alloc.h>
#include <mica/heaps.h>
#include <mica/hooks.h>
#include <mica/new.h>
#include <mica/options.h>
#include <mica/pool.h>
#include <mica/process.h>
#include <mica/profile.h>
#include <mica/stats.h>
#include <mica/strings.h>
#include <mica/where.h>

#ifdef __cplusplus
#include <mica/cxx.h>
#include <mica/pool_cxx.h>
#endif
#endif
