/* stats.h -- statistics: figures of the process and of heaps. The rules common to all functions of mica stand in mica.h.
 *
 * Figures are always live: there is nothing to be merged or brought up to date. They are gathered when somebody asks for
 * them; mallocs and frees pay nothing. They tell exactly what happened before, with these exceptions. What other threads
 * do meanwhile is seen or not, so that two figures may not be of the same moment. Free blocks that another running
 * thread holds ready for its next allocations, or has not yet sent home to the thread they came from, count as in use;
 * so do, in the figures of a process or subprocess, those that a first-class heap holds ready. Asking takes time in
 * proportion to the memory in use. It waits for nobody, and allocates nothing but the text that the _json functions return. */
#ifndef MICA_PUBLIC_STATS_H
#define MICA_PUBLIC_STATS_H
#include <mica/base.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The structure ----
 *
 * current   what there is now
 * peak      the largest current since the process began or mi_stats_reset was called: of reserved, committed and
 *           page_committed the largest there was; of others the largest that anybody has seen who asked for figures. 0 of a
 *           heap, and of a subprocess but the main one: it is not kept
 * total     how much came to be since then, what is gone again included. 0 likewise, and where it says "current only"
 *
 * What is not counted is 0, and said to be so. Names, types and order are those of mimalloc 3 as far as
 * malloc_guarded_count. */

/* The version of mi_stats_t, mica's own. A field that is added, moved, or given another meaning changes it. */
#define MI_STAT_VERSION 1

/* The size classes are bins 0 to MI_BIN_HUGE - 1. Bin MI_BIN_HUGE: large blocks, which have pages of their own. */
#define MI_BIN_HUGE 99

/* A figure that rises and falls, in the three ways that are told above. */
typedef struct mi_stat_count_s {
  int64_t total;   /* how much came to be */
  int64_t peak;    /* the most at one time */
  int64_t current; /* how much there is */
} mi_stat_count_t;

/* A figure that only rises. */
typedef struct mi_stat_counter_s {
  int64_t total; /* how much, or how often */
} mi_stat_counter_t;

/* The figures of a process, a subprocess or a heap. */
typedef struct mi_stats_s {
  size_t size;                      /* of this structure in bytes, and */
  size_t version;                   /* MI_STAT_VERSION: both are set by who asks */
  mi_stat_count_t pages;            /* runs of slices of 64 KiB with blocks of one size class, or one large block */
  mi_stat_count_t reserved;         /* bytes of address space for blocks. Current only */
  mi_stat_count_t committed;        /* page_committed and cached together. Current only */
  mi_stat_counter_t reset;          /* 0: memory goes back at once, or stays (purged, cached) */
  mi_stat_counter_t purged;         /* bytes given back to the system, their addresses kept */
  mi_stat_count_t page_committed;   /* bytes under pages, touched or not. total: anew for each page in an arena */
  mi_stat_count_t pages_abandoned;  /* pages that no thread owns, large blocks' apart */
  mi_stat_count_t threads;          /* that have allocated, and have not ended */
  mi_stat_count_t malloc_normal;    /* bytes of blocks in use that share a page, up to 64 KiB each. Current only */
  mi_stat_count_t malloc_huge;      /* bytes of large blocks: all slices that each has, its mapping's header too */
  mi_stat_count_t malloc_requested; /* 0: it is known what a block can hold, not what was asked for */
  mi_stat_counter_t mmap_calls;     /* system calls, those that failed included */
  mi_stat_counter_t commit_calls;   /* 0: not counted; memory is mapped ready for use */
  mi_stat_counter_t reset_calls;    /* 0: see reset */
  mi_stat_counter_t purge_calls;    /* madvise: memory given back, or large OS pages asked for */
  mi_stat_counter_t arena_count;    /* windows of 256 MiB of addresses from which pages are made */
  mi_stat_counter_t malloc_normal_count;  /* 0: not counted; what is in use is in malloc_bins */
  mi_stat_counter_t malloc_huge_count;    /* large blocks made */
  mi_stat_counter_t malloc_guarded_count; /* 0: there are no guard pages */
  /* mica's own: */
  mi_stat_count_t cached;            /* bytes of free memory not given back to the system. Current only */
  mi_stat_count_t heaps;             /* the main heap, and first-class ones that have not ended. Current only */
  mi_stat_counter_t pages_reclaimed; /* abandoned pages that a thread took over */
  mi_stat_counter_t munmap_calls;    /* system calls */
  mi_stat_counter_t mremap_calls;    /* likewise */
  mi_stat_count_t malloc_bins[MI_BIN_HUGE + 1]; /* blocks in use. Current only, but for bin MI_BIN_HUGE */
  mi_stat_count_t page_bins[MI_BIN_HUGE + 1];   /* pages. Likewise */
} mi_stats_t;

