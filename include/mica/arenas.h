/* arenas.h -- arenas and the limit: memory reserved beforehand or brought along, and the hard limit of the process. The rules
 * common to all functions of mica stand in mica.h.
 *
 * An arena is a range of addresses that blocks are given from, for ever: nothing of it is unmapped. It is whole segments of
 * 4 MiB. Of each 256 MiB of addresses (a window, at a multiple of that) in which an arena lies, mica needs the first 640 KiB
 * for itself: out of the arena, if it has them, else it maps them there. A block lies in one window: the largest that an arena
 * holds is 252 MiB less 64 bytes. Any heap takes memory of an arena, unless it is exclusive: then only the heaps that are tied
 * to it do (mi_heap_new_in_arena).
 *
 * Every window counts as an arena in the statistics. Linux commits memory when it is touched, and mica leaves it at that: what
 * "commit" means is said at each function. NUMA nodes are not told apart: a node given is ignored. */
#ifndef MICA_PUBLIC_ARENAS_H
#define MICA_PUBLIC_ARENAS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Memory reserved from the system ----
 *
 * These return 0, or ENOMEM: nothing of it could be had, and nothing has changed. errno is untouched. An id goes to *arena_id
 * (NULL: not wanted), NULL with an error. Sizes are rounded up to whole segments; 0 is ENOMEM. There can be 4096 arenas. */

/* Reserves size bytes. commit: the system counts all of it now, and may refuse it now, by its rules for overcommitting; else it
 * is counted when it is touched. allow_large: in pages of 2 MiB; those that the administrator has set aside, if they suffice
 * for all of it, and then the memory never goes back to the system; else the system is asked for transparent ones. (mimalloc;
 * arena ids are mimalloc 3's) */
int mi_reserve_os_memory(size_t size, bool commit, bool allow_large) mi_attr_noexcept;
int mi_reserve_os_memory_ex(size_t size, bool commit, bool allow_large, bool exclusive,
                            mi_arena_id_t* arena_id) mi_attr_noexcept;

/* Reserves so many GiB in huge OS pages of 1 GiB, else of 2 MiB, as many as the administrator has set aside. They never go
 * back to the system. If there are fewer, but some, those are reserved; if there are none, ordinary memory is, for which the
 * system is asked for transparent large pages. Either is a success, with a warning (mi_option_show_errors, mi_option_verbose).
 * 0 pages: 0, and no arena. The memory is not touched, so this takes no time, and timeout_msecs is ignored. A child made by
 * fork shares the pages and gets its own when it writes: if there are none left then, the kernel ends it. (mimalloc) */
int mi_reserve_huge_os_pages_at(size_t pages, int numa_node, size_t timeout_msecs) mi_attr_noexcept;
int mi_reserve_huge_os_pages_at_ex(size_t pages, int numa_node, size_t timeout_msecs, bool exclusive,
                                   mi_arena_id_t* arena_id) mi_attr_noexcept;

/* The same. numa_nodes is ignored. (mimalloc) */
int mi_reserve_huge_os_pages_interleave(size_t pages, size_t numa_nodes, size_t timeout_msecs) mi_attr_noexcept;

/* The same; max_secs is ignored. *pages_reserved (NULL: not wanted): how many GiB are in huge pages; 0 if ordinary memory had
 * to do. Deprecated in mimalloc. (mimalloc) */
int mi_reserve_huge_os_pages(size_t pages, double max_secs, size_t* pages_reserved) mi_attr_noexcept;

/* ---- Memory that the program brings along ----
 *
 * It must stay mapped as it is, readable and writable, to the end of the process, and be used by nobody else. mica never unmaps
 * it. These return false if none of it can be used, with a warning (as above): it holds no whole segment, or the window in
 * which that lies begins with other memory, is mica's and of another kind, or has these segments already. If it lies in
 * several windows, and only some of them can be used, those are: mi_arena_area tells. errno is untouched. Not for the same
 * memory in two threads at the same moment. */

