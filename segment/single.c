/* single.c -- pages of one block. The page's lines belong to the holder of the block, from birth to its free. */
#include "segment/single.h"

#include "observe/counters.h"
#include "observe/options.h"
#include "observe/output.h"
#include "observe/probe.h"
#include "segment/limit.h"
#include "segment/move.h"
#include "segment/os.h"

enum { LEAD = 64 };
/* In a mapping of its own the block begins past a whole segment, as it does in an arena: page tables move in big steps. */
#define WINDOW_LEAD (MICA_SEGMENT + LEAD)
static_assert(WINDOW_LEAD > MICA_HEAD, "the block lies behind the header");

static uintptr_t slices_for(uint64_t bytes) { return (bytes + MICA_SLICE - 1) >> MICA_SLICE_SHIFT; }

/* The smallest x >= lead with (base + x + offset) % align == 0. */
static uint64_t place(uintptr_t base, uint64_t lead, size_t align, size_t offset) {
  const uint64_t over = (base + lead + offset) & (align - 1);
  return over == 0 ? lead : lead + align - over;
}

static bool in_window(const mica_page_t* page) {
  return mica_arena_at(mica_page_window(page))->window_bytes != 0; /* constant */
}

static mica_run_t run_of(const mica_page_t* page, bool clean) {
  const mica_remote_t* r = mica_page_remote(page);
  return (mica_run_t){mica_arena_at(mica_page_window(page)), mica_page_slice(page), r->slices, clean};
}

static mica_page_t* born(mica_page_t* page, bool zeroed) {
  page->zeroed = zeroed;
  mica_count(MICA_COUNTER_LARGE_BORN, 1);
  MICA_PROBE_CALL2(large_born, page, mica_page_remote(page)->extent);
  mica_count(MICA_COUNTER_LARGE_BYTES_BORN, mica_page_remote(page)->extent);
  return page;
}

/* ---- a mapping of its own ---- */

/* The slices that count towards the limit: those of the block. */
static int64_t window_slices(uint64_t bytes, uint64_t lead) { return (int64_t)(slices_for(bytes) - lead / MICA_SLICE); }

static mica_page_t* window_make(size_t size, size_t align, size_t offset) {
  const size_t grain = align > MICA_ARENA ? align : MICA_ARENA;
  /* Where the block lies in its window: the same for every window, as it depends on the grain only. */
  uint64_t lead = align > MICA_ARENA ? MICA_ARENA - (offset & (MICA_ARENA - 1)) : place(0, WINDOW_LEAD, align, offset);
  if (lead > MICA_ARENA) lead = place(0, MICA_HEAD + LEAD, align, offset);
  if (lead > MICA_ARENA || lead < MICA_HEAD + LEAD) return NULL;
  const size_t bytes = (lead + size + MICA_SLICE - 1) & ~(MICA_SLICE - 1);
  const size_t shift = align > MICA_ARENA ? (lead + offset) & (align - 1) : 0; /* a multiple of MICA_ARENA */
  if (!mica_limit_charge(window_slices(bytes, lead))) return NULL;
  char* base = mica_os_map(0, bytes, grain, shift);
  if (base == NULL) {
    mica_limit_discharge(window_slices(bytes, lead));
    return NULL;
  }
  mica_arena_t* header = mica_arena_at((uintptr_t)base);
  mica_track_lines(base, MICA_HEAD);
  header->window_bytes = bytes;
  mica_window_mark((uintptr_t)base, bytes, MICA_WINDOW_SINGLE);
  mica_mapped_add((int64_t)bytes);
  mica_count(MICA_COUNTER_WINDOWS_BORN, 1);
  mica_limit_note_peak();
  return born(mica_page_birth_single((uintptr_t)base, base, base + lead, bytes), true);
}

static void window_give(mica_page_t* page) {
  mica_arena_t* header = mica_arena_at(mica_page_window(page));
  const size_t bytes = (size_t)header->window_bytes;
  const int64_t slices = window_slices(bytes, mica_page_remote(page)->lead);
  mica_window_mark(mica_arena_base(header), bytes, MICA_WINDOW_FOREIGN);
  mica_mapped_add(-(int64_t)bytes);
  mica_count(MICA_COUNTER_WINDOWS_GONE, 1);
  mica_os_unmap((void*)mica_arena_base(header), bytes);
  mica_limit_discharge(slices);
}

