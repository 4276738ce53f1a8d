/* report.h -- the statistics of the process as text. */
#ifndef MICA_REPORT_H
#define MICA_REPORT_H
#include <observe/output.h>

/* A table of counters, memory, system calls and times, line by line to out(line, arg); to stderr where out is NULL. Any
 * thread, any time; no allocation of its own, no lock, errno untouched. Counters of running threads may be a moment old. */
void mica_stats_text(mica_output_t* out, void* arg);

#endif
