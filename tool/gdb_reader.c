/* gdb_reader.c -- see gdb_reader.h. */
#include "tool/gdb_reader.h"

#include "heap/where.h"
#include "tool/census.h"
#include "tool/look.h"
#include <stdio.h>
#include <string.h>

static target_t* target;
static census_t* census;
static char text[TARGET_ERROR + MICA_WHERE_TEXT + MICA_WHERE_NAME];

static bool read_by(void* arg, uintptr_t at, void* to, size_t n) {
  target_reader_t* const* const read = arg;
  return (*read)(NULL, at, to, n);
}
static target_reader_t* reader; /* behind read_by, so that a NULL of ctypes is none of a target */

const char* mica_reader_open(target_reader_t* read, const uintptr_t* bases, size_t count) {
  mica_reader_close();
  reader = read;
  target = target_open_reader(read_by, &reader, bases, count, text);
  if (target == NULL) return text;
  target_make_present(target);
  return NULL;
}

void mica_reader_close(void) {
  census_free(census);
  census = NULL;
  target_close(target);
  target = NULL;
}

const char* mica_reader_version(void) {
  if (target == NULL) return NULL;
  snprintf(text, sizeof text, "%s, %s", target_version(target), target_variant(target));
  return text;
}

/* ---- one address ---- */

static bool look_at(uintptr_t at, mica_where_t* where) {
  if (target == NULL) return false;
  look_begin();
  mica_where_look((const void*)at, where);
  return true;
}

const char* mica_reader_where(uintptr_t at) {
  mica_where_t where;
  if (!look_at(at, &where)) return NULL;
  mica_where_put(&where, text, sizeof text);
  return text;
}

const char* mica_reader_where_text(uintptr_t at) {
  mica_where_t where;
  if (target == NULL || !TARGET_READ(target, where, at)) return NULL;
  const unsigned state = (unsigned)where.state;
  const unsigned page = (unsigned)where.page;
  if (where.size != sizeof where || state > MICA_WHERE_VACANT || page > MICA_PAGE_MAPPING) return NULL;
  where.name[MICA_WHERE_NAME - 1] = '\0';
  mica_where_put(&where, text, sizeof text);
  return text;
}

bool mica_reader_block(uintptr_t at, uint64_t row[MICA_READER_BLOCK]) {
  mica_where_t where;
  if (!look_at(at, &where)) return false;
  const uint64_t found[MICA_READER_BLOCK] = {
      (uint64_t)where.state, where.sure,        (uintptr_t)where.block, where.block_size,
      where.block_index,     where.offset,      (uint64_t)where.page,   (uintptr_t)where.page_base,
      where.page_blocks,     where.page_carved, where.owner_thread,     (uintptr_t)where.heap};
  memcpy(row, found, sizeof found);
  return true;
}

/* ---- tables ---- */

/* A census for the row; the first row of a table has a new one taken. */
static bool has_census(uint32_t number) {
  char error[TARGET_ERROR];
  if (target == NULL) return false;
  if (number != 0 && census != NULL) return true;
  census_free(census);
  census = census_take(target, CENSUS_ALL, error);
  return census != NULL;
}

bool mica_reader_class(uint32_t number, uint64_t row[MICA_READER_CLASS]) {
  if (number >= MICA_CLASSES || !has_census(number)) return false;
  const census_sums_t* const sums = &census->sums;
  const uint64_t found[MICA_READER_CLASS] = {mica_classes[number].size,      (uint64_t)sums->pages[number],
                                             (uint64_t)sums->blocks[number], (uint64_t)sums->held[number],
                                             (uint64_t)sums->outbox[number], (uint64_t)sums->pushed[number]};
  memcpy(row, found, sizeof found);
  return true;
}

bool mica_reader_heap(uint32_t number, uint64_t row[MICA_READER_HEAP]) {
  if (!has_census(number) || number >= census->heap_count) return false;
  const census_heap_t* const heap = &census->heaps[number];
  const uint64_t found[MICA_READER_HEAP] = {heap->at,    heap->serial,      heap->limit, heap->quota,
                                            heap->pages, heap->block_bytes, heap->theaps};
  memcpy(row, found, sizeof found);
  return true;
}

bool mica_reader_thread(uint32_t number, uint64_t row[MICA_READER_THREAD]) {
  if (!has_census(number) || number >= census->thread_count) return false;
  const census_thread_t* const thread = &census->threads[number];
  if (thread->base >= census->theap_count) return false;
  const census_theap_t* const theap = &census->theaps[thread->base];
  const uint64_t found[MICA_READER_THREAD] = {thread->thread,      theap->at,         theap->owned_bytes,
                                              theap->full_bytes,   theap->held_bytes, theap->outbox_bytes,
                                              theap->pushed_bytes, theap->sure};
  memcpy(row, found, sizeof found);
  return true;
}