/* Makes *stats ready to be filled: sets size and version to what the program was compiled with. In line, for the library's size
 * may be another one. */
static inline void mi_stats_header_init(mi_stats_t* stats) {
  stats->size = sizeof(mi_stats_t);
  stats->version = MI_STAT_VERSION;
}

/* As mi_stats_header_init, and makes the rest 0. */
static inline void mi_stats_init(mi_stats_t* stats) {
  memset(stats, 0, sizeof(mi_stats_t));
  mi_stats_header_init(stats);
}

/* Bytes from one block of this bin to the next; 0 for MI_BIN_HUGE, whose blocks differ, and above. (mimalloc 3) */
size_t mi_stats_get_bin_size(size_t bin) mi_attr_noexcept;

/* ---- The process ---- */

/* The figures of the process, in *stats, whose size and version the caller has set. false: they are not those of this
 * library, or stats is NULL; *stats is as it was. (mimalloc 3) */
bool mi_stats_get(mi_stats_t* stats) mi_attr_noexcept;

/* ---- As JSON ----
 * One object: version (MI_STAT_VERSION), mica_version (as mi_version), process (an object with pid, the process's number,
 * time_msecs, milliseconds since 1970 in UTC, and what mi_process_info tells, by the names of its parameters), then each field
 * of mi_stats_t by its name: a number for a counter, an object with total, peak and current for a count, an array of these with
 * block_size for bins. All numbers are integers.
 *
 * buf NULL: the text is allocated, and the caller's to mi_free; NULL with ENOMEM where that fails. Else it is written to the
 * buf_size bytes at buf, which is returned. Text that does not fit is cut so that its beginning and a NUL fill the buffer,
 * and NULL is returned: half an object cannot be taken for one. 64 KiB are enough. */

/* The figures of the process. (mimalloc 3) */
char* mi_stats_get_json(size_t buf_size, char* buf) mi_attr_noexcept;

/* Those in *stats, and the process's "process". NULL also if the size or version of *stats are not right. (mimalloc 3) */
char* mi_stats_as_json(mi_stats_t* stats, size_t buf_size, char* buf) mi_attr_noexcept;

/* ---- For Prometheus ---- */

/* The process's figures in the text form that Prometheus reads (0.0.4; content type "text/plain; version=0.0.4"). Gauges:
 *
 *   mica_allocated_bytes  of blocks in use: malloc_normal and malloc_huge together
 *   mica_active_bytes     under pages: page_committed. What is more than allocated is lost to rounding and to free blocks
 *   mica_resident_bytes   committed: active, and free memory that is kept. Not more of it is resident than that, less where
 *                         memory was never touched
 *   mica_mapped_bytes     of addresses: reserved
 *
 * and the resident size of the process; pages, large blocks, threads, heaps; counters of what was made, abandoned, reclaimed
 * and purged, and of system calls; the version and the variant as labels of mica_info. Each has its HELP.
 *
 * The text is written to the buf_size bytes at buf, or allocated where buf is NULL, as mi_stats_get_json does, and NULL is
 * returned where that one returns it. 8 KiB are enough. */
char* mi_stats_get_prometheus(size_t buf_size, char* buf) mi_attr_noexcept;

/* ---- As text ----
 * Line by line to out(line, arg). out NULL: to the function of mi_register_output, or stderr. Nothing is allocated. */

/* The process's figures, with a line for each size class in use. */
void mi_stats_print_out(mi_output_fun* out, void* arg) mi_attr_noexcept;

/* The pages that the calling thread owns, with a line for each size class. */
void mi_thread_stats_print_out(mi_output_fun* out, void* arg) mi_attr_noexcept;

/* The process's times and memory, as mi_process_info. */
void mi_process_info_print_out(mi_output_fun* out, void* arg) mi_attr_noexcept;

