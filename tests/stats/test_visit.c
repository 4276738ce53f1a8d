/* test_visit.c -- looking through heaps: exactly the blocks in use, whatever happened before and meanwhile. */
#include <stdlib.h>

#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/random.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { BLOCKS = 6000 };

/* What is in use, as the test knows it; and how often each of it was visited. */
typedef struct model_s {
  char* block;
  size_t size;
  unsigned seen;
} model_t;

typedef struct look_s {
  const mi_heap_t* heap;
  model_t* model; /* NULL: blocks are not looked up */
  unsigned count;
  unsigned blocks, areas, strangers;
  size_t used; /* as the areas say */
  unsigned stop_after;
  bool frees, areas_only;
  void* last_area;
} look_t;

static int by_address(const void* a, const void* b) {
  const char *p = ((const model_t*)a)->block, *q = ((const model_t*)b)->block;
  return p < q ? -1 : p > q;
}

static model_t* find(const look_t* look, char* block) {
  const model_t key = {block, 0, 0};
  return bsearch(&key, look->model, look->count, sizeof key, by_address);
}

static void see_block(look_t* look, const mi_heap_area_t* area, char* block, size_t size) {
  REQUIRE(!look->areas_only, "a block, though areas only were wanted");
  REQUIRE(area->blocks == look->last_area, "a block of another area");
  REQUIRE(block >= (char*)area->blocks && block + size <= (char*)area->blocks + area->committed,
          "block %p of %zu bytes is not in its area", (void*)block, size);
  REQUIRE(size <= area->block_size && area->block_size <= area->full_block_size, "sizes of an area");
  look->blocks++;
  if (look->model == NULL) return;
  model_t* m = find(look, block);
  if (m == NULL) {
    look->strangers++;
    return;
  }
  REQUIRE(size >= m->size, "%zu of %zu bytes", size, m->size);
  heaps_verify(m->block, m->size, 1);
  m->seen++;
  if (look->frees) mi_free(block);
}

static bool see(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* arg) {
  look_t* look = arg;
  REQUIRE(heap == look->heap, "of another heap");
  if (block == NULL) {
    REQUIRE(area->committed <= area->reserved && area->used * area->full_block_size <= area->committed, "an area");
    look->areas++;
    look->used += area->used;
    look->last_area = area->blocks;
  } else {
    see_block(look, area, block, size);
  }
  return look->stop_after == 0 || look->blocks + look->areas < look->stop_after;
}

/* The model has what is not NULL, in order, and nothing was seen yet. */
static unsigned tidy(model_t* model, unsigned count) {
  unsigned n = 0;
  for (unsigned i = 0; i < count; i++)
    if (model[i].block != NULL) model[n++] = model[i];
  qsort(model, n, sizeof *model, by_address);
  for (unsigned i = 0; i < n; i++) model[i].seen = 0;
  return n;
}

static void expect_all(const look_t* look, bool exact) {
  for (unsigned i = 0; i < look->count; i++)
    REQUIRE(look->model[i].seen == 1, "a block of %zu bytes was visited %u times", look->model[i].size,
            look->model[i].seen);
  if (!exact) return;
  REQUIRE(look->strangers == 0 && look->blocks == look->count, "%u visited, %u in use, %u unknown", look->blocks,
          look->count, look->strangers);
  REQUIRE(look->used == look->count, "the areas count %zu blocks, %u are in use", look->used, look->count);
}

static void visit_all(mi_heap_t* heap, model_t* model, unsigned count, bool frees) {
  look_t look = {.heap = heap, .model = model, .count = tidy(model, count), .frees = frees};
  REQUIRE(mi_heap_visit_blocks(heap, true, see, &look), "the visit ended early");
  expect_all(&look, heap != mi_heap_main());
}

