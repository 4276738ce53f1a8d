/* move.c -- moving OS pages in two steps, and the count of moved mappings. */
#include "segment/move.h"

#include "base/config.h"
#include "base/geometry.h"
#include "observe/output.h"
#include "segment/os.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  STEP_SHIFT = 21,  /* page tables move in steps of this many bytes */
  TIMES_MOST = 12,  /* for one range; then it is better copied, and one mapping again */
  MOVED_MOST = 256, /* for all that are alive: each time may be a mapping, with one more split off on either side */
};

static _Atomic(int) moved; /* the sum over all ranges alive; may exceed the most by a few [F2] */

/* Whether a range that OS pages were moved away from stays its owner's. Some emulators forget it, and give it away. */
enum { KEEPS_UNKNOWN, KEEPS, FORGETS };
static _Atomic(int) keeping; /* [F2] */

/* An address where nothing is mapped, in step with addr by the size that page tables move in; NULL: anywhere. A hint. */
static void* free_address(const char* addr, size_t size) {
  const size_t step = (size_t)1 << STEP_SHIFT;
  char* p = mica_os_map(0, size + step, mica_os_page(), 0);
  if (p == NULL) return NULL;
  mica_os_unmap(p, size + step);
  return p + (((uintptr_t)addr - (uintptr_t)p) & (step - 1));
}

/* Looks once whether the system gives away what it should have kept; then the range is mapped again. False: it is lost. */
static bool keeps(char* from, size_t size) {
  /* relaxed, here and below: a fact about the system, which every thread finds for itself if it has to */
  if (atomic_load_explicit(&keeping, memory_order_relaxed) == KEEPS) return true;
  const bool forgets = !mica_os_knows(from);
  atomic_store_explicit(&keeping, forgets ? FORGETS : KEEPS, memory_order_relaxed);
  return !forgets || mica_os_renew(from, size) == MICA_OS_RENEWED;
}

/* A move to a fixed address may be refused after the target has been unmapped, and is if the range is several mappings to
 * the system. So it is made in two steps: the first is refused without harm, and makes the range one mapping. */
static mica_moved_t move_part(char* from, char* to, size_t size) {
  void* near = size > (size_t)1 << STEP_SHIFT ? free_address(from, size) : NULL;
  char* between = mica_os_move_away(from, size, near);
  if (between == NULL) return MICA_STAYED;
  if (!keeps(from, size)) mica_fatal("the system gave away %zu bytes at %p that are in use\n", size, (void*)from);
  uint64_t* mark = (uint64_t*)(void*)to;
  *mark = (uint64_t)(uintptr_t)between;
  if (mica_os_move_onto(between, size, to)) return MICA_MOVED;
  memcpy(from, between, size);
  mica_os_unmap(between, size);
  /* The mark is still there: what was mapped has not been unmapped. */
  if (mica_os_is_mapped(to) && *mark == (uint64_t)(uintptr_t)between) return MICA_STAYED;
  return mica_os_map_at(to, size) ? MICA_STAYED : MICA_LOST;
}

/* Some more of what is to be moved: the largest part that is not refused, by halving. What is left behind, *part is 0. */
static mica_moved_t move_some(char* from, char* to, size_t* part) {
  for (;;) {
    const mica_moved_t result = move_part(from, to, *part);
    if (result != MICA_STAYED) return result;
    *part = *part / 2 & ~(MICA_SLICE - 1);
    if (*part == 0) return MICA_STAYED;
  }
}

bool mica_move_may(unsigned times) {
  /* relaxed: policy */
  const int all = atomic_load_explicit(&moved, memory_order_relaxed);
  return times < TIMES_MOST && all < MOVED_MOST && atomic_load_explicit(&keeping, memory_order_relaxed) != FORGETS;
}

/* A range of several mappings, whose borders are not known, moves in parts. */
mica_moved_t mica_move(void* from, void* to, size_t size, unsigned times) {
  char *source = from, *target = to;
  size_t done = 0;
  mica_moved_t result = MICA_MOVED;
  atomic_fetch_add_explicit(&moved, (int)times + 1, memory_order_relaxed); /* relaxed: policy */
  while (done < size && result == MICA_MOVED) {
    size_t part = size - done;
    result = move_some(source + done, target + done, &part);
    if (result == MICA_MOVED) done += part;
  }
  if (result != MICA_MOVED) memcpy(from, to, done); /* back again */
  return result;
}

void mica_move_forget(unsigned times) {
  atomic_fetch_sub_explicit(&moved, (int)times, memory_order_relaxed); /* relaxed: likewise */
}
