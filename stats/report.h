/* report.h -- figures as text, line by line to out(line, arg); to the program's output function or stderr where out is NULL.
 *
 * Any thread, any time; no allocation of its own, no lock, errno untouched. */
#ifndef MICA_REPORT_H
#define MICA_REPORT_H
#include <mica/stats.h>

#include "observe/output.h"

/* A table of the process's counters, memory, system calls and times. */
void mica_stats_text(mica_output_t* out, void* arg);

/* The kernel's figures only: times, resident size, page faults. */
void mica_process_text(mica_output_t* out, void* arg);

/* Pages and blocks in *stats, with `of` in the title: a line for each class that has some, and the sum, of none, too. */
void mica_blocks_text(const mi_stats_t* stats, const char* of, mica_output_t* out, void* arg);

/* A line for each arena. */
void mica_arenas_text(mica_output_t* out, void* arg);

#endif
