/* process.h -- the process: the version that runs, its threads, giving memory back. The rules common to all functions
 * of mica stand in mica.h. errno is untouched by all of these. */
#ifndef MICA_PUBLIC_PROCESS_H
#define MICA_PUBLIC_PROCESS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MI_MALLOC_VERSION of the library that is running. (mimalloc) */
int mi_version(void) mi_attr_noexcept;

/* The blocks of other threads that the caller has freed are sent home and its empty pages given back; with force all free
 * memory of the whole process goes back to the system, whichever thread freed it; and beside blocks in use each OS page that
 * only free blocks cover, of pages that the caller or no thread owns. Never needed for correctness. (mimalloc) */
void mi_collect(bool force) mi_attr_noexcept;

/* Makes the calling thread's part of the main heap now instead of at its first allocation. Never needed; may be repeated.
 * (mimalloc) */
void mi_thread_init(void) mi_attr_noexcept;

/* Gives up the calling thread's part of the main heap now instead of when the thread ends. Never needed; may be repeated. The
 * thread may go on allocating: its default heap and its subprocess are the main ones then, and the heartbeat of deferred frees
 * begins again. (mimalloc) */
void mi_thread_done(void) mi_attr_noexcept;

/* As mi_thread_init: mica needs no start. May be repeated. (mimalloc) */
void mi_process_init(void) mi_attr_noexcept;

/* As mi_collect(true): mica needs no end. Blocks, and every function, work as before afterwards. May be repeated. (mimalloc) */
void mi_process_done(void) mi_attr_noexcept;

/* No effect: a thread that waits for work keeps little as it is, and its freed memory does not wait for it. (mimalloc) */
void mi_thread_set_in_threadpool(void) mi_attr_noexcept;

/* false: malloc is redirected to mica by the linker, not, as on Windows, by patching a running program. (mimalloc) */
bool mi_is_redirected(void) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