/* The last OS page is grown: what lies before it may be several mappings to the system. */
static bool window_extend(char* base, uint64_t old, uint64_t bytes) {
  const int64_t more = (int64_t)(slices_for(bytes) - slices_for(old));
  const size_t last = mica_os_page();
  if (!mica_limit_charge(more)) return false;
  if (mica_os_extend(base + old - last, last, last + (bytes - old))) return true;
  mica_limit_discharge(more);
  return false;
}

static bool window_resize(mica_page_t* page, uint64_t bytes) {
  mica_arena_t* header = mica_arena_at(mica_page_window(page));
  const uint64_t old = header->window_bytes;
  char* base = (char*)mica_arena_base(header);
  if (bytes > old && !window_extend(base, old, bytes)) return false;
  mica_window_mark((uintptr_t)base, bytes, MICA_WINDOW_SINGLE);
  const uint64_t still = (bytes + MICA_ARENA - 1) & ~(uint64_t)(MICA_ARENA - 1);
  if (still < old) mica_window_mark((uintptr_t)base + still, old - still, MICA_WINDOW_FOREIGN);
  if (bytes < old) mica_os_unmap(base + bytes, old - bytes);
  header->window_bytes = bytes;
  mica_mapped_add((int64_t)bytes - (int64_t)old);
  if (bytes < old) mica_limit_discharge((int64_t)(slices_for(old) - slices_for(bytes)));
  return true;
}

/* ---- a run in an arena ---- */

/* Gives back the slices before the one that answers for first, and those behind the block. */
static void trim(mica_run_t* run, uint64_t lead, size_t size) {
  const unsigned before = (unsigned)((lead - 1) >> MICA_SLICE_SHIFT), needed = (unsigned)slices_for(lead + size);
  if (needed < run->count)
    mica_run_release(&(mica_run_t){run->arena, run->first + needed, run->count - needed, run->clean});
  if (before != 0) mica_run_release(&(mica_run_t){run->arena, run->first, before, run->clean});
  run->first += before;
  run->count = needed - before;
}

static mica_page_t* run_make(size_t size, size_t align, size_t offset, bool want_clean, mica_hint_t* near) {
  /* A run begins at a multiple of SLICE; for larger alignments there must be a choice of places. */
  const uint64_t reach = align <= MICA_SLICE ? place(0, LEAD, align, offset) : align + LEAD;
  const uintptr_t count = slices_for(reach + size);
  if (count > MICA_ARENA_SLICES - MICA_SEGMENT_SLICES) return NULL;
  mica_run_t run;
  if (!mica_run_claim(&run, (unsigned)count, want_clean, near)) return NULL;
  char* at = mica_slice_address(run.arena, run.first);
  const uint64_t lead = place((uintptr_t)at, LEAD, align, offset);
  trim(&run, lead, size);
  char* base = mica_slice_address(run.arena, run.first);
  const uint64_t extent = (uint64_t)run.count << MICA_SLICE_SHIFT;
  return born(mica_page_birth_single(mica_arena_base(run.arena), base, at + lead, extent), run.clean);
}

static bool run_resize(mica_page_t* page, uint64_t bytes) {
  mica_remote_t* r = mica_page_remote(page);
  mica_run_t run = run_of(page, false);
  const unsigned old = run.count;
  const uintptr_t now = slices_for(bytes);
  if (now > MICA_ARENA_SLICES - run.first) return false;
  const unsigned count = (unsigned)now;
  mica_run_t part = {run.arena, run.first + (count < old ? count : old), count < old ? old - count : count - old,
                     false};
  if (count < old) {
    mica_track_fresh(mica_slice_address(part.arena, part.first), (size_t)part.count << MICA_SLICE_SHIFT);
    if (r->moved)
      mica_run_release_moved(&part);
    else
      mica_run_release(&part);
  }
  if (count > old) {
    const unsigned last = run.first + count - 1;
    if (!mica_run_is_one(run.arena, run.first, last)) return false;
    if (!mica_run_claim_at(&part)) return false;
    if (!mica_run_is_one(run.arena, run.first, last)) { /* it has only just become another's */
      mica_run_release(&part);
      return false;
    }
    const size_t more = (size_t)part.count << MICA_SLICE_SHIFT;
    if (r->moved && !mica_move_grow(mica_slice_address(part.arena, part.first), more)) return false;
  }
  r->slices = count;
  r->extent = (uint64_t)count << MICA_SLICE_SHIFT;
  return true;
}

/* ---- either ---- */

size_t mica_single_good_size(size_t size) {
  return size > MICA_SINGLE_MAX ? size : (slices_for(LEAD + size) << MICA_SLICE_SHIFT) - LEAD;
}

