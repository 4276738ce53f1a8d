/* sites.c -- see sites.h; the layout stands in table.h.
 *
 * Invariant: a site's place is its thread's alone until site_publish. A place that another thread's equal stack made useless is
 * lost: two have to come from the same new place at the same time for that. */
#include "profile/sites.h"

#include "profile/chunk.h"
#include <string.h>

typedef mica_site_t site_t;
typedef mica_profile_table_t site_context_t;

typedef struct site_key_s {
  const uintptr_t* frames;
  unsigned depth;
  uint64_t hash;
} site_key_t;

static site_t* site_at(site_context_t* table, uint32_t number) {
  char* const chunk = mica_chunk_there(&table->site_chunk[number / MICA_SITE_UNITS]);
  return (site_t*)(void*)(chunk + (size_t)(number % MICA_SITE_UNITS) * MICA_SITE_UNIT);
}

static bool site_is(const site_t* site, const site_key_t* key) {
  return site->hash == key->hash && site->depth == key->depth &&
         memcmp(site->frame, key->frames, key->depth * sizeof *key->frames) == 0;
}
#define SITE_AT(context, number) site_at((context), (number))
#define SITE_IS(site, key) site_is((site), (key))
#include "profile/site_table.h"

mica_site_t* mica_site_at(uint32_t number) { return site_at(&mica_profile_table, number); }

static uint64_t hash_of(const uintptr_t* frames, unsigned depth) {
  uint64_t hash = depth;
  for (unsigned i = 0; i < depth; i++) {
    hash = (hash ^ frames[i]) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 29;
  }
  return hash;
}

/* A place of so many units, which do not lie in two chunks; 0: no room. */
static uint32_t claim(uint32_t units) {
  _Atomic(uint64_t)* const end = &mica_profile_table.sites;
  uint64_t used = atomic_load_explicit(end, memory_order_relaxed); /* relaxed: the CAS decides [PF3] */
  for (;;) {
    uint64_t at = used != 0 ? used : 1;
    if (at % MICA_SITE_UNITS + units > MICA_SITE_UNITS) at += MICA_SITE_UNITS - at % MICA_SITE_UNITS;
    if (at / MICA_SITE_UNITS >= MICA_SITE_CHUNKS) return 0;
    if (mica_chunk_get(&mica_profile_table.site_chunk[at / MICA_SITE_UNITS], MICA_SITE_CHUNK) == NULL) return 0;
    /* relaxed: the place is the caller's alone; publishing the site shows it [PF3] */
    if (atomic_compare_exchange_weak_explicit(end, &used, at + units, memory_order_relaxed, memory_order_relaxed))
      return (uint32_t)at;
  }
}

uint32_t mica_site_of(const uintptr_t* frames, unsigned depth) {
  const site_key_t key = {frames, depth, hash_of(frames, depth)};
  _Atomic(uint32_t)* const bucket = &mica_profile_table.bucket[key.hash % MICA_SITE_BUCKETS];
  uint32_t first;
  const uint32_t found = site_find(&mica_profile_table, bucket, &key, &first);
  if (found != 0) return found;
  const size_t bytes = sizeof(mica_site_t) + depth * sizeof *frames;
  const uint32_t number = claim((uint32_t)((bytes + MICA_SITE_UNIT - 1) / MICA_SITE_UNIT));
  if (number == 0) return 0;
  mica_site_t* const site = mica_site_at(number); /* zero as it is mapped */
  site->depth = depth;
  site->hash = key.hash;
  memcpy(site->frame, frames, depth * sizeof *frames);
  return site_publish(&mica_profile_table, bucket, &key, first, number);
}

void mica_sites_visit(mica_site_visit_t* visit, void* arg) {
  for (unsigned i = 0; i < MICA_SITE_BUCKETS; i++) {
    /* Acquire: pairs with SITE_MO_PUBLISH. [PF1] */
    uint32_t at = atomic_load_explicit(&mica_profile_table.bucket[i], memory_order_acquire);
    for (; at != 0; at = mica_site_at(at)->next)
      if (!visit(mica_site_at(at), arg)) return;
  }
}
