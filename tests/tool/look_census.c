/* look_census.c -- a census of a target by the reader's own functions (tool/census.h), held against itself: each slice, each
 * page, each block.
 *
 * look_census PID|CORE [quiet]: prints the blocks in use. quiet: nothing changes in the target, so that all sums must agree, to
 * the block; what does not is told, and the exit status 1. Else they are made and no more. 2: a target that is not to be had.
 * */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/census.h"

static int wrong;
static bool quiet;

static void say(const char* format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char* format, ...) {
  va_list args;
  va_start(args, format);
  if (quiet && wrong++ < 20) vprintf(format, args);
  va_end(args);
}

#define AGREE(a, b, ...) \
  ((uint64_t)(a) == (uint64_t)(b) \
       ? (void)0 \
       : say("%s %llu, %s %llu: ", #a, (unsigned long long)(a), #b, (unsigned long long)(b)), \
   (uint64_t)(a) == (uint64_t)(b) ? (void)0 : say(__VA_ARGS__))

/* The slices of an arena by kind, and those of each page. */
static void count_slices(const census_t* census, uint32_t arena) {
  uint32_t kinds[CENSUS_SLICE_KINDS] = {0}, *of_page = calloc(census->page_count + 1, sizeof *of_page);
  const census_arena_t* a = &census->arenas[arena];
  for (unsigned slice = 0; slice < MICA_ARENA_SLICES; slice++) {
    uint32_t page;
    const census_slice_t kind = census_slice(census, arena, slice, &page);
    kinds[kind]++;
    if ((kind == CENSUS_PAGE) != (page != CENSUS_NONE)) say("slice %u of kind %d has page %u\n", slice, kind, page);
    if (page != CENSUS_NONE) of_page[page]++;
  }
  for (unsigned k = 0; k < CENSUS_SLICE_KINDS; k++) AGREE(kinds[k], a->slices[k], "arena %u, kind %u\n", a->number, k);
  for (uint32_t i = a->first_page; i < a->first_page + a->page_count; i++)
    AGREE(of_page[i], census->pages[i].slices, "slices of page %u\n", i);
  free(of_page);
}

typedef struct counts_s {
  int64_t in_use[MICA_CLASSES], held[MICA_CLASSES], outbox[MICA_CLASSES], pushed[MICA_CLASSES];
} counts_t;

static void count_blocks(const census_t* census, uint32_t index, counts_t* counts) {
  const census_page_t* page = &census->pages[index];
  uint8_t* states = malloc(page->total + 1);
  uint32_t n[MICA_WHERE_VACANT + 1] = {0};
  const bool whole = census_blocks(census, index, states);
  if (page->sure && !whole) say("a list of page %u has no end\n", index);
  for (uint32_t i = 0; i < page->total; i++) n[states[i]]++;
  free(states);
  AGREE(n[MICA_WHERE_UNCARVED], page->total - page->carved, "page %u\n", index);
  AGREE(n[MICA_WHERE_PUSHED], page->pushed, "page %u\n", index);
  AGREE(n[MICA_WHERE_LOCAL] + n[MICA_WHERE_VACANT] + n[MICA_WHERE_PUSHED], page->carved - page->used,
        "page %u, state %u\n", index, page->state);
  if (page->class < 0) return;
  counts->in_use[page->class] += n[MICA_WHERE_IN_USE];
  counts->held[page->class] += n[MICA_WHERE_CACHED] + n[MICA_WHERE_LENT];
  counts->outbox[page->class] += n[MICA_WHERE_IN_PARCEL];
  counts->pushed[page->class] += page->state == MICA_PAGE_ABANDONED ? 0 : n[MICA_WHERE_PUSHED];
}

static void look_up(const census_t* census) {
  for (uint32_t i = 0; i < census->page_count; i++) {
    const census_page_t* page = &census->pages[i];
    AGREE(census_page_at(census, page->base), i, "the base of page %u\n", i);
    AGREE(census_page_at(census, page->base + page->extent - 1), i, "the end of page %u\n", i);
  }
  for (uint32_t i = 0; i < census->theap_count; i++)
    AGREE(census_theap_of(census, census->theaps[i].id | 1), i, "theap %u\n", i);
  AGREE(census_page_at(census, 0), CENSUS_NONE, "of address 0\n");
  AGREE(census_theap_of(census, 0), CENSUS_NONE, "of nobody\n");
}

static int64_t count_all(const census_t* census) {
  static counts_t counts;
  int64_t all = census->sums.single;
  for (uint32_t i = 0; i < census->arena_count; i++) count_slices(census, i);
  for (uint32_t i = 0; i < census->page_count; i++) count_blocks(census, i, &counts);
  look_up(census);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    AGREE(counts.in_use[c], census->sums.blocks[c], "class %u\n", c);
    AGREE(counts.held[c], census->sums.held[c], "class %u\n", c);
    AGREE(counts.outbox[c], census->sums.outbox[c], "class %u\n", c);
    AGREE(counts.pushed[c], census->sums.pushed[c], "class %u\n", c);
    all += counts.in_use[c];
  }
  return all;
}

/* The parts alone are the same. */
static void compare_parts(target_t* target, const census_t* whole) {
  char error[TARGET_ERROR];
  census_t* counters = census_take(target, CENSUS_COUNTERS, error);
  census_t* theaps = census_take(target, CENSUS_THEAPS_TOO, error);
  if (counters == NULL || theaps == NULL) {
    say("%s\n", error);
  } else {
    AGREE(memcmp(&counters->counters, &whole->counters, sizeof whole->counters), 0, "counters\n");
    AGREE(counters->theap_count + counters->page_count, 0, "more than counters\n");
    AGREE(theaps->theap_count, whole->theap_count, "theaps\n");
    AGREE(theaps->thread_count, whole->thread_count, "threads\n");
    AGREE(theaps->heap_count, whole->heap_count, "heaps\n");
    AGREE(theaps->page_count, 0, "more than theaps\n");
  }
  census_free(counters);
  census_free(theaps);
}

int main(int argc, char** argv) {
  char error[TARGET_ERROR];
  quiet = argc == 3 && strcmp(argv[2], "quiet") == 0;
  target_t* target = argc < 2 ? NULL : target_open(argv[1], error);
  census_t* census = target == NULL ? NULL : census_take(target, CENSUS_ALL | CENSUS_CACHED_BLOCKS, error);
  if (census == NULL) {
    fprintf(stderr, "look_census: %s\n", argc < 2 ? "which target?" : error);
    target_close(target);
    return 2;
  }
  const int64_t all = count_all(census);
  if (quiet) compare_parts(target, census);
  if (quiet && census->unsure != 0) say("%u not sure\n", census->unsure);
  census_free(census);
  target_close(target);
  if (!quiet || wrong == 0) printf("%lld\n", (long long)all);
  return quiet && wrong != 0;
}