/* As mi_stats_print_out without an argument. out is NULL or an mi_output_fun*; stdout and stderr are taken as NULL, as in
 * mimalloc. */
void mi_stats_print(void* out) mi_attr_noexcept;

/* As mi_process_info_print_out with out NULL. */
void mi_process_info_print(void) mi_attr_noexcept;

/* A line for each arena, to the function of mi_register_output, or stderr: what is mapped of it, and free. One function by two
 * names. */
void mi_arenas_print(void) mi_attr_noexcept;
void mi_debug_show_arenas(void) mi_attr_noexcept;

/* ---- From now on ---- */

/* Totals and peaks of the process begin again, totals at 0, peaks at what is current. What is current stays, so a total may
 * be less than it. Only what is shown changes by this. A thread that asks at the same moment may find some figures begun
 * again and others not. */
void mi_stats_reset(void) mi_attr_noexcept;

/* No effect, for figures are live. (In mimalloc: a thread's figures, or those of heap, are added to those of all.) */
void mi_stats_merge(void) mi_attr_noexcept;
void mi_heap_stats_merge_to_subproc(mi_heap_t* heap) mi_attr_noexcept;

/* ---- Of a heap ----
 * As for the process, but of one heap, NULL for the main one, which has all that is in no first-class heap. Set are only the
 * current values of pages, page_committed, pages_abandoned, malloc_normal, malloc_huge and the bins. The heap must not
 * end meanwhile; threads may go on allocating in it. */

/* Of heap, in *stats; false as mi_stats_get. (mimalloc 3) */
bool mi_heap_stats_get(mi_heap_t* heap, mi_stats_t* stats) mi_attr_noexcept;

/* Of heap, as text in buf_size bytes at buf, or allocated: as mi_stats_get_json. (mimalloc 3) */
char* mi_heap_stats_get_json(mi_heap_t* heap, size_t buf_size, char* buf) mi_attr_noexcept;

/* Of heap, a line for each size class in use, to out(line, arg): as mi_stats_print_out. (mimalloc 3) */
void mi_heap_stats_print_out(mi_heap_t* heap, mi_output_fun* out, void* arg) mi_attr_noexcept;

/* ---- Of a subprocess (mimalloc 3) ----
 * What all its heaps hold: the fields that are set of a heap. Of the main subprocess all figures of the process, less what
 * heaps of others hold. Large blocks beyond the first 960 that a thread has in a first-class heap may be missing in the
 * counts, not in the bytes, of other subprocesses than the main one. The subprocess must not end meanwhile; its heaps may. */

/* Of subproc, in *stats; false as mi_stats_get. */
bool mi_subproc_stats_get(mi_subproc_id_t subproc, mi_stats_t* stats) mi_attr_noexcept;

/* As mi_subproc_stats_get, of its main heap alone. */
bool mi_subproc_stats_get_exclusive(mi_subproc_id_t subproc, mi_stats_t* stats) mi_attr_noexcept;

/* Of subproc, as text in buf_size bytes at buf, or allocated: as mi_stats_get_json. */
char* mi_subproc_stats_get_json(mi_subproc_id_t subproc, size_t buf_size, char* buf) mi_attr_noexcept;

/* Of subproc, a line for each size class in use, for all its heaps together, to out(line, arg): as mi_stats_print_out. */
void mi_subproc_stats_print_out(mi_subproc_id_t subproc, mi_output_fun* out, void* arg) mi_attr_noexcept;

/* As mi_subproc_stats_print_out, for each of its heaps. */
void mi_subproc_heap_stats_print_out(mi_subproc_id_t subproc, mi_output_fun* out, void* arg) mi_attr_noexcept;

/* ---- From the kernel ---- */

/* The process's times in milliseconds (elapsed: since mica was loaded), its resident size in bytes now (its peak, where
 * /proc is missing) and at its peak, and its hard page faults, as the kernel tells them. current_commit: bytes under mica's
 * pages, and freed memory that it has not given back yet; peak_commit: the most that was, since the start or the last
 * mi_stats_reset. Any pointer may be NULL. Does not allocate. errno is untouched. */
void mi_process_info(size_t* elapsed_msecs, size_t* user_msecs, size_t* system_msecs, size_t* current_rss,
                     size_t* peak_rss, size_t* current_commit, size_t* peak_commit,
                     size_t* page_faults) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
