/* site_sums.h -- the sums of one site, as numbers that people read. */
#ifndef MICA_SITE_SUMS_H
#define MICA_SITE_SUMS_H
#include "profile/table.h"
#include <stdbool.h>
#include <stddef.h>

/* Whole allocations and bytes. */
typedef struct mica_site_sums_s {
  size_t live_count;
  size_t live_bytes;
  size_t count; /* since the last reset */
  size_t bytes;
} mica_site_sums_t;

mica_site_sums_t mica_site_sums(const mica_site_t* site);

/* Whether there is nothing to tell of it. */
static inline bool mica_site_is_idle(const mica_site_sums_t* sums) {
  return (sums->live_count | sums->live_bytes | sums->count | sums->bytes) == 0;
}

#endif
