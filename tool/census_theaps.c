/* census_theaps.c -- threads' heaps, the threads that run them, and first-class heaps, from copies (census_parts.h).
 *
 * Of a theap three parts are looked at: what every thread touches; the outbox, if something is in it; the sub-heap's part, if
 * it is one. A theap that differs on a second look is not sure: its thread runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/first_class/quota.h"
#include "heap/shadow.h"
#include "tool/census_parts.h"

enum { THEAPS_MOST = 1 << 20 };

/* Atomic and plain members alike are taken out of a copy. */
#define TAKE(to, member) memcpy(&(to), &(member), sizeof(to))
#define FRONT offsetof(mica_theap_t, tables) /* what every thread touches */

/* ---- copies ----
 * The theaps of a program's threads lie behind one another as a rule: so what lies behind one is copied with it, and each row
 * waits for the process but once. */

enum { ROW = 64 * MICA_THEAP_BYTES };
typedef struct row_s {
  uintptr_t at;
  size_t have;
  char bytes[ROW];
} row_t;
static row_t row, row_again; /* the second look at the same */

static void read_row(census_taking_t* t, row_t* to, uintptr_t at, size_t n) {
  to->at = at;
  to->have = target_read_some(t->census.target, to->bytes, at, n);
}

/* n bytes of the row from `at` on; NULL: it has them not. */
static const char* in_row(const row_t* of, uintptr_t at, size_t n) {
  const uintptr_t offset = at - of->at;
  return offset < of->have && n <= of->have - offset ? of->bytes + offset : NULL;
}

/* ---- one theap ---- */

/* The lengths of its lists. */
static void set_classes(census_theap_t* theap, const mica_theap_t* copy) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const int64_t length = (int64_t)copy->bin[c].bound - copy->cache[c].left;
    census_cache_t* to = &theap->class[c];
    const bool has_list = copy->cache[c].head != NULL;
    TAKE(to->out, copy->bin[c].outstanding);
    to->length = has_list && length > 0 ? (uint32_t)census_cut((uint64_t)length, MICA_CACHE_MOST) : 0;
    to->outbox = to->pages = 0;
    if (length < 0 || length > MICA_CACHE_MOST) theap->sure = false;
  }
}

static void set_outbox(census_taking_t* t, census_theap_t* theap, const mica_theap_t* copy) {
  mica_parcel_t outbox[MICA_OUTBOX_SETS][MICA_OUTBOX_WAYS];
  if (copy->thread.outbox_credit == MICA_OUTBOX_BYTES) return;
  const uintptr_t at = theap->at + offsetof(mica_theap_t, tables.outbox);
  const char* const there = in_row(&row_again, at, sizeof outbox);
  if (there != NULL)
    memcpy(outbox, there, sizeof outbox);
  else if (!TARGET_READ(t->census.target, outbox, at))
    return;
  for (unsigned i = 0; i < MICA_OUTBOX_SETS * MICA_OUTBOX_WAYS; i++) {
    const mica_parcel_t* parcel = &outbox[i / MICA_OUTBOX_WAYS][i % MICA_OUTBOX_WAYS];
    if (parcel->tag == NULL || parcel->class >= MICA_CLASSES) continue;
    theap->class[parcel->class].outbox += (uint32_t)census_cut(parcel->count, MICA_OUTBOX_BYTES / MICA_STEP_SMALL);
  }
}

/* Of a profiled thread. */
static void set_shadow(census_taking_t* t, census_theap_t* theap, const mica_theap_t* copy) {
  mica_cache_t caches[MICA_CLASSES];
  const uintptr_t at = (uintptr_t)copy->shadow;
  static_assert(offsetof(mica_shadow_t, cache) == 0, "what a shadow begins with");
  if (at == 0 || at % sizeof(uintptr_t) != 0 || !TARGET_READ(t->census.target, caches, at)) return;
  theap->shadow = at;
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    if (caches[c].head != NULL && caches[c].left < 0)
      theap->class[c].shadow = (uint32_t)census_cut((uint64_t) - (int64_t)caches[c].left, MICA_CACHE_MOST);
}

/* A heap whose structure lies in this theap. */
static void add_heap(census_taking_t* t, uintptr_t at) {
  mi_heap_t copy;
  census_heap_t* heaps;
  uint64_t serial, quota;
  if (!TARGET_READ(t->census.target, copy, at)) return;
  TAKE(serial, copy.serial);
  if (serial == 0) return;
  heaps = census_grow(t, t->heaps, t->census.heap_count, &t->heap_room, sizeof *heaps);
  if (heaps == NULL) return;
  t->heaps = heaps;
  census_heap_t* heap = &heaps[t->census.heap_count];
  *heap = (census_heap_t){.at = at, .serial = serial, .reserve = copy.arena};
  TAKE(heap->limit, copy.limit);
  TAKE(quota, copy.quota);
  TAKE(heap->subproc, copy.subproc);
  heap->quota = quota_bytes(quota);
  if (!census_index_put(&t->heap_at, at, t->census.heap_count++)) t->no_memory = true;
}

