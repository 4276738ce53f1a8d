/* collect.c -- asking the whole: giving back what can be, and adding up what there is. */
#include "heap/alloc.h"
#include "heap/heap.h"
#include "observe/stats.h"
#include "segment/purge.h"

size_t mica_collect(bool force) {
  mica_heap_t* heap = mica_heap_mine();
  if (mica_heap_is_real(heap)) {
    mica_hot_flush_all(heap);
    mica_outbox_flush(heap);
    mica_stock_collect(heap);
  }
  return force ? (size_t)mica_purge(0) << MICA_SLICE_SHIFT : 0;
}

bool mica_is_ours(const void* p) {
  const mica_window_t kind = mica_window_kind(p);
  if (kind != MICA_WINDOW_ARENA) return kind == MICA_WINDOW_SINGLE;
  const mica_arena_t* arena = mica_arena_at(mica_window_of(p));
  const uintptr_t at = (uintptr_t)p - mica_arena_base(arena);
  /* relaxed: a segment that has been mapped stays so, and p came from it after that [S10] */
  const uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed);
  return at > MICA_HEAD && (absent >> ((at - 1) >> MICA_SEGMENT_SHIFT) & 1) == 0;
}

/* Bytes in the live blocks of a detached page; 0 of any other. relaxed: figures [P9] */
static size_t detached_bytes(const mica_arena_t* arena, unsigned slice) {
  const mica_page_t* page = mica_page_at(mica_arena_base(arena), slice);
  const uint64_t word = atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed);
  const unsigned class = mica_page_class(page);
  if (pw_state(word) != PW_DETACHED || class >= MICA_CLASSES) return 0;
  const unsigned total = mica_class_total(class), free_count = pw_count(word);
  return free_count > total ? 0 : (size_t)(total - free_count) * mica_classes[class].size;
}

static size_t detached_bytes_in(const mica_arena_t* arena) {
  size_t bytes = 0;
  /* relaxed: figures [S1] [S10] */
  const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                        atomic_load_explicit(&arena->absent, memory_order_relaxed);
  for (unsigned i = 0; i < MICA_ARENA_SLICES; i++)
    if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0) bytes += detached_bytes(arena, i);
  return bytes;
}

mica_usage_t mica_usage(void) {
  mica_usage_t u = {0};
  u.mapped = mica_mapped_bytes();
  u.paged = (size_t)mica_slices_used() << MICA_SLICE_SHIFT;
  const int64_t dirty = mica_slices_dirty();
  u.dirty = dirty > 0 ? (size_t)dirty << MICA_SLICE_SHIFT : 0;
  u.large = (size_t)(mica_counted(MICA_STAT_LARGE_BYTES_BORN) - mica_counted(MICA_STAT_LARGE_BYTES_GONE));
  u.large_count = (size_t)(mica_counted(MICA_STAT_LARGE_BORN) - mica_counted(MICA_STAT_LARGE_GONE));
  u.used = u.large;
  for (mica_heap_t* heap = mica_heap_first(); heap != NULL; heap = heap->all_next)
    for (unsigned c = 0; c < MICA_CLASSES; c++) u.used += (size_t)mica_charged(&heap->stock[c]) * mica_classes[c].size;
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL) u.used += detached_bytes_in(mica_arena(i));
  return u;
}
