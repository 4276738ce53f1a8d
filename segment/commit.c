/* commit.c -- committing runs of slices before they are used, and dropping them. Each slice has a bit for it, so that
 * the program's function is called for slices that need it only. */
#include "segment/commit.h"

#include "segment/os.h"
#include "segment/segment.h"
#include <errno.h>

void mica_commit_none(mica_arena_t* arena, unsigned segment, uint64_t mask) {
  /* relaxed: the holder's bits; the release that follows publishes them [S14] */
  atomic_fetch_or_explicit(&arena->slices_gone[segment], mask, memory_order_relaxed);
}

bool mica_commit_call(mi_commit_fun_t* commit_fun, void* arg, bool commit, void* at, size_t size, bool* zero) {
  const int saved = errno;
  *zero = false;
  const bool ok = commit_fun(commit, at, size, zero, arg);
  errno = saved;
  return ok;
}

/* One run of bits, ours, of slices that are gone. */
static bool commit_slices(mica_arena_t* arena, unsigned segment, uint64_t mask) {
  char* at = mica_slice_address(arena, segment * SW_SLICES + (unsigned)__builtin_ctzll(mask));
  const size_t size = (size_t)__builtin_popcountll(mask) << MICA_SLICE_SHIFT;
  bool zero = false;
  if (!mica_commit_call(arena->commit, arena->commit_arg, true, at, size, &zero)) return false;
  /* relaxed: the holder's bits [S14] */
  atomic_fetch_and_explicit(&arena->slices_gone[segment], ~mask, memory_order_relaxed);
  if (zero) return true;
  /* relaxed: likewise [S9] */
  atomic_fetch_or_explicit(&arena->slices_dirty[segment], mask, memory_order_relaxed);
  return true;
}

bool mica_commit_run(const mica_run_t* run) {
  mica_arena_t* arena = run->arena;
  if (arena->commit == NULL) return true;
  for (unsigned s = sw_first(run->first); s <= sw_last(run->first, run->count); s++) {
    const uint64_t ours = sw_mask(run->first, run->count, s);
    /* relaxed: the holder's bits [S15] */
    uint64_t gone = atomic_load_explicit(&arena->slices_gone[s], memory_order_relaxed) & ours;
    while (gone != 0) {
      const uint64_t part = mica_bits_lowest(gone);
      if (!commit_slices(arena, s, part)) return false;
      gone &= ~part;
    }
  }
  return true;
}

bool mica_commit_drop(const mica_run_t* run) {
  mica_arena_t* arena = run->arena;
  char* at = mica_slice_address(arena, run->first);
  const size_t size = (size_t)run->count << MICA_SLICE_SHIFT;
  if (arena->pinned) return false;
  if (arena->commit == NULL) return mica_os_purge(at, size);
  bool zero = false;
  if (!mica_commit_call(arena->commit, arena->commit_arg, false, at, size, &zero)) return false;
  for (unsigned s = sw_first(run->first); s <= sw_last(run->first, run->count); s++)
    mica_commit_none(arena, s, sw_mask(run->first, run->count, s));
  return true;
}

uint64_t mica_commit_there(mica_arena_t* arena, unsigned segment) {
  /* relaxed: a hint [S15] */
  return ~atomic_load_explicit(&arena->slices_gone[segment], memory_order_relaxed);
}