static void set_rest(census_taking_t* t, census_theap_t* theap, const mica_theap_t* copy) {
  uintptr_t base, heap;
  TAKE(base, copy->base);
  TAKE(heap, copy->heap);
  TAKE(theap->thread, copy->thread.id);
  theap->kind = heap != 0 ? CENSUS_SUB : base == theap->at ? CENSUS_BASE : CENSUS_IDLE;
  if (theap->kind != CENSUS_BASE) theap->thread = 0; /* of a sub-heap by its base, once all are there */
  theap->owned_bytes = census_cut(copy->owned_bytes, CENSUS_BYTES_MOST);
  theap->full_bytes = census_cut(copy->full_bytes, theap->owned_bytes);
  if (heap != 0) add_heap(t, theap->at + offsetof(mica_theap_t, sub.first));
}

/* The front, until two looks at it agree; not sure: they never do. */
static bool copy_front(census_taking_t* t, uintptr_t at, mica_theap_t* copy, bool* sure) {
  if (in_row(&row, at, FRONT) == NULL || in_row(&row_again, at, FRONT) == NULL) {
    read_row(t, &row, at, ROW);
    read_row(t, &row_again, at, row.have);
  }
  const char *before = in_row(&row, at, FRONT), *after = in_row(&row_again, at, FRONT);
  if (before == NULL || after == NULL) { /* a core, or not in a row */
    static mica_theap_t first, second;   /* large for a stack */
    if (!target_read(t->census.target, &first, at, FRONT)) return false;
    if (!target_read(t->census.target, &second, at, FRONT)) return false;
    before = (const char*)&first;
    after = (const char*)&second;
  }
  memcpy(copy, after, FRONT);
  *sure = memcmp(copy, before, FRONT) == 0;
  if (*sure || !census_may_retry(t)) return true;
  if (!target_read(t->census.target, copy, at, FRONT)) return false;
  *sure = memcmp(copy, after, FRONT) == 0;
  return true;
}

/* Adds it; gives the next one in the list. */
static uintptr_t add_theap(census_taking_t* t, uintptr_t at) {
  static mica_theap_t copy;
  bool sure = true;
  if (!copy_front(t, at, &copy, &sure)) return 0;
  census_theap_t* theaps = census_grow(t, t->theaps, t->census.theap_count, &t->theap_room, sizeof *theaps);
  if (theaps == NULL) return 0;
  t->theaps = theaps;
  census_theap_t* theap = &theaps[t->census.theap_count];
  memset(theap, 0, sizeof *theap);
  theap->at = at;
  theap->id = at - (uintptr_t)target_roots(t->census.target)->theap_empty;
  theap->base = theap->heap = CENSUS_NONE;
  theap->sure = sure;
  set_classes(theap, &copy);
  set_rest(t, theap, &copy);
  set_outbox(t, theap, &copy);
  set_shadow(t, theap, &copy);
  if (!census_index_put(&t->theap_at, at, t->census.theap_count++)) t->no_memory = true;
  return (uintptr_t)copy.all_next;
}

/* ---- who runs what ---- */

/* A sub-heap's heap, if it is the one with its number still; and its thread, which is its base's. */
static void set_sub(census_taking_t* t, census_theap_t* theap) {
  uint64_t serial;
  uintptr_t heap, base;
  target_piece_t pieces[] = {
      {&heap, theap->at + offsetof(mica_theap_t, heap), sizeof heap, false},
      {&base, theap->at + offsetof(mica_theap_t, base), sizeof base, false},
      {&serial, theap->at + offsetof(mica_theap_t, sub.serial), sizeof serial, false},
  };
  if (target_read_many(t->census.target, pieces, 3) != 3) return;
  const uint32_t of = census_index_get(&t->heap_at, heap), runs = census_index_get(&t->theap_at, base);
  if (of != CENSUS_NONE && t->heaps[of].serial == serial) {
    theap->heap = of;
    t->heaps[of].theaps++;
  }
  if (runs == CENSUS_NONE || t->theaps[runs].kind != CENSUS_BASE) return;
  theap->base = runs;
  theap->thread = t->theaps[runs].thread;
}

static void add_thread(census_taking_t* t, uint32_t base) {
  census_thread_t* threads = census_grow(t, t->threads, t->census.thread_count, &t->thread_room, sizeof *threads);
  if (threads == NULL) return;
  t->threads = threads;
  threads[t->census.thread_count++] = (census_thread_t){.thread = t->theaps[base].thread, .base = base};
}

