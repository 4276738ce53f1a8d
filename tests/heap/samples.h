/* samples.h -- what the tests of samples share: sizes of all kinds, and how many samples live. */
#ifndef TESTS_HEAP_SAMPLES_H
#define TESTS_HEAP_SAMPLES_H
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/sample.h"
#include "tests/support/require.h"

#include <mica.h>

static const size_t sizes[] = {0,    1,     8,     16,    17,    64,    100,   1000,  1024,   1025,
                               5000, 32767, 32768, 57344, 60000, 65535, 65536, 65537, 300000, 3000000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* From now on each allocation is a sample. False: this variant has none. */
static inline bool begin_all(void) {
  if (!mi_profile_start(1)) return false;
  REQUIRE(mica_theap_base()->shadow != NULL, "the thread has not joined");
  REQUIRE(mica_profile_live() == 0, "samples are left");
  return true;
}

static inline void require_live(uint64_t n, const char* what) {
  const uint64_t live = mica_profile_live();
  REQUIRE(live == n, "%s: %lu live samples, not %lu", what, (unsigned long)live, (unsigned long)n);
}

static inline size_t usable(const void* p) { return mica_usable_size(p); }

#endif
