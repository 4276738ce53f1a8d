/* census_counters.c -- counters, peaks and figures of a target, by one look (census_parts.h). */
#include "segment/limit.h"
#include "tool/census_parts.h"

/* The figures that are one word each. */
typedef struct words_s {
  int64_t mapped, used, dirty, charged;
} words_t;

/* A figure of memory that may hold anything: no sum or product of a few such goes over. */
static int64_t bounded(int64_t figure) {
  const int64_t most = INT64_C(1) << 46;
  return figure > most ? most : figure < -most ? -most : figure;
}

bool census_counters(census_taking_t* t) {
  const mica_roots_t* roots = target_roots(t->census.target);
  census_counters_t* c = &t->census.counters;
  mica_counter_shard_t shards[MICA_COUNTER_SHARDS];
  words_t words;
  target_piece_t pieces[] = {
      {&words.mapped, (uintptr_t)roots->mapped_bytes, sizeof words.mapped, false},
      {&words.used, (uintptr_t)roots->used_slices, sizeof words.used, false},
      {&words.dirty, (uintptr_t)roots->dirty_slices, sizeof words.dirty, false},
      {&words.charged, (uintptr_t)roots->charged, sizeof words.charged, false},
      {shards, (uintptr_t)roots->shards, sizeof shards, false},
      {c->base, (uintptr_t)roots->counter_bases, sizeof c->base, false},
      {c->peak, (uintptr_t)roots->peaks, sizeof c->peak, false},
  };
  const size_t count = sizeof pieces / sizeof pieces[0];
  if (target_read_many(t->census.target, pieces, count) != count) return false;
  for (unsigned i = 0; i < MICA_COUNTER_COUNT; i++)
    for (unsigned s = 0; s < MICA_COUNTER_SHARDS; s++)
      c->counted[i] += atomic_load_explicit(&shards[s].cells[i], memory_order_relaxed); /* relaxed: a copy */
  for (unsigned i = 0; i < MICA_COUNTER_COUNT; i++) c->counted[i] = (uint64_t)bounded((int64_t)c->counted[i]);
  c->mapped_bytes = bounded(words.mapped);
  c->used_slices = bounded(words.used);
  c->dirty_slices = bounded(words.dirty);
  c->charged = bounded(words.charged);
  return true;
}

bool census_counters_stand(census_taking_t* t) {
  mica_counter_shard_t shards[MICA_COUNTER_SHARDS];
  if (!TARGET_READ(t->census.target, shards, target_roots(t->census.target)->shards)) return false;
  for (unsigned i = 0; i < MICA_COUNTER_COUNT; i++) {
    uint64_t sum = 0;
    for (unsigned s = 0; s < MICA_COUNTER_SHARDS; s++)
      sum += atomic_load_explicit(&shards[s].cells[i], memory_order_relaxed); /* relaxed: a copy */
    if (sum != t->census.counters.counted[i]) return false;
  }
  return true;
}
