/* samples.c -- the records of samples: taken, asked for, resized, ended.
 *
 * Invariants: a record is idle (its block is 0), or it is the record of one block, which has one record; who holds the block
 * alone ends it, by a CAS, so that a second end of it does nothing. What is added to a site's `allocated` is taken from the
 * record when it is added to `freed`, so that the two meet exactly. */
#include "observe/probe.h"
#include "profile/chunk.h"
#include "profile/draw.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/sites.h"
#include "profile/stack.h"

/* ---- records ---- */

typedef mica_record_t stack_item_t;

/* NULL: there is none of that number, nor was there ever. */
static mica_record_t* record_at(uint32_t number) {
  const uint32_t i = number - 1;
  if (i >= (uint32_t)MICA_RECORD_CHUNKS * MICA_RECORDS) return NULL;
  mica_record_t* const chunk = (void*)mica_chunk_there(&mica_profile_table.record_chunk[i / MICA_RECORDS]);
  return chunk != NULL ? &chunk[i % MICA_RECORDS] : NULL;
}
#define STACK_NUMBER(record) ((record) != NULL ? (uint64_t)(record)->number : 0)
#define STACK_ITEM(number) record_at((uint32_t)(number))
#include "base/tagged_stack.h"

/* One that was never used; NULL: no room. */
static mica_record_t* record_make(void) {
  _Atomic(uint32_t)* const given = &mica_profile_table.records;
  uint32_t i = atomic_load_explicit(given, memory_order_relaxed); /* relaxed: the CAS decides [PF3] */
  for (;;) {
    if (i >= (uint32_t)MICA_RECORD_CHUNKS * MICA_RECORDS) return NULL;
    mica_record_t* const chunk =
        (void*)mica_chunk_get(&mica_profile_table.record_chunk[i / MICA_RECORDS], MICA_RECORDS * sizeof(mica_record_t));
    if (chunk == NULL) return NULL;
    /* relaxed: the record is the caller's alone [PF3] */
    if (!atomic_compare_exchange_weak_explicit(given, &i, i + 1, memory_order_relaxed, memory_order_relaxed)) continue;
    chunk[i % MICA_RECORDS].number = i + 1;
    return &chunk[i % MICA_RECORDS];
  }
}

static mica_record_t* record_get(void) {
  mica_record_t* const record = stack_pop(&mica_profile_table.idle);
  return record != NULL ? record : record_make();
}

/* Of a stack whose words were copied at different moments a record may come twice. */
void mica_profile_forget_idle(void) {
  atomic_store_explicit(&mica_profile_table.idle, 0, memory_order_relaxed); /* relaxed: there is one thread [PF22] */
}

/* ---- figures ---- */

static uint64_t count_of(double weight) { return (uint64_t)(weight * (1 << MICA_COUNT_SHIFT) + 0.5); }

static double weight_of(uint64_t count) { return (double)count / (1 << MICA_COUNT_SHIFT); }

static uint64_t bytes_of(uint64_t count, uint64_t size) {
  return (uint64_t)(weight_of(count) * (double)size * (1 << MICA_BYTES_SHIFT) + 0.5);
}

/* Relaxed: figures. [PF6] */
static void add(mica_profile_sums_t* sums, uint64_t count, uint64_t bytes) {
  atomic_fetch_add_explicit(&sums->count, count, memory_order_relaxed);
  atomic_fetch_add_explicit(&sums->bytes, bytes, memory_order_relaxed);
}

/* Relaxed: a figure. [PF7] */
static void tally(_Atomic(uint64_t)* figure, uint64_t n) { atomic_fetch_add_explicit(figure, n, memory_order_relaxed); }

uint64_t mica_profile_live(void) {
  return atomic_load_explicit(&mica_profile_table.live, memory_order_relaxed); /* relaxed: a figure [PF7] */
}

/* ---- samples ---- */

