/* look_stats.h -- a census as the library's own structure of figures, by the library's own sources (stats/stats.c, json.c). */
#ifndef TOOL_LOOK_STATS_H
#define TOOL_LOOK_STATS_H
#include "stats/stats.h"
#include "tool/census.h"

/* The figures of the process, as mi_stats_get; with those blocks left out that are ready in any thread. The census was taken
 * with CENSUS_ALL. */
void look_stats(const census_t* census, mi_stats_t* stats);

/* What the kernel says of the process now; of a core nothing. */
mica_stats_system_t look_system(const census_t* census);

#endif
