/* hooks.h -- hooks: functions of the program that mica calls, for output, errors, limits and deferred frees. The rules common
 * to all functions of mica stand in mica.h.
 *
 * There is one function of each kind in a process. It is called in the thread in which the event happens, and at the same time
 * in several threads if it happens in several; it always gets the very arg that it was registered with. It may allocate and
 * free. It must return. What happens while it runs, and would call it again in the same thread, does not. errno is for the
 * caller as if it had not run. A thread that was about to call the function when another one was registered calls the former
 * one still. So a function and its arg must last beyond that; without a replacement, to the end of the process and of its exit
 * handlers.
 *
 * Registering: NULL goes back to what is done without a function. Any thread, any time; nobody waits. Of several threads that
 * register at the same moment, one is the last. errno is untouched. */
#ifndef MICA_PUBLIC_HOOKS_H
#define MICA_PUBLIC_HOOKS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Output: all messages, and the text of functions like mi_stats_print that are not told where to put it, go to
 * out(text, arg), a line at a time; without a function to stderr. The first function gets first, before this call returns,
 * what has gone to stderr until then, as far as its lines fit into the 8 KiB that are kept for this. The line before an
 * abort() goes to stderr in any case. What the function itself makes mica say goes to stderr. (mimalloc) */
void mi_register_output(mi_output_fun* out, void* arg) mi_attr_noexcept;

/* Told of an error, with its code:
 *   ENOMEM     an allocation could not be met: out of memory, over a limit, or too large an alignment
 *   EOVERFLOW  count * size does not fit, or a size is above PTRDIFF_MAX
 *   EINVAL     a pointer given to free or its like is no block's
 *   EAGAIN     a block was freed twice
 *   EBUSY      a pool was ended while a call with it was under way
 *   EFAULT     a list of free blocks, or of a pool's records, is damaged: a double free, or overwritten memory
 * The three before the last by the debug and secure variants, which look for them, EFAULT by all; they abort afterwards. */
typedef void(mi_error_fun)(int err, void* arg);

/* fun(err, arg) is called at each error, after the message, whatever mi_option_show_errors and mi_option_max_errors are; the
 * failing call returns NULL with its errno afterwards, as always. (mimalloc) */
void mi_register_error(mi_error_fun* fun, void* arg) mi_attr_noexcept;

/* The program's chance to free what it has put off freeing. force: do it all, memory is short or mi_collect(true) was called;
 * else some. heartbeat: how often it has been called so far in this thread. */
typedef void(mi_deferred_free_fun)(bool force, unsigned long long heartbeat, void* arg);

/* fun is called now and then by threads that allocate, and by mi_collect. (mimalloc) */
void mi_register_deferred_free(mi_deferred_free_fun* fun, void* arg) mi_attr_noexcept;

/* Told that what an allocation takes, wanted bytes, does not fit below a limit: used bytes count now towards it. heap: whose
 * limit it is, NULL for the process's (mi_option_memory_limit). */
typedef void(mi_limit_fun)(mi_heap_t* heap, size_t wanted, size_t used, size_t limit, void* arg);

/* fun is called each time, before the allocation returns NULL with ENOMEM. What it frees is of use to the next allocation.
 * (mica's own) */
void mi_register_limit(mi_limit_fun* fun, void* arg) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