/* Relaxed: what a record holds is the block's holder's; others read figures. [PF13] */
static uint32_t fill(mica_record_t* record, const void* p, size_t size, uint64_t count, uint32_t site) {
  atomic_store_explicit(&record->size, size, memory_order_relaxed);
  atomic_store_explicit(&record->weight, count, memory_order_relaxed);
  atomic_store_explicit(&record->site, site, memory_order_relaxed);
  atomic_store_explicit(&record->block, (uintptr_t)p, memory_order_relaxed);
  return record->number;
}

uint32_t mica_profile_take(const void* p, size_t size, size_t block_size, uint64_t every, mica_steps_t* steps) {
  uintptr_t frames[MICA_PROFILE_DEPTH];
  const uint32_t site = mica_site_of(frames, mica_stack(frames, MICA_PROFILE_DEPTH, steps));
  mica_record_t* const record = site != 0 ? record_get() : NULL;
  if (record == NULL) {
    tally(&mica_profile_table.dropped, 1);
    return 0;
  }
  const uint64_t count = count_of(mica_profile_weight(block_size, every));
  const uint32_t number = fill(record, p, size, count, site);
  add(&mica_site_at(site)->allocated, count, bytes_of(count, size));
  tally(&mica_profile_table.live, 1);
  tally(&mica_profile_table.taken, 1);
  MICA_PROBE3(sample_taken, p, size, count >> MICA_COUNT_SHIFT);
  return number;
}

/* Relaxed: the caller has the block. [PF13] */
void mica_profile_tell(uint32_t number, const void* p) {
  mica_record_t* const record = record_at(number);
  if (record == NULL) return;
  const uint64_t size = atomic_load_explicit(&record->size, memory_order_relaxed);
  const uint64_t count = atomic_load_explicit(&record->weight, memory_order_relaxed);
  mica_profile_notify(MICA_SAMPLE_TAKEN, p, (size_t)size, weight_of(count));
}

/* Relaxed: who asks holds the block, and so has what was noted of it. [PF13] */
bool mica_profile_is(uint32_t number, const void* p) {
  mica_record_t* const record = record_at(number);
  return record != NULL && p != NULL && atomic_load_explicit(&record->block, memory_order_relaxed) == (uintptr_t)p;
}

/* Relaxed: as in mica_profile_is. [PF13] */
void mica_profile_gone(uint32_t number, const void* p) {
  if (!mica_profile_is(number, p)) return;
  mica_record_t* const record = record_at(number);
  uintptr_t block = (uintptr_t)p;
  const uint64_t size = atomic_load_explicit(&record->size, memory_order_relaxed);
  const uint64_t count = atomic_load_explicit(&record->weight, memory_order_relaxed);
  const uint32_t site = atomic_load_explicit(&record->site, memory_order_relaxed);
  /* Relaxed: it decides who ends the sample, and the stack hands the record on. [PF14] */
  if (!atomic_compare_exchange_strong_explicit(&record->block, &block, 0, memory_order_relaxed, memory_order_relaxed))
    return;
  stack_push(&mica_profile_table.idle, record);
  add(&mica_site_at(site)->freed, count, bytes_of(count, size));
  tally(&mica_profile_table.live, (uint64_t)-1);
  MICA_PROBE3(sample_freed, p, size, count >> MICA_COUNT_SHIFT);
  mica_profile_notify(MICA_SAMPLE_FREED, p, (size_t)size, weight_of(count));
}

/* Relaxed: as in mica_profile_is. [PF13] */
void mica_profile_resized(uint32_t number, const void* p, size_t size) {
  if (!mica_profile_is(number, p)) return;
  mica_record_t* const record = record_at(number);
  const uint64_t before = atomic_load_explicit(&record->size, memory_order_relaxed);
  const uint64_t count = atomic_load_explicit(&record->weight, memory_order_relaxed);
  mica_site_t* const site = mica_site_at(atomic_load_explicit(&record->site, memory_order_relaxed));
  atomic_store_explicit(&record->size, size, memory_order_relaxed);
  const uint64_t had = bytes_of(count, before), has = bytes_of(count, size);
  if (has >= had)
    add(&site->allocated, 0, has - had);
  else
    add(&site->freed, 0, had - has);
}
