/* profile_copy.c -- see profile_copy.h.
 *
 * The numbers that lead from site to site are the other process' memory: one that leads outside of what was copied ends its
 * list, and no list is longer than there are sites. */
#include "tool/profile_copy.h"

#include "profile/profile.h"
#include "profile/sites.h"
#include "profile/table.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

mica_profile_table_t mica_profile_table;

typedef struct chunks_s {
  char* each[MICA_SITE_CHUNKS];
  uint64_t units; /* in use, over all */
} chunks_t;
static chunks_t copied;

static uintptr_t table_at(target_t* target) { return (uintptr_t)target_roots(target)->profile; }

/* Of a chunk what is in use is copied, behind it are zeros. */
static bool copy_chunk(target_t* target, unsigned number) {
  const uintptr_t at = (uintptr_t)mica_profile_table.site_chunk[number];
  const uint64_t before = (uint64_t)number * MICA_SITE_UNITS;
  if (at == 0 || copied.units <= before) return true;
  const uint64_t units = copied.units - before < MICA_SITE_UNITS ? copied.units - before : MICA_SITE_UNITS;
  copied.each[number] = calloc(1, MICA_SITE_CHUNK);
  return copied.each[number] != NULL && target_read(target, copied.each[number], at, units * MICA_SITE_UNIT);
}

/* Sites that are new behind the table that is read first are not led to by it. */
bool tool_profile_copy(target_t* target) {
  if (!target_read(target, &mica_profile_table, table_at(target), sizeof mica_profile_table)) return false;
  copied.units = mica_profile_table.sites;
  for (unsigned i = 0; i < MICA_SITE_CHUNKS; i++)
    if (!copy_chunk(target, i)) return false;
  return true;
}

/* NULL: no site can be there. */
static mica_site_t* site_at(uint32_t number) {
  const size_t offset = (size_t)(number % MICA_SITE_UNITS) * MICA_SITE_UNIT;
  if (number == 0 || number >= copied.units || copied.each[number / MICA_SITE_UNITS] == NULL) return NULL;
  mica_site_t* const site = (void*)(copied.each[number / MICA_SITE_UNITS] + offset);
  if (offset + sizeof *site > MICA_SITE_CHUNK || site->depth > MICA_PROFILE_DEPTH) return NULL;
  return offset + sizeof *site + site->depth * sizeof site->frame[0] <= MICA_SITE_CHUNK ? site : NULL;
}

void mica_sites_visit(mica_site_visit_t* visit, void* arg) {
  uint64_t left = copied.units;
  for (unsigned i = 0; i < MICA_SITE_BUCKETS; i++) {
    mica_site_t* site = site_at(mica_profile_table.bucket[i]);
    for (; site != NULL && left > 0; site = site_at(site->next), left--)
      if (!visit(site, arg)) return;
  }
}

/* ---- the switch ---- */

bool tool_profile_every(target_t* target, uint64_t* every) {
  return target_read(target, every, table_at(target) + offsetof(mica_profile_table_t, every), sizeof *every);
}

/* One that no other starter chooses at the same moment, as the next one would be: between the reading and the writing the process
 * may have gone on to that one itself, and its threads would see no change. */
static uint32_t other_epoch(uint32_t epoch) {
  static uint32_t calls;
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t x = (uint64_t)now.tv_nsec + ((uint64_t)now.tv_sec << 30) + ((uint64_t)getpid() << 40) + calls++;
  uint32_t other;
  do {
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    other = (uint32_t)(x >> 32);
  } while (other == 0 || other == MICA_EPOCH_NONE || other == epoch);
  return other;
}

/* As profile/switch.c does it: the rate first, then another epoch. */
bool tool_profile_set(target_t* target, uint64_t every) {
  const uintptr_t at = table_at(target);
  uint32_t epoch;
  if (!TARGET_READ(target, epoch, at + offsetof(mica_profile_table_t, epoch))) return false;
  epoch = other_epoch(epoch);
  return target_write(target, at + offsetof(mica_profile_table_t, every), &every, sizeof every) &&
         target_write(target, at + offsetof(mica_profile_table_t, epoch), &epoch, sizeof epoch);
}
