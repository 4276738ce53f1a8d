/* test_vacate.c -- memory that free blocks have beside others goes back to the system: what stays is as it was, what went is
 * free and can be had again, of pages that the caller owns, of pages that nobody owns, and of a first-class heap's. */
#include <mica.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap/vacate.h"
#include "page/vacant.h"
#include "segment/os.h"
#include "tests/heap/where.h"
#include "tests/support/balance.h"
#include "tests/support/pattern.h"
#include "tests/support/reserved.h"

enum { COUNT = 2000, STEP = 64, LIVE_OF = 8 };
static char* blocks[COUNT];
static const size_t sizes[] = {200, 1000, 4000, 20000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* Enough for some pages. */
static unsigned count_of(size_t size) { return size < 4000 ? COUNT : 300; }

static unsigned run_length;

/* Runs of blocks, of which one in eight stays, so that whole OS pages are free also where many blocks fit into one. */
static bool stays(unsigned i) { return i / run_length % LIVE_OF == 0; }

static void fill(size_t size, mi_heap_t* heap) {
  run_length = size < 4000 ? 20 : 2;
  for (unsigned i = 0; i < count_of(size); i++) {
    blocks[i] = heap != NULL ? mi_heap_malloc(heap, size) : mica_malloc(size);
    REQUIRE(blocks[i] != NULL, "no block %u", i);
    pattern_set(blocks[i], size, STEP, i);
  }
}

static void check(size_t size, bool all) {
  for (unsigned i = 0; i < count_of(size); i++)
    if (all || stays(i))
      REQUIRE(pattern_kept(blocks[i], size, STEP, i, true), "block %u of %zu bytes was overwritten", i, size);
}

static void thin(size_t size) {
  for (unsigned i = 0; i < count_of(size); i++)
    if (!stays(i)) mica_free(blocks[i]);
}

static void free_rest(size_t size, bool all) {
  for (unsigned i = 0; i < count_of(size); i++)
    if (all || stays(i)) mica_free(blocks[i]);
}

/* Bytes in OS pages of the block that are resident: whole ones. */
static size_t resident_of(const char* b, size_t size) {
  const size_t page = mica_os_page();
  size_t bytes = 0;
  for (uintptr_t at = ((uintptr_t)b + page - 1) & ~(page - 1); at + page <= (uintptr_t)b + size; at += page) {
    unsigned char in = 0;
    REQUIRE(mincore((void*)at, page, &in) == 0, "mincore");
    bytes += (in & 1) != 0 ? page : 0;
  }
  return bytes;
}

/* How many blocks that were freed are vacant, or gone with their pages; a vacant one is in units of which nothing is resident.
 * Those in use are found in use. */
static unsigned back_of(size_t size, unsigned* vacant) {
  unsigned n = 0;
  *vacant = 0;
  for (unsigned i = 0; i < count_of(size); i++) {
    const mica_where_t w = where_of(blocks[i]);
    if (stays(i)) {
      REQUIRE(w.state == MICA_WHERE_IN_USE, "block %u, which stays: state %d", i, w.state);
      continue;
    }
    n += w.state == MICA_WHERE_VACANT || w.block == NULL;
    if (w.state != MICA_WHERE_VACANT) continue;
    (*vacant)++;
    const mica_page_t* page = mica_page_of(blocks[i]);
    const mica_remote_t* r = mica_page_remote(page);
    const size_t unit = (size_t)1 << mica_unit_shift(r->extent);
    for (uint64_t units = page->vacant; units != 0; units &= units - 1)
      REQUIRE(resident_of((const char*)r->base + (size_t)__builtin_ctzll(units) * unit, unit) == 0,
              "block %u: a vacant unit is resident", i);
  }
  return n;
}

static void most_are_back(size_t size) {
  unsigned vacant;
  const unsigned n = back_of(size, &vacant);
  REQUIRE(n > count_of(size) / 2 && vacant > count_of(size) / 10, "%u blocks of %zu bytes are back, %u vacant", n, size,
          vacant);
}

static void none_is_vacant(size_t size) {
  unsigned vacant;
  back_of(size, &vacant);
  REQUIRE(vacant == 0, "%u blocks of %zu bytes are vacant", vacant, size);
}

/* All of this in a thread of its own: its heap has nothing else. */
static void* own_pages(void* arg) {
  const size_t size = *(const size_t*)arg;
  const in_use_t before = in_use();
  fill(size, NULL);
  const int64_t pages = difference(MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE);
  thin(size);
  REQUIRE(mica_collect(true) != 0, "nothing went back");
  most_are_back(size);
  census(mica_page_of(blocks[0]));
  check(size, false);
  const uint64_t calls = mica_counted(MICA_COUNTER_MADVISE);
  mica_collect(true);
  REQUIRE(mica_counted(MICA_COUNTER_MADVISE) == calls, "what is back was given back again");
  for (unsigned i = 0; i < count_of(size); i++)
    if (!stays(i)) pattern_set(blocks[i] = mica_malloc(size), size, STEP, i);
  const int64_t now = difference(MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE);
  REQUIRE(now <= pages + 2, "%ld pages, and there were %ld", (long)now, (long)pages);
  census(mica_page_of(blocks[0]));
  check(size, true);
  free_rest(size, true);
  require_back(before);
  return NULL;
}

Test(vacate, blocks_beside_others_go_back_and_can_be_had_again) {
  for (unsigned i = 0; i < SIZES; i++) run_thread(own_pages, (void*)&sizes[i]);
}

/* How many of the blocks are on their pages' lists, and how many vacant. */
static void count_free(size_t size, unsigned* local, unsigned* vacant) {
  *local = *vacant = 0;
  for (unsigned i = 0; i < count_of(size); i++) {
    const mica_where_state_t state = where_of(blocks[i]).state;
    *local += state == MICA_WHERE_LOCAL;
    *vacant += state == MICA_WHERE_VACANT;
  }
}

static void* what_is_there_first(void* arg) {
  static void* more[COUNT];
  unsigned local, vacant, left, n;
  fill(1000, NULL);
  thin(1000);
  mica_collect(true);
  count_free(1000, &local, &vacant);
  REQUIRE(local > 20 && vacant > 200, "%u listed, %u vacant", local, vacant);
  for (n = 0; n < local * 3 / 4; n++) more[n] = mica_malloc(1000);
  count_free(1000, &local, &left);
  REQUIRE(left == vacant, "%u blocks were vacant, and %u are, but some are listed", vacant, left);
  while (n != 0) mica_free(more[--n]);
  free_rest(1000, false);
  return arg;
}

Test(vacate, what_is_on_a_list_is_given_out_before_what_went_back) { run_thread(what_is_there_first, NULL); }

/* Of the run that stays, all but its first. */
static bool goes(unsigned i) { return stays(i) && i % run_length != 0; }

static void* free_some(void* arg) {
  for (unsigned i = 0; i < COUNT; i++)
    if (goes(i)) mica_free(blocks[i]);
  return arg;
}

/* by_others: by another thread, whose blocks come by the pages' words; left: of pages that nobody owns. */
static void goes_later(bool by_others, bool left) {
  unsigned local, before, after;
  fill(1000, NULL);
  thin(1000);
  mica_collect(true);
  count_free(1000, &local, &before);
  if (left) mica_thread_done();
  if (by_others)
    run_thread(free_some, NULL);
  else
    free_some(NULL);
  mica_collect(true);
  count_free(1000, &local, &after);
  REQUIRE(after > before, "%u blocks are vacant, and were before more came home", before);
  for (unsigned i = 0; i < COUNT; i++)
    if (stays(i) && !goes(i)) mica_free(blocks[i]);
}

static void* more_goes_later(void* arg) {
  goes_later(false, false);
  goes_later(true, false);
  goes_later(false, true);
  goes_later(true, true);
  return arg;
}

Test(vacate, what_comes_home_later_goes_back_later) { run_thread(more_goes_later, NULL); }

static void* fill_and_thin(void* arg) {
  const size_t size = *(const size_t*)arg;
  fill(size, NULL);
  thin(size);
  return NULL;
}

static void abandoned_pages(const size_t* size) {
  const in_use_t before = in_use();
  run_thread(fill_and_thin, (void*)size);
  const uintptr_t owner = mica_page_owner(mica_page_of(blocks[0]));
  REQUIRE(mica_collect(true) != 0, "nothing went back");
  most_are_back(*size);
  REQUIRE(mica_page_owner(mica_page_of(blocks[0])) == owner, "another previous owner");
  census(mica_page_of(blocks[0]));
  check(*size, false);
  const uint64_t calls = mica_counted(MICA_COUNTER_MADVISE);
  mica_collect(true);
  REQUIRE(mica_counted(MICA_COUNTER_MADVISE) == calls, "what is back was given back again");
  for (unsigned i = 0; i < count_of(*size); i++)
    if (!stays(i)) pattern_set(blocks[i] = mica_malloc(*size), *size, STEP, i);
  check(*size, true);
  free_rest(*size, true);
  require_back(before);
}

Test(vacate, of_pages_that_nobody_owns) {
  mica_thread_init(); /* else this thread would run the theap of the one that ends */
  for (unsigned i = 0; i < SIZES; i++) abandoned_pages(&sizes[i]);
}

static bool count_blocks(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* n) {
  (void)heap, (void)area, (void)size;
  *(unsigned*)n += block != NULL;
  return true;
}

static void free_of(size_t size, unsigned every) {
  for (unsigned i = 0; i < count_of(size); i++)
    if (stays(i) || i % every == 0) mi_free(blocks[i]);
}

/* The heap ends with that. */
static void heap_pages(size_t size, bool destroy) {
  unsigned n = 0, left = 0, more = 0;
  mi_heap_t* heap = mi_heap_new();
  fill(size, heap);
  for (unsigned i = 0; i < count_of(size); i++) left += stays(i);
  thin(size);
  mi_heap_collect(heap, true);
  most_are_back(size);
  cr_assert(mi_heap_visit_blocks(heap, true, count_blocks, &n));
  cr_assert_eq(n, left);
  check(size, false);
  for (unsigned i = 0; i < count_of(size); i += 3)
    if (!stays(i)) more += (blocks[i] = mi_heap_malloc(heap, size)) != NULL;
  if (destroy) {
    mi_heap_destroy(heap);
    return;
  }
  mi_heap_delete(heap);
  n = 0;
  cr_assert(mi_abandoned_visit_blocks(mi_subproc_main(), -1, true, count_blocks, &n));
  REQUIRE(n >= left + more, "%u blocks seen, %u are there", n, left + more);
  check(size, false);
  free_of(size, 3);
}

Test(vacate, of_a_first_class_heap_whose_visits_see_what_is_in_use) {
  const in_use_t before = in_use();
  for (unsigned k = 0; k < SIZES; k++) {
    heap_pages(sizes[k], true);
    heap_pages(sizes[k], false);
  }
  require_back(before);
}

/* ---- what cannot go ---- */

static bool refuse(mica_os_call_t call) { return call == MICA_OS_MADVISE; }

static void* refused(void* arg) {
  const size_t size = *(const size_t*)arg;
  const in_use_t before = in_use();
  fill(size, NULL);
  thin(size);
  mica_os_set_fault(refuse);
  mica_collect(true);
  mica_os_set_fault(NULL);
  none_is_vacant(size);
  census(mica_page_of(blocks[0]));
  mica_collect(true);
  most_are_back(size);
  check(size, false);
  free_rest(size, false);
  require_back(before);
  return NULL;
}

Test(vacate, when_the_system_refuses_nothing_is_changed_and_it_is_tried_again) {
  for (unsigned i = 0; i < SIZES; i++) run_thread(refused, (void*)&sizes[i]);
}

static bool commit_it(bool commit, void* start, size_t size, bool* is_zero, void* arg) {
  (void)commit, (void)start, (void)size, (void)arg;
  *is_zero = false;
  return true;
}

static void stays_there(mi_arena_id_t id) {
  mi_heap_t* heap = mi_heap_new_in_arena(id);
  cr_assert_not_null(heap);
  fill(1000, heap);
  for (unsigned i = 0; i < COUNT; i++)
    if (!stays(i)) mi_free(blocks[i]);
  mi_heap_collect(heap, true);
  none_is_vacant(1000);
  check(1000, false);
  mi_heap_delete(heap);
  mica_collect(true); /* abandoned now */
  none_is_vacant(1000);
  free_rest(1000, false);
}

Test(vacate, not_of_memory_that_is_pinned_or_that_the_program_commits) {
  mi_arena_id_t id = NULL;
  char* at = map_at(free_windows(2), 32 * MICA_MiB, PROT_READ | PROT_WRITE);
  cr_assert(mi_manage_os_memory_ex(at, 32 * MICA_MiB, true, true, true, -1, true, &id));
  stays_there(id);
  at = map_at(free_windows(2), 32 * MICA_MiB, PROT_READ | PROT_WRITE);
  cr_assert(mi_manage_memory(at, 32 * MICA_MiB, true, false, true, -1, true, commit_it, NULL, &id));
  stays_there(id);
}
