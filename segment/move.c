/* move.c -- moving OS pages in two steps, and the count of moved ranges. */
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
  STEP_SHIFT = 21,    /* page tables move in steps of this many bytes */
  MOVED_MOST = 16384, /* ranges alive: each is a mapping, and may split another. Linux allows 65,530 */
};

static _Atomic(int) moved; /* ranges alive; may exceed the most by a few [F2] */

/* An address where nothing is mapped, in step with addr by the size that page tables move in; NULL: anywhere. A hint. */
static void* free_address(const char* addr, size_t size) {
  const size_t step = (size_t)1 << STEP_SHIFT;
  char* p = mica_os_map(0, size + step, mica_os_page(), 0);
  if (p == NULL) return NULL;
  mica_os_unmap(p, size + step);
  return p + (((uintptr_t)addr - (uintptr_t)p) & (step - 1));
}

void mica_move_remember(void) { atomic_fetch_add_explicit(&moved, 1, memory_order_relaxed); /* relaxed: policy */ }
void mica_move_forget(void) { atomic_fetch_sub_explicit(&moved, 1, memory_order_relaxed); /* relaxed: policy */ }

bool mica_move_may(void) {
  return atomic_load_explicit(&moved, memory_order_relaxed) < MOVED_MOST; /* relaxed: policy */
}

/* A move to a fixed address may be refused after the target has been unmapped, and is if the range is several mappings to
 * the system. So it is made in two steps: the first is refused without harm, and makes the range one mapping. */
mica_moved_t mica_move(void* from, size_t size, void* to, size_t more_size) {
  void* near = size > (size_t)1 << STEP_SHIFT ? free_address(from, size) : NULL;
  char* between = mica_os_move_away(from, size, near);
  if (between == NULL) return MICA_STAYED;
  uint64_t* mark = to;
  *mark = (uint64_t)(uintptr_t)between;
  if (mica_os_move_onto(between, size, to, more_size)) {
    mica_move_remember();
    return MICA_MOVED;
  }
  memcpy(from, between, size);
  mica_os_unmap(between, size);
  /* The mark is still there: what was mapped has not been unmapped. */
  if (mica_os_is_mapped(to) && *mark == (uint64_t)(uintptr_t)between) return MICA_STAYED;
  return mica_os_map_at(to, more_size) ? MICA_STAYED : MICA_LOST;
}

/* What cannot be taken in is mapped again, beside it: then it is two mappings, and will be copied instead of moved. */
bool mica_move_grow(void* end, size_t bytes) {
  const size_t page = mica_os_page();
  if (!mica_os_try_unmap(end, bytes)) return true;
  return mica_os_extend((char*)end - page, page, page + bytes) || mica_os_map_at(end, bytes);
}
