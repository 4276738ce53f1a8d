/* stats.h -- figures of the process and of heaps. The rules common to all functions of mica stand in mica.h. */
#ifndef MICA_PUBLIC_STATS_H
#define MICA_PUBLIC_STATS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Figures ---- */

/* The process's times in milliseconds (elapsed: since mica was loaded), its resident size in bytes now and at its peak, and
 * its hard page faults, as the kernel tells them. current_commit: bytes under mica's pages, and freed memory that it has not
 * given back yet; peak_commit: the most it can have been, which is the larger of that and the peak resident size. Any pointer
 * may be NULL. Does not allocate. errno is untouched. */
void mi_process_info(size_t* elapsed_msecs, size_t* user_msecs, size_t* system_msecs, size_t* current_rss,
                     size_t* peak_rss, size_t* current_commit, size_t* peak_commit, size_t* page_faults);

/* The statistics of the process as a table, line by line to out(line, arg); to stderr where out is NULL. */
void mi_stats_print_out(mi_output_fun* out, void* arg);

/* The same without an argument. out is NULL or an mi_output_fun*; stdout and stderr are taken as NULL, as in mimalloc. */
void mi_stats_print(void* out);

#ifdef __cplusplus
}
#endif
#endif