/* ---- the kernel's numbers of threads ----
 * The C library keeps a thread's number in the structure that its pthread_t leads to; at which place is its own affair: at the
 * one where most threads have a number that the kernel knows. */

enum { STRUCTURE = 2048, PLACES = STRUCTURE / 4, NUMBERS_USEC = 100000 };

static int by_number(const void* a, const void* b) {
  const pid_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

/* One copy for each thread; zero where there is none. Each may be a wait. */
static uint32_t* copy_structures(census_taking_t* t) {
  const uint32_t count = t->census.thread_count, began = census_elapsed(t);
  uint32_t* copies = calloc(count == 0 ? 1 : count, STRUCTURE);
  for (uint32_t i = 0; copies != NULL && i < count && census_elapsed(t) - began < NUMBERS_USEC; i++)
    for (size_t n = STRUCTURE; n >= STRUCTURE / 8; n /= 2)
      if (target_read(t->census.target, copies + (size_t)i * PLACES, t->threads[i].thread, n)) break;
  return copies;
}

static uint32_t matches(const uint32_t* copies, uint32_t count, unsigned place, const pid_t* known,
                        size_t known_count) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < count; i++) {
    const pid_t tid = (pid_t)copies[(size_t)i * PLACES + place];
    const bool again = i != 0 && tid == (pid_t)copies[(size_t)(i - 1) * PLACES + place];
    n += !again && bsearch(&tid, known, known_count, sizeof tid, by_number) != NULL;
  }
  return n;
}

static void read_name(const census_taking_t* t, census_thread_t* thread) {
  char path[64];
  if (!target_is_process(t->census.target) || thread->tid == 0) return;
  snprintf(path, sizeof path, "/proc/%ld/task/%ld/comm", (long)target_pid(t->census.target), (long)thread->tid);
  FILE* file = fopen(path, "re");
  if (file == NULL) return;
  if (fgets(thread->name, sizeof thread->name, file) == NULL) thread->name[0] = '\0';
  target_make_plain(thread->name);
  fclose(file);
}

static void set_numbers(census_taking_t* t, const uint32_t* copies, const pid_t* known, size_t known_count) {
  unsigned best = 0;
  uint32_t most = 0;
  for (unsigned place = 0; place < PLACES; place++) {
    const uint32_t n = matches(copies, t->census.thread_count, place, known, known_count);
    if (n <= most) continue;
    most = n;
    best = place;
  }
  for (uint32_t i = 0; most != 0 && i < t->census.thread_count; i++) {
    const pid_t tid = (pid_t)copies[(size_t)i * PLACES + best];
    if (bsearch(&tid, known, known_count, sizeof tid, by_number) == NULL) continue;
    t->threads[i].tid = t->theaps[t->threads[i].base].tid = tid;
    read_name(t, &t->threads[i]);
  }
}

static void find_numbers(census_taking_t* t) {
  size_t count;
  const pid_t* threads = target_threads(t->census.target, &count);
  uint32_t* copies = copy_structures(t);
  pid_t* known = malloc((count + 1) * sizeof *known);
  if (copies != NULL && known != NULL && count != 0) {
    memcpy(known, threads, count * sizeof *known);
    qsort(known, count, sizeof *known, by_number);
    set_numbers(t, copies, known, count);
  }
  free(copies);
  free(known);
}

/* ---- all ---- */

bool census_theaps(census_taking_t* t) {
  uintptr_t at;
  if (!TARGET_READ(t->census.target, at, target_roots(t->census.target)->theaps)) return false;
  row.have = row_again.have = 0; /* what is there is of an earlier census */
  while (at != 0 && at % MICA_THEAP_ALIGN == 0 && t->census.theap_count < THEAPS_MOST && !t->no_memory) {
    if (census_index_get(&t->theap_at, at) != CENSUS_NONE) break; /* the list leads back into itself */
    at = add_theap(t, at);
  }
  for (uint32_t i = 0; i < t->census.theap_count && !t->no_memory; i++) {
    census_theap_t* theap = &t->theaps[i];
    if (theap->kind == CENSUS_BASE) theap->base = i;
    if (theap->kind == CENSUS_SUB) set_sub(t, theap);
    if (theap->kind == CENSUS_BASE && theap->thread != 0) add_thread(t, i);
  }
  find_numbers(t);
  for (uint32_t i = 0; i < t->census.theap_count; i++)
    if (t->theaps[i].kind == CENSUS_SUB && t->theaps[i].base != CENSUS_NONE)
      t->theaps[i].tid = t->theaps[t->theaps[i].base].tid;
  return !t->no_memory;
}
