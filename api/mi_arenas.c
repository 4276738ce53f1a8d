/* mi_arenas.c -- the functions of mica/arenas.h, over the reservations and the limit of the segments.
 *
 * No state, no invariant of its own; the contract of each function stands in mica/arenas.h. Exported. */
#include "base/config.h"
#include "base/geometry.h"
#include <errno.h>
#include <limits.h>
#include <mica.h>

#include "observe/options.h"
#include "segment/limit.h"
#include "segment/reserve.h"

/* The id of a reservation to where it is wanted. */
static int answer(uint32_t number, mi_arena_id_t* arena_id) {
  if (arena_id != NULL) *arena_id = mica_reserve_id(number);
  return number != 0 ? 0 : ENOMEM;
}

MICA_EXPORT int mi_reserve_os_memory_ex(size_t size, bool commit, bool allow_large, bool exclusive,
                                        mi_arena_id_t* arena_id) {
  return answer(mica_reserve_memory(size, commit, allow_large, exclusive), arena_id);
}

MICA_EXPORT int mi_reserve_os_memory(size_t size, bool commit, bool allow_large) {
  return mi_reserve_os_memory_ex(size, commit, allow_large, false, NULL);
}

/* ---- huge pages ---- */

static int reserve_huge(size_t pages, bool exclusive, mi_arena_id_t* arena_id, size_t* huge) {
  *huge = 0;
  if (pages != 0) return answer(mica_reserve_huge(pages, exclusive, huge), arena_id);
  answer(0, arena_id);
  return 0;
}

MICA_EXPORT int mi_reserve_huge_os_pages_at_ex(size_t pages, int numa_node, size_t timeout_msecs, bool exclusive,
                                               mi_arena_id_t* arena_id) {
  size_t huge;
  (void)numa_node, (void)timeout_msecs;
  return reserve_huge(pages, exclusive, arena_id, &huge);
}

MICA_EXPORT int mi_reserve_huge_os_pages_at(size_t pages, int numa_node, size_t timeout_msecs) {
  return mi_reserve_huge_os_pages_at_ex(pages, numa_node, timeout_msecs, false, NULL);
}

MICA_EXPORT int mi_reserve_huge_os_pages_interleave(size_t pages, size_t numa_nodes, size_t timeout_msecs) {
  (void)numa_nodes;
  return mi_reserve_huge_os_pages_at_ex(pages, -1, timeout_msecs, false, NULL);
}

MICA_EXPORT int mi_reserve_huge_os_pages(size_t pages, double max_secs, size_t* pages_reserved) {
  size_t huge;
  (void)max_secs;
  const int result = reserve_huge(pages, false, NULL, &huge);
  if (pages_reserved != NULL) *pages_reserved = huge;
  return result;
}

/* ---- memory brought along ---- */

MICA_EXPORT bool mi_manage_memory(void* start, size_t size, bool is_committed, bool is_pinned, bool is_zero,
                                  int numa_node, bool exclusive, mi_commit_fun_t* commit_fun, void* user_arg,
                                  mi_arena_id_t* arena_id) {
  (void)numa_node;
  const mica_brought_t memory = {.start = start,
                                 .size = size,
                                 .committed = is_committed,
                                 .pinned = is_pinned,
                                 .zero = is_zero,
                                 .exclusive = exclusive,
                                 .commit = commit_fun,
                                 .commit_arg = user_arg};
  return answer(mica_reserve_brought(&memory), arena_id) == 0;
}

MICA_EXPORT bool mi_manage_os_memory_ex(void* start, size_t size, bool is_committed, bool is_pinned, bool is_zero,
                                        int numa_node, bool exclusive, mi_arena_id_t* arena_id) {
  return mi_manage_memory(start, size, is_committed, is_pinned, is_zero, numa_node, exclusive, NULL, NULL, arena_id);
}

MICA_EXPORT bool mi_manage_os_memory(void* start, size_t size, bool is_committed, bool is_pinned, bool is_zero,
                                     int numa_node) {
  return mi_manage_os_memory_ex(start, size, is_committed, is_pinned, is_zero, numa_node, false, NULL);
}

/* ---- questions ---- */

MICA_EXPORT void* mi_arena_area(mi_arena_id_t arena_id, size_t* size) {
  return mica_reserve_area(mica_reserve_number(arena_id), size);
}

MICA_EXPORT bool mi_arena_contains(mi_arena_id_t arena_id, const void* p) {
  size_t size;
  const char* start = mi_arena_area(arena_id, &size);
  return start != NULL && (uintptr_t)p - (uintptr_t)start < size;
}

MICA_EXPORT size_t mi_arena_min_alignment(void) { return MICA_ARENA; }

MICA_EXPORT size_t mi_arena_min_size(void) { return MICA_SEGMENT; }

/* ---- the limit ---- */

MICA_EXPORT void mi_process_set_limit(size_t bytes) {
  const size_t kib = bytes / MICA_KiB;
  mica_option_set(MICA_OPTION_MEMORY_LIMIT, kib == 0 && bytes != 0 ? 1 : (long)kib);
  mica_limit_enforce();
}

MICA_EXPORT size_t mi_process_get_limit(void) { return (size_t)mica_option(MICA_OPTION_MEMORY_LIMIT) * MICA_KiB; }