static model_t model[BLOCKS];
static size_t size_of(uint64_t* state) {
  const size_t sizes[] = {100, 1000, 5000, 30000, MICA_CLASS_MAX, 300000};
  return 1 +
         random_below(state, sizes[random_below(state, 100) < 97 ? random_below(state, 3) : random_below(state, 6)]);
}
static unsigned fill(mi_heap_t* heap, model_t* m, unsigned count, uint64_t* state) {
  for (unsigned i = 0; i < count; i++) {
    if (m[i].block != NULL) continue;
    m[i].size = size_of(state);
    m[i].block = heaps_block(heap, m[i].size, 1);
  }
  return count;
}
static void thin(model_t* m, unsigned count, unsigned one_in, uint64_t* state) {
  for (unsigned i = 0; i < count; i++) {
    if (m[i].block == NULL || random_below(state, one_in) != 0) continue;
    mi_free(m[i].block);
    m[i].block = NULL;
  }
}
static void* thin_in_thread(void* arg) {
  uint64_t state = 77;
  thin(arg, BLOCKS, 4, &state);
  return NULL;
}

static void allocate_and_visit(mi_heap_t* heap) {
  uint64_t state = 4711;
  const in_use_t before = in_use();
  memset(model, 0, sizeof model);
  for (int round = 0; round < 6; round++) {
    fill(heap, model, BLOCKS, &state);
    visit_all(heap, model, BLOCKS, false);
    thin(model, BLOCKS, round < 3 ? 2 : 10, &state);
    run_thread(thin_in_thread, model);
    const unsigned n = tidy(model, BLOCKS);
    memset(model + n, 0, (BLOCKS - n) * sizeof *model);
    visit_all(heap, model, n, false);
  }
  visit_all(heap, model, BLOCKS, true);
  if (heap != mi_heap_main()) {
    visit_all(heap, model, 0, false);
    mi_heap_collect(heap, false);
    REQUIRE(mi_heap_get_used(heap) == 0, "%zu bytes are used", mi_heap_get_used(heap));
  }
  require_back(before);
}

Test(visit, blocks_in_use_are_visited_once_each) {
  mi_heap_t* heap = heaps_new();
  allocate_and_visit(heap);
  mi_heap_set_default(heap);
  allocate_and_visit(heap);
  mi_heap_set_default(mi_heap_main());
  mi_heap_destroy(heap);
}

Test(visit, the_main_heap) { allocate_and_visit(mi_heap_main()); }

static bool nothing(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* arg) {
  return heap != NULL && area != NULL && arg == &model && size != SIZE_MAX && block != &model;
}

/* What others have freed is used again, and goes back, after a visit as before. */
Test(visit, a_visit_changes_nothing) {
  mi_heap_t* heaps[] = {heaps_new(), mi_heap_main()};
  const in_use_t before = in_use();
  for (int h = 0; h < 2; h++) {
    int64_t first = 0;
    for (int round = 0; round < 8; round++) {
      for (unsigned i = 0; i < BLOCKS; i++) model[i] = (model_t){heaps_block(heaps[h], 1000, 1), 1000, 0};
      run_thread(thin_in_thread, model);
      REQUIRE(mi_heap_visit_blocks(heaps[h], round % 2 == 0, nothing, &model), "the visit ended early");
      for (unsigned i = 0; i < BLOCKS; i++)
        if (model[i].block == NULL) model[i] = (model_t){heaps_block(heaps[h], 1000, 1), 1000, 0};
      const int64_t now = mica_slices_used() - before.slices;
      if (round == 0) first = now;
      REQUIRE(now <= first + first / 4, "round %d: %ld slices, %ld at first", round, (long)now, (long)first);
      for (unsigned i = 0; i < BLOCKS; i++) {
        heaps_verify(model[i].block, 1000, 1);
        mi_free(model[i].block);
      }
    }
  }
  mi_heap_destroy(heaps[0]);
  require_back(before);
}

Test(visit, a_visitor_ends_the_visit) {
  mi_heap_t* heap = heaps_new();
  heaps_litter(heap, 2);
  for (unsigned n = 1; n < 300; n += 7) {
    look_t look = {.heap = heap, .stop_after = n};
    REQUIRE(!mi_heap_visit_blocks(heap, true, see, &look), "not ended by the visitor");
    REQUIRE(look.blocks + look.areas == n, "%u calls for %u", look.blocks + look.areas, n);
  }
  look_t all = {.heap = heap}, areas = {.heap = heap, .areas_only = true};
  REQUIRE(mi_heap_visit_blocks(heap, true, see, &all) && mi_heap_visit_blocks(heap, false, see, &areas), "ended");
  REQUIRE(areas.areas == all.areas && areas.blocks == 0 && areas.used == all.blocks, "%u and %u areas", areas.areas,
          all.areas);
  mi_heap_destroy(heap);
  heap = heaps_new();
  look_t none = {.heap = heap};
  REQUIRE(mi_heap_visit_blocks(heap, true, see, &none) && none.areas == 0, "an empty heap has areas");
  mi_heap_destroy(heap);
}

