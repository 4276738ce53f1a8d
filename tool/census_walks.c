/* census_walks.c -- the lists of threads' heaps, block by block: which blocks are of a larger class than their cache, as they
 * were lent; and, where it is wanted, which blocks are on the lists at all (census_parts.h).
 *
 * If anything was seen to change only the lengths are taken, unless all blocks are wanted: what is lent counts as its cache's
 * class then. A list is followed no further than it is long by its owner's count, and only to what can be a block. */
#include <stdlib.h>
#include <string.h>

#include "segment/peek.h"
#include "tool/census_parts.h"

/* Stretches of the target's memory that were read: each place of the table keeps the last one. */
enum { STRETCHES = 4096, STRETCH = 256 };
typedef struct stretches_s {
  uintptr_t at[STRETCHES];
  char bytes[STRETCHES][STRETCH];
} stretches_t;

typedef struct walk_s {
  census_taking_t* t;
  stretches_t* read;
  uint32_t theap;
  uint16_t class;
  uint8_t state;
  bool whole; /* so far each list was as long as it should be */
} walk_t;

static bool word_at(walk_t* walk, uintptr_t at, uintptr_t* word) {
  const uintptr_t start = at & ~(uintptr_t)(STRETCH - 1), place = start / STRETCH % STRETCHES;
  if (at % sizeof *word != 0 || start == 0) return false;
  if (walk->read->at[place] != start) {
    walk->read->at[place] = 0;
    if (!target_read(walk->t->census.target, walk->read->bytes[place], start, STRETCH)) return false;
    walk->read->at[place] = start;
  }
  memcpy(word, walk->read->bytes[place] + (at - start), sizeof *word);
  return true;
}

static void note(walk_t* walk, uintptr_t block) {
  census_taking_t* t = walk->t;
  if ((t->what & CENSUS_CACHED_BLOCKS) == 0) return;
  census_held_t* held = census_grow(t, t->held, t->held_count, &t->held_room, sizeof *held);
  if (held == NULL) return;
  t->held = held;
  held[t->held_count] = (census_held_t){walk->theap, walk->class, walk->state};
  if (!census_index_put(&t->held_at, block, (uint32_t)t->held_count++)) t->no_memory = true;
}

/* The block's own class; -1: it is no block. */
static int class_of(const census_taking_t* t, uintptr_t block) {
  const uint32_t page = census_page_at(&t->census, block);
  if (page == CENSUS_NONE || t->pages[page].class < 0) return -1;
  const census_page_t* p = &t->pages[page];
  if (block < p->first || (block - p->first) % p->block_size != 0) return -1;
  return p->class;
}

/* The blocks of a list that has so many: each is counted in its own class. */
static void walk_list(walk_t* walk, uintptr_t at, uint32_t length, int64_t counts[MICA_CLASSES]) {
  census_taking_t* t = walk->t;
  uint32_t n = 0;
  for (; n < length && at != 0; n++) {
    const int own = class_of(t, at);
    if (own < 0) break;
    counts[own]++;
    note(walk, at);
    if (!word_at(walk, at, &at)) {
      n++;
      break;
    }
  }
  counts[walk->class] += length - n;
  walk->whole = walk->whole && n == length;
}

/* Lists of classes that never borrow need not be followed. */
static void walk_class(walk_t* walk, const census_theap_t* theap, int64_t counts[MICA_CLASSES]) {
  const census_cache_t* of = &theap->class[walk->class];
  const uintptr_t at = theap->at, class = walk->class;
  uintptr_t head = 0;
  const bool all = (walk->t->what & CENSUS_CACHED_BLOCKS) != 0;
  if (of->length == 0 && of->shadow == 0) return;
  if (!all && class >= MICA_CLASSES_SMALL) {
    counts[class] += of->length + of->shadow;
    return;
  }
  walk->state = MICA_WHERE_CACHED;
  target_read(walk->t->census.target, &head, at + offsetof(mica_theap_t, cache) + class * sizeof(mica_cache_t),
              sizeof head);
  walk_list(walk, head, of->length, counts);
  if (of->shadow != 0) {
    target_read(walk->t->census.target, &head, theap->shadow + class * sizeof(mica_cache_t), sizeof head);
    walk_list(walk, head, of->shadow, counts);
  }
}

static void walk_parcels(walk_t* walk, const census_theap_t* theap) {
  mica_parcel_t outbox[MICA_OUTBOX_SETS * MICA_OUTBOX_WAYS];
  int64_t ignored[MICA_CLASSES] = {0};
  if ((walk->t->what & CENSUS_CACHED_BLOCKS) == 0) return;
  if (!TARGET_READ(walk->t->census.target, outbox, theap->at + offsetof(mica_theap_t, tables.outbox))) return;
  walk->state = MICA_WHERE_IN_PARCEL;
  for (unsigned i = 0; i < MICA_OUTBOX_SETS * MICA_OUTBOX_WAYS; i++) {
    if (outbox[i].tag == NULL || outbox[i].class >= MICA_CLASSES) continue;
    walk->class = outbox[i].class;
    walk_list(walk, (uintptr_t)outbox[i].first,
              (uint32_t)census_cut(outbox[i].count, MICA_OUTBOX_BYTES / MICA_STEP_SMALL), ignored);
  }
}

static bool has_outbox(const census_theap_t* theap) {
  uint32_t n = 0;
  for (unsigned c = 0; c < MICA_CLASSES; c++) n |= theap->class[c].outbox;
  return n != 0;
}

/* Lists of threads that run change at each step, and while a process maps and unmaps each look at it may wait for that. */
static bool is_walked(census_taking_t* t) {
  if ((t->what & CENSUS_PAGES_TOO) == 0) return false;
  if ((t->what & CENSUS_CACHED_BLOCKS) != 0) return true;
  bool quiet = !t->has_changed && census_counters_stand(t);
  for (uint32_t i = 0; i < t->census.theap_count; i++) quiet = quiet && t->theaps[i].sure;
  return quiet;
}

void census_walk(census_taking_t* t) {
  const bool walked = is_walked(t);
  walk_t walk = {.t = t, .read = calloc(1, sizeof(stretches_t))};
  t->no_memory = t->no_memory || walk.read == NULL;
  for (uint32_t i = 0; i < t->census.theap_count && !t->no_memory; i++) {
    census_theap_t* theap = &t->theaps[i];
    int64_t counts[MICA_CLASSES] = {0};
    walk.theap = i;
    walk.whole = true;
    for (unsigned c = 0; c < MICA_CLASSES; c++) {
      walk.class = (uint16_t)c;
      if (walked)
        walk_class(&walk, theap, counts);
      else
        counts[c] += theap->class[c].length + theap->class[c].shadow;
      theap->outbox_bytes += (uint64_t)theap->class[c].outbox * mica_classes[c].size;
    }
    if (walked && has_outbox(theap)) walk_parcels(&walk, theap);
    theap->sure = theap->sure && walk.whole;
    for (unsigned c = 0; c < MICA_CLASSES; c++) {
      theap->held_bytes += (uint64_t)counts[c] * mica_classes[c].size;
      t->census.sums.held[c] += counts[c];
    }
  }
  free(walk.read);
}