mica_page_t* mica_single_make(size_t size, size_t align, size_t offset, bool want_clean, mica_hint_t* near) {
  if (size > MICA_SINGLE_MAX || align > MICA_SINGLE_MAX) return NULL;
  mica_page_t* page = run_make(size, align, offset, want_clean, near);
  if (page != NULL || near->only != 0 || mica_option(MICA_OPTION_DISALLOW_OS_ALLOC) != 0) return page;
  if (size + align >= MICA_SEGMENT) page = window_make(size, align, offset);
  return page;
}

static MICA_NOINLINE void give_moved(mica_page_t* page) {
  mica_remote_t* r = mica_page_remote(page);
  const mica_run_t run = run_of(page, false);
  mica_move_forget();
  r->moved = false; /* as at every page's birth */
  if (in_window(page)) {
    window_give(page);
    return;
  }
  if (MICA_TRACKED) r->base = NULL;
  r->lead = 0;
  mica_run_release_moved(&run);
}

static void give(mica_page_t* page, bool clean) {
  mica_remote_t* r = mica_page_remote(page);
  /* relaxed: ours. A page that was moved away has not been pushed onto [P7] */
  atomic_store_explicit(&r->word, pw_make(PW_OWNED, 0, 0), memory_order_relaxed);
  mica_count(MICA_COUNTER_LARGE_GONE, 1);
  MICA_PROBE_CALL2(large_gone, page, r->extent);
  mica_count(MICA_COUNTER_LARGE_BYTES_GONE, r->extent);
  if (MICA_UNLIKELY(r->moved)) {
    give_moved(page);
  } else if (in_window(page)) {
    window_give(page);
  } else {
    const mica_run_t run = run_of(page, clean);
    if (MICA_TRACKED) r->base = NULL; /* as in mica_page_give */
    r->lead = 0;                      /* no page: what lies here may be unmapped */
    mica_run_release(&run);
  }
}

void mica_single_give(mica_page_t* page) { give(page, false); }

bool mica_single_resize(mica_page_t* page, size_t size) {
  mica_remote_t* r = mica_page_remote(page);
  if (size > MICA_SINGLE_MAX) return false;
  const uint64_t lead = r->lead;
  const uint64_t bytes = (lead + size + MICA_SLICE - 1) & ~(uint64_t)(MICA_SLICE - 1), old = r->extent;
  if (bytes == old) return true;
  if (in_window(page)) {
    if (!window_resize(page, bytes)) return false;
    r->extent = bytes;
    r->slices = (uint32_t)slices_for(bytes);
  } else if (!run_resize(page, bytes)) {
    return false;
  }
  if (bytes > old) mica_count(MICA_COUNTER_LARGE_BYTES_BORN, bytes - old);
  if (bytes < old) mica_count(MICA_COUNTER_LARGE_BYTES_GONE, old - bytes);
  return true;
}

/* Whether the OS pages may move: not those of a reservation, which are of the kind that the program asked for. */
static bool can_move(const mica_page_t* page) {
  const mica_arena_t* arena = mica_arena_at(mica_page_window(page));
  return !arena->fixed;
}

mica_page_t* mica_single_move(mica_page_t* page, size_t size, mica_hint_t* near, void (*leaving)(mica_page_t* page)) {
  mica_remote_t* r = mica_page_remote(page);
  if (r->slices <= MICA_SEGMENT_SLICES || !can_move(page) || !mica_move_may()) return NULL;
  const uintptr_t step = mica_os_page(), skew = (uintptr_t)mica_remote_first(r) & (step - 1);
  mica_page_t* to = mica_single_make(size, step, (step - skew) & (step - 1), true, near);
  if (to == NULL) return NULL;
  if (!can_move(to)) {
    give(to, to->zeroed);
    return NULL;
  }
  mica_remote_t* t = mica_page_remote(to);
  char* source = mica_remote_first(r) - skew;
  char* target = mica_remote_first(t) - skew;
  const size_t have = (size_t)((char*)r->base + r->extent - source),
               fits = (size_t)((char*)t->base + t->extent - target);
  mica_track_leave(source, have); /* a checker's knowledge of a block does not move with it */
  mica_track_leave(target, fits);
  const mica_moved_t moved = mica_move(source, have < fits ? have : fits, target, fits);
  t->moved = moved == MICA_MOVED;
  if (moved == MICA_STAYED) give(to, false);
  if (moved != MICA_MOVED) return NULL; /* lost: a range of addresses that nobody will have again */
  mica_track_fresh(source, have);
  if (leaving != NULL) leaving(page);
  if (!r->moved) mica_move_remember(); /* it is given back like one */
  r->moved = true;
  give(page, false);
  return to;
}