Test(visit, huge_and_many_large_blocks) {
  enum { LARGE = 2000 };
  const in_use_t before = in_use();
  for (int h = 0; h < 2; h++) {
    mi_heap_t* heap = h == 0 ? heaps_new() : mi_heap_main();
    for (unsigned i = 0; i < LARGE; i++) {
      const size_t size = i % 1000 == 0 ? ((size_t)256 << 20) + i : i % 100 == 0 ? (size_t)5 << 20 : MICA_CLASS_MAX + 1;
      model[i] = (model_t){heaps_block(heap, size, 1), size, 0};
    }
    visit_all(heap, model, LARGE, false);
    visit_all(heap, model, LARGE, true);
    if (h == 0) mi_heap_delete(heap);
    require_back(before);
  }
}

/* ---- of threads that have ended, and of this one alone ---- */

static mi_heap_t* shared;

static void* fill_in_thread(void* arg) {
  uint64_t state = 1;
  fill(shared, arg, BLOCKS / 2, &state);
  return NULL;
}

static void expect_visit(bool (*visit)(mi_heap_t*, bool, mi_block_visit_fun*, void*), unsigned first, unsigned last,
                         bool exact) {
  static model_t part[BLOCKS];
  memcpy(part, model + first, (last - first) * sizeof *part);
  look_t look = {.heap = shared, .model = part, .count = tidy(part, last - first)};
  REQUIRE(visit(shared, true, see, &look), "the visit ended early");
  expect_all(&look, exact);
}
static bool visit_theap(mi_heap_t* heap, bool blocks, mi_block_visit_fun* visitor, void* arg) {
  return mi_theap_visit_blocks(mi_heap_theap(heap), blocks, visitor, arg);
}
static bool visit_abandoned_of_process(mi_heap_t* heap, bool blocks, mi_block_visit_fun* visitor, void* arg) {
  return heap == mi_heap_main() && mi_abandoned_visit_blocks(mi_subproc_main(), 3, blocks, visitor, arg);
}

static void part_of_each(mi_heap_t* heap) {
  uint64_t state = 2;
  const bool is_main = heap == mi_heap_main();
  shared = heap;
  memset(model, 0, sizeof model);
  run_thread(fill_in_thread, model);
  expect_visit(mi_heap_visit_abandoned_blocks, 0, BLOCKS / 2, !is_main);
  if (is_main) expect_visit(visit_abandoned_of_process, 0, BLOCKS / 2, false);
  fill(heap, model + BLOCKS / 2, BLOCKS / 2, &state);
  expect_visit(mi_heap_visit_blocks, 0, BLOCKS, !is_main);
  if (!is_main) { /* of the main one's pages this thread may have taken some */
    expect_visit(mi_heap_visit_abandoned_blocks, 0, BLOCKS / 2, true);
    expect_visit(visit_theap, BLOCKS / 2, BLOCKS, true);
  }
  for (unsigned i = 0; i < BLOCKS; i++) mi_free(model[i].block);
}

Test(visit, threads_that_have_ended) {
  mi_heap_t* heap = heaps_new();
  part_of_each(heap);
  mi_heap_destroy(heap);
  part_of_each(mi_heap_main());
}

Test(visit, what_a_deleted_heap_left_is_in_the_main_one) {
  const in_use_t before = in_use();
  uint64_t state = 3;
  mi_heap_t* heap = heaps_new();
  memset(model, 0, sizeof model);
  fill(heap, model, BLOCKS, &state);
  mi_heap_delete(heap);
  visit_all(mi_heap_main(), model, BLOCKS, true);
  require_back(before);
}

