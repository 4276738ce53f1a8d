/* site_sums.c -- see site_sums.h. */
#include "profile/site_sums.h"

static size_t rounded(uint64_t units, unsigned shift) {
  return (size_t)((units + ((uint64_t)1 << (shift - 1))) >> shift);
}

/* What is above the other; 0 while the two are of different moments. */
static uint64_t above(uint64_t more, uint64_t less) { return more > less ? more - less : 0; }

/* Relaxed: figures. What was freed is read first, so that nothing is freed that was not allocated. [PF6] */
mica_site_sums_t mica_site_sums(const mica_site_t* site) {
  const uint64_t gone = atomic_load_explicit(&site->freed.count, memory_order_relaxed);
  const uint64_t gone_bytes = atomic_load_explicit(&site->freed.bytes, memory_order_relaxed);
  const uint64_t reset = atomic_load_explicit(&site->reset.count, memory_order_relaxed);
  const uint64_t reset_bytes = atomic_load_explicit(&site->reset.bytes, memory_order_relaxed);
  const uint64_t came = atomic_load_explicit(&site->allocated.count, memory_order_relaxed);
  const uint64_t came_bytes = atomic_load_explicit(&site->allocated.bytes, memory_order_relaxed);
  return (mica_site_sums_t){
      rounded(above(came, gone), MICA_COUNT_SHIFT), rounded(above(came_bytes, gone_bytes), MICA_BYTES_SHIFT),
      rounded(above(came, reset), MICA_COUNT_SHIFT), rounded(above(came_bytes, reset_bytes), MICA_BYTES_SHIFT)};
}
