/* json.h -- figures as JSON. Any thread, any time; no allocation, errno is untouched. Used by api/. */
#ifndef MICA_JSON_H
#define MICA_JSON_H
#include "stats/stats.h"

/* Writes the JSON object and a NUL into size bytes at buf, as far as they go. Returns the bytes that all of it takes. */
size_t mica_stats_json(const mi_stats_t* stats, const mica_stats_system_t* system, char* buf, size_t size);

#endif
