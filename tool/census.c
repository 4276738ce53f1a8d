/* census.c -- taking a census from its parts, and questions to it (census.h, census_parts.h). */
#include "tool/census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/census_parts.h"

/* ---- tables ---- */

void* census_grow(census_taking_t* t, void* table, size_t count, size_t* room, size_t size) {
  if (count < *room) return table;
  const size_t more = *room == 0 ? 64 : *room * 2;
  void* grown = realloc(table, more * size);
  if (grown == NULL) {
    t->no_memory = true;
    return NULL;
  }
  *room = more;
  return grown;
}

static size_t place_of(const census_index_t* index, uintptr_t key) {
  size_t at = (size_t)((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (index->room - 1);
  while (index->keys[at] != 0 && index->keys[at] != key) at = (at + 1) & (index->room - 1);
  return at;
}

static bool widen(census_index_t* index) {
  census_index_t wide = {NULL, NULL, index->room == 0 ? 256 : index->room * 2, 0};
  wide.keys = calloc(wide.room, sizeof *wide.keys);
  wide.values = calloc(wide.room, sizeof *wide.values);
  if (wide.keys == NULL || wide.values == NULL) {
    free(wide.keys);
    free(wide.values);
    return false;
  }
  for (size_t i = 0; i < index->room; i++)
    if (index->keys[i] != 0) census_index_put(&wide, index->keys[i], index->values[i]);
  free(index->keys);
  free(index->values);
  *index = wide;
  return true;
}

bool census_index_put(census_index_t* index, uintptr_t key, uint32_t value) {
  if (key == 0) return true;
  if (index->used * 2 >= index->room && !widen(index)) return false;
  const size_t at = place_of(index, key);
  index->used += index->keys[at] == 0;
  index->keys[at] = key;
  index->values[at] = value;
  return true;
}

uint32_t census_index_get(const census_index_t* index, uintptr_t key) {
  if (index->room == 0 || key == 0) return CENSUS_NONE;
  const size_t at = place_of(index, key);
  return index->keys[at] == key ? index->values[at] : CENSUS_NONE;
}

static void index_free(census_index_t* index) {
  free(index->keys);
  free(index->values);
}

/* ---- taking ---- */

static int64_t clock_us(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint32_t census_elapsed(const census_taking_t* t) {
  const int64_t us = clock_us(CLOCK_MONOTONIC) - t->clock;
  return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

enum { RETRIES_MOST = 256, WAIT_USEC = 100000 };

bool census_has_waited(const census_taking_t* t) { return census_elapsed(t) >= WAIT_USEC; }

bool census_may_retry(census_taking_t* t) {
  t->has_changed = true;
  const bool may = t->census.retries < RETRIES_MOST && !census_has_waited(t);
  t->census.retries += may;
  return may;
}

/* What the caller sees of the tables, once they grow no more. */
static void show(census_taking_t* t) {
  census_t* c = &t->census;
  c->arenas = t->arenas;
  c->pages = t->pages;
  c->theaps = t->theaps;
  c->heaps = t->heaps;
  c->threads = t->threads;
}

/* The counters, which are read first, are one record: what changed since does not fit to them. */
static void count_unsure(census_taking_t* t) {
  census_t* c = &t->census;
  c->records = c->arena_count + c->page_count + c->theap_count + 1;
  c->unsure = (t->what & CENSUS_ALL) != 0 && !census_counters_stand(t);
  for (uint32_t i = 0; i < c->arena_count; i++) c->unsure += !c->arenas[i].sure;
  for (uint32_t i = 0; i < c->page_count; i++) c->unsure += !c->pages[i].sure;
  for (uint32_t i = 0; i < c->theap_count; i++) c->unsure += !c->theaps[i].sure;
  c->time.end = census_elapsed(t);
}

static bool take(census_taking_t* t) {
  census_time_t* time = &t->census.time;
  if (!census_counters(t)) return false;
  time->counters = census_elapsed(t);
  if ((t->what & CENSUS_ALL) == 0) return true;
  if (!census_theaps(t)) return false;
  time->theaps = time->arenas_from = census_elapsed(t);
  if ((t->what & CENSUS_PAGES_TOO) != 0 && (!census_arenas(t) || !census_mappings(t))) return false;
  time->arenas_to = census_elapsed(t);
  show(t);
  census_walk(t);
  census_sum(t);
  return !t->no_memory;
}

census_t* census_take(target_t* target, unsigned what, char error[TARGET_ERROR]) {
  census_taking_t* t = calloc(1, sizeof *t);
  if (t != NULL) {
    t->census.target = target;
    t->census.began = clock_us(CLOCK_REALTIME);
    t->clock = clock_us(CLOCK_MONOTONIC);
    t->what = (what & CENSUS_PAGES_TOO) != 0 ? what | CENSUS_THEAPS_TOO : what;
  }
  const bool well = t != NULL && take(t);
  if (well && target_is_alive(target)) {
    count_unsure(t);
    return &t->census;
  }
  if (!target_is_alive(target))
    snprintf(error, TARGET_ERROR, "%s ended while it was read", target_name(target));
  else if (t == NULL || t->no_memory)
    snprintf(error, TARGET_ERROR, "there is no memory for what %s has", target_name(target));
  else
    snprintf(error, TARGET_ERROR, "%s has not the memory that mica's data are in", target_name(target));
  census_free(&t->census);
  return NULL;
}

void census_free(census_t* census) {
  census_taking_t* t = (census_taking_t*)(void*)census;
  if (t == NULL) return;
  free(t->arenas);
  free(t->pages);
  free(t->theaps);
  free(t->heaps);
  free(t->threads);
  free(t->held);
  index_free(&t->theap_at);
  index_free(&t->heap_at);
  index_free(&t->window_of);
  index_free(&t->held_at);
  free(t);
}

/* ---- questions ---- */

uint32_t census_theap_of(const census_t* census, uintptr_t id) {
  const census_taking_t* t = (const census_taking_t*)(const void*)census;
  const uintptr_t at = (id & ~(uintptr_t)MICA_MARKS) + (uintptr_t)target_roots(census->target)->theap_empty;
  return census_index_get(&t->theap_at, at);
}

/* Of these pages, in the order of addresses, the last that begins at or before `at`, if it reaches there. */
static uint32_t page_among(const census_page_t* pages, uint32_t first, uint32_t count, uintptr_t at) {
  uint32_t low = first, high = first + count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (pages[middle].base <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low != first && at - pages[low - 1].base < pages[low - 1].extent ? low - 1 : CENSUS_NONE;
}

uint32_t census_page_at(const census_t* census, uintptr_t at) {
  const census_taking_t* t = (const census_taking_t*)(const void*)census;
  const uint32_t arena = census_index_get(&t->window_of, (at >> MICA_ARENA_SHIFT) + 1);
  if (arena != CENSUS_NONE) return page_among(t->pages, t->arenas[arena].first_page, t->arenas[arena].page_count, at);
  uint32_t behind = 0;
  for (uint32_t i = census->arena_count; i-- != 0 && behind == 0;)
    behind = t->arenas[i].first_page + t->arenas[i].page_count;
  return page_among(t->pages, behind, census->page_count - behind, at);
}

static bool has_theap(const census_taking_t* t, uintptr_t slice) {
  for (uintptr_t at = slice; at < slice + MICA_SLICE; at += MICA_THEAP_BYTES)
    if (census_index_get(&t->theap_at, at) != CENSUS_NONE) return true;
  return false;
}

static bool bit(const uint64_t* words, unsigned slice) {
  return (words[slice / MICA_SEGMENT_SLICES] >> (slice % MICA_SEGMENT_SLICES) & 1) != 0;
}

census_slice_t census_slice(const census_t* census, uint32_t arena, unsigned slice, uint32_t* page) {
  const census_taking_t* t = (const census_taking_t*)(const void*)census;
  const census_arena_t* a = &t->arenas[arena];
  const uintptr_t at = a->base + ((uintptr_t)slice << MICA_SLICE_SHIFT);
  if (page != NULL) *page = CENSUS_NONE;
  if ((a->absent >> (slice / MICA_SEGMENT_SLICES) & 1) != 0) return CENSUS_ABSENT;
  if (slice < MICA_HEAD_SLICES) return CENSUS_HEAD;
  if (bit(a->unused, slice))
    return bit(a->gone, slice) ? CENSUS_GONE : bit(a->dirty, slice) ? CENSUS_DIRTY : CENSUS_CLEAN;
  const uint32_t found = page_among(census->pages, a->first_page, a->page_count, at);
  if (page != NULL) *page = found;
  return found != CENSUS_NONE ? CENSUS_PAGE : has_theap(t, at) ? CENSUS_THEAPS : CENSUS_TAKEN;
}