/* A block that this thread has freed is not visited, though its page is nobody's by now. */
Test(visit, a_freed_block_of_a_page_given_up) {
  static char* blocks[200];
  for (unsigned i = 0; i < 200; i++) blocks[i] = mi_malloc(1000);
  mi_free(blocks[70]);
  for (unsigned i = 0; i < 12000; i++) heaps_block(NULL, 1500, i);
  model[0] = (model_t){blocks[70], 0, 0};
  look_t look = {.heap = mi_heap_main(), .model = model, .count = 1};
  REQUIRE(mi_heap_visit_blocks(mi_heap_main(), true, see, &look), "the visit ended early");
  REQUIRE(model[0].seen == 0, "a block that was freed");
}

static void* delete_it(void* arg) {
  mi_heap_delete(arg);
  return NULL;
}

Test(visit, blocks_of_a_heap_that_another_thread_deleted) {
  const in_use_t before = in_use();
  uint64_t state = 4;
  mi_heap_t* heap = heaps_new();
  memset(model, 0, sizeof model);
  fill(heap, model, BLOCKS, &state);
  run_thread(delete_it, heap);
  for (unsigned i = 0; i < BLOCKS; i++) REQUIRE(mi_heap_of(model[i].block) == mi_heap_main(), "of the deleted heap");
  visit_all(mi_heap_main(), model, BLOCKS, true);
  require_back(before);
}

/* ---- samples of the profiler ---- */

enum { SAMPLES = 8 };
typedef struct samples_s {
  char* block[SAMPLES];
  size_t usable[SAMPLES];
  unsigned seen;
  bool freed;
} samples_t;

static void* sample_in_thread(void* arg) {
  samples_t* const samples = arg;
  for (unsigned i = 0; i < SAMPLES; i++) {
    samples->block[i] = mi_malloc(100);
    samples->usable[i] = mi_usable_size(samples->block[i]);
  }
  return NULL;
}

static void* free_samples(void* arg) {
  const samples_t* const samples = arg;
  for (unsigned i = 0; i < SAMPLES; i++) mi_free(samples->block[i]);
  return NULL;
}

static bool area_has(const mi_heap_area_t* area, const char* block) {
  return block > (const char*)area->blocks && block < (const char*)area->blocks + area->committed;
}

/* Before the first block of their page is shown, another thread frees them all: the page is gone, or nobody's. */
static bool see_samples(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* arg) {
  samples_t* const samples = arg;
  REQUIRE(heap == mi_heap_main(), "of another heap");
  if (!area_has(area, samples->block[0])) return true;
  if (!samples->freed) run_thread(free_samples, samples);
  samples->freed = true;
  for (unsigned i = 0; block != NULL && i < SAMPLES; i++)
    if (block == samples->block[i]) {
      REQUIRE(size == samples->usable[i], "%zu bytes, not %zu", size, samples->usable[i]);
      samples->seen++;
    }
  return true;
}

/* What is shown of a page that was given up was read before it was. */
Test(visit, samples_of_a_page_given_up_that_others_free) {
  static samples_t samples;
  if (!mi_profile_start(1)) return;
  run_thread(sample_in_thread, &samples);
  REQUIRE(mi_heap_visit_abandoned_blocks(mi_heap_main(), true, see_samples, &samples), "the visit ended early");
  REQUIRE(samples.freed && samples.seen == SAMPLES, "%u samples were shown", samples.seen);
  mi_profile_stop();
}

static bool see_one(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* arg) {
  model_t* const one = arg;
  REQUIRE(heap == mi_heap_main() && size <= area->block_size, "of another heap, or too large");
  if (block != one->block) return true;
  one->size = size;
  one->seen++;
  return true;
}

/* A sample that has a page of its own, as none with others holds it, has what its block would have had. */
Test(visit, a_sample_in_a_page_of_its_own) {
  if (!mi_profile_start(1)) return;
  model_t one = {mi_malloc(MICA_CLASS_MAX), 0, 0};
  REQUIRE(mi_heap_visit_blocks(mi_heap_main(), true, see_one, &one), "the visit ended early");
  REQUIRE(one.seen == 1 && one.size == mi_usable_size(one.block) && one.size == MICA_CLASS_MAX, "%zu bytes", one.size);
  mi_free(one.block);
  mi_profile_stop();
}
