/* stat.h -- a census in the three forms of `mica stat`, to stdout. For stat*.c. */
#ifndef TOOL_STAT_H
#define TOOL_STAT_H
#include "tool/census.h"

enum {
  STAT_VERSION = 1
}; /* of what the JSON has beside mi_stats_get_json's: a name that changes its meaning changes it */

void stat_text(const census_t* census);
void stat_json(const census_t* census);
void stat_prometheus(const census_t* census);

#endif