/* start, size: the memory; size in bytes. is_committed: it may be read and written now; else mica asks the system that it may
 * (mprotect). is_pinned: nothing of it can be given back to the system; taken for granted here, whatever is said, as mica
 * cannot know what the memory is. is_zero: it is all zero. numa_node is ignored. (mimalloc) */
bool mi_manage_os_memory(void* start, size_t size, bool is_committed, bool is_pinned, bool is_zero,
                         int numa_node) mi_attr_noexcept;
bool mi_manage_os_memory_ex(void* start, size_t size, bool is_committed, bool is_pinned, bool is_zero, int numa_node,
                            bool exclusive, mi_arena_id_t* arena_id) mi_attr_noexcept;

/* Makes size bytes at start usable (commit), or takes them back: what they held is of no use any more. Both are multiples of
 * 64 KiB. *is_zero is false; set it if committed memory is zero. False: it cannot be done; the memory must be as it was.
 * Called in any thread, by several at once for different memory; it must not allocate, free, or call mica otherwise. errno is
 * for the caller as if it had not run. */
typedef bool(mi_commit_fun_t)(bool commit, void* start, size_t size, bool* is_zero, void* user_arg);

/* The same with a function that commits the memory before it is used, if it was not is_committed, and whenever it has been
 * taken back. It is taken back instead of being given to the system, unless is_pinned. commit_fun NULL: as above. If it fails,
 * other memory is used where that is allowed, else the allocation fails. (mimalloc 3) */
bool mi_manage_memory(void* start, size_t size, bool is_committed, bool is_pinned, bool is_zero, int numa_node,
                      bool exclusive, mi_commit_fun_t* commit_fun, void* user_arg,
                      mi_arena_id_t* arena_id) mi_attr_noexcept;

/* ---- Questions ---- */

/* Where the arena begins, and its size in bytes in *size (NULL: not wanted); NULL and 0 if there is no such arena. mica's own
 * 640 KiB are part of it where it has them. (mimalloc) */
void* mi_arena_area(mi_arena_id_t arena_id, size_t* size) mi_attr_noexcept;

/* Whether p points into the arena. (mimalloc 3) */
bool mi_arena_contains(mi_arena_id_t arena_id, const void* p) mi_attr_noexcept;

/* 256 MiB: memory that begins at a multiple of it, and has mi_arena_min_size bytes, can always be managed, if it is not managed
 * already. Other memory can if the base of its window is free. (mimalloc 3) */
size_t mi_arena_min_alignment(void) mi_attr_noexcept;

/* 4 MiB: the least size of an arena. (mimalloc 3) */
size_t mi_arena_min_size(void) mi_attr_noexcept;

/* ---- The limit of the process ----
 *
 * At no moment are more bytes than the limit handed out, in units of 64 KiB, in pages and in large blocks; freed memory that is
 * still resident counts, too, and goes back to the system when it stands in the way. An allocation, or a growing one, that does
 * not fit returns NULL with ENOMEM; mi_register_limit's function is told first. Nothing is lost by it, and what is freed can be
 * had again, unless it cannot go back: memory that is locked (mlock), or whose commit_fun refuses, goes on counting when it is
 * free. Not counted: mica's own tables, thread stacks, what others map. A page is cut into blocks of one size, and counts
 * as a whole from its first block to its last: so blocks of all sizes together may come to less than the limit. */

/* Sets the limit to so many bytes, rounded down to KiB, but no less than one; 0: none. It is mi_option_memory_limit, which is
 * in KiB. If more is handed out already, that stays, and nothing can be allocated until enough is freed. errno is untouched.
 * (mica's own) */
void mi_process_set_limit(size_t bytes) mi_attr_noexcept;

/* The limit in bytes; 0: none. (mica's own) */
size_t mi_process_get_limit(void) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
