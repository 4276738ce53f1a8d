/* reserved.h -- reservations: claims from one reservation only, all that it has, and addresses. */
#ifndef MICA_TESTS_RESERVED_H
#define MICA_TESTS_RESERVED_H
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "segment/limit.h"
#include "segment/os.h"
#include "segment/reserve.h"
#include "segment/single.h"
#include "tests/support/require.h"
#include "tests/support/slices.h"

enum { RUNS_MOST = 20000 };

/* Runs that are held, and the slices in them. */
typedef struct held_s {
  mica_run_t runs[RUNS_MOST];
  unsigned n;
  int64_t slices;
} held_t;

static inline bool within(const void* p, size_t bytes, const char* start, size_t size) {
  return (const char*)p >= start && (const char*)p + bytes <= start + size;
}

/* Claims one run; all of it must lie in the reservation, if one is given. */
static inline bool claim_only(held_t* held, unsigned count, uint32_t only) {
  static mica_hint_t hint;
  mica_run_t run;
  hint.only = only;
  if (!mica_run_claim(&run, count, false, &hint)) return false;
  REQUIRE(held->n < RUNS_MOST && run.count == count, "%u slices: got %u", count, run.count);
  size_t size = 0;
  const char* start = mica_reserve_area(only, &size);
  REQUIRE(only == 0 || within(address(&run), bytes(&run), start, size), "reservation %u: got %p", only,
          (void*)address(&run));
  held->runs[held->n++] = run;
  held->slices += count;
  return true;
}

/* Claims all that there is in runs of this length. */
static inline void claim_all(held_t* held, unsigned count, uint32_t only) {
  while (claim_only(held, count, only)) continue;
}

/* Writes to each OS page, or not, and gives the runs back, down to the first n. */
static inline void give_to(held_t* held, unsigned n, bool write) {
  while (held->n > n) {
    mica_run_t run = held->runs[--held->n];
    held->slices -= run.count;
    for (size_t at = 0; write && at < bytes(&run); at += mica_os_page()) address(&run)[at] = (char)0xee;
    run.clean = run.clean && !write;
    mica_run_release(&run);
  }
}
static inline void give_all(held_t* held, bool write) { give_to(held, 0, write); }

/* What must be the same after something that failed. */
typedef struct figures_s {
  int64_t used, dirty;
  size_t charged, mapped;
  unsigned arenas;
} figures_t;
static inline figures_t figures(void) {
  return (figures_t){mica_slices_used(), mica_slices_dirty(), mica_limit_used(), mica_mapped_bytes(),
                     mica_arena_count()};
}
static inline void same_figures(figures_t a, const char* when) {
  const figures_t b = figures();
  REQUIRE(a.used == b.used, "%s: %ld slices used, not %ld", when, (long)b.used, (long)a.used);
  REQUIRE(a.dirty == b.dirty, "%s: %ld slices dirty, not %ld", when, (long)b.dirty, (long)a.dirty);
  REQUIRE(a.charged == b.charged, "%s: %zu bytes charged, not %zu", when, b.charged, a.charged);
  REQUIRE(a.mapped == b.mapped, "%s: %zu bytes mapped, not %zu", when, b.mapped, a.mapped);
  REQUIRE(a.arenas == b.arenas, "%s: %u arenas, not %u", when, b.arenas, a.arenas);
}

/* Bytes of address space by the kernel's count, when no unmapping is put off any more. */
static inline size_t address_space(void) {
  char text[64] = {0};
  void* p = mica_os_map(0, mica_os_page(), mica_os_page(), 0);
  if (p != NULL) mica_os_unmap(p, mica_os_page());
  const int f = open("/proc/self/statm", O_RDONLY);
  REQUIRE(f >= 0 && read(f, text, sizeof text - 1) > 0, "no /proc/self/statm");
  close(f);
  return strtoul(text, NULL, 10) * mica_os_page();
}

/* Addresses where nothing is mapped, `windows` whole ones. */
static inline char* free_windows(unsigned windows) {
  const size_t size = (windows + 1) * MICA_ARENA;
  char* p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(p != MAP_FAILED, "no addresses");
  munmap(p, size);
  return (char*)(((uintptr_t)p + MICA_ARENA - 1) & ~(MICA_ARENA - 1));
}
static inline char* try_map_at(char* at, size_t size, int protection) {
  return mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}
static inline char* map_at(char* at, size_t size, int protection) {
  char* p = try_map_at(at, size, protection);
  REQUIRE(p == at, "%p is taken", (void*)at);
  return p;
}
/* The same in the first free place from there on, within the window: libraries may lie in it. */
static inline char* map_from(char* at, size_t size, int protection) {
  char* const end = (char*)(((uintptr_t)at | (MICA_ARENA - 1)) + 1);
  for (; at + size <= end; at += MICA_SEGMENT)
    if (try_map_at(at, size, protection) == at) return at;
  REQUIRE(false, "nothing is free before %p", (void*)end);
  return NULL;
}

#endif
