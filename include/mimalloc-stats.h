/* mimalloc-stats.h -- the statistics, under the name that programs written for mimalloc include: mica/stats.h. */
#ifndef MIMALLOC_STATS_H
#define MIMALLOC_STATS_H
#include <mica/stats.h>
#include <mimalloc.h>
#endif
