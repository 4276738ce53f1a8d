/* test_subproc.c -- subprocesses: threads with a main heap of their own; and giving pages up by size. */
#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { MOST = 40 };

typedef struct list_s {
  mi_heap_t* heaps[MOST];
  unsigned count, stop_after;
} list_t;

static bool note(mi_heap_t* heap, void* arg) {
  list_t* list = arg;
  REQUIRE(list->count < MOST, "too many heaps");
  list->heaps[list->count++] = heap;
  return list->count != list->stop_after;
}
static bool has(const list_t* list, const mi_heap_t* heap) {
  unsigned n = 0;
  for (unsigned i = 0; i < list->count; i++) n += list->heaps[i] == heap;
  REQUIRE(n <= 1, "a heap was visited %u times", n);
  return n == 1;
}

Test(subproc, heaps_of_the_process_are_visited) {
  mi_heap_t *a = heaps_new(), *b = heaps_new();
  list_t list = {.count = 0};
  cr_assert(mi_subproc_visit_heaps(mi_subproc_main(), note, &list));
  REQUIRE(list.heaps[0] == mi_heap_main() && has(&list, a) && has(&list, b), "%u heaps", list.count);
  const unsigned count = list.count;
  mi_heap_delete(a);
  list = (list_t){.count = 0};
  cr_assert(mi_subproc_visit_heaps(mi_subproc_current(), note, &list));
  REQUIRE(list.count == count - 1 && !has(&list, a) && has(&list, b), "%u heaps", list.count);
  list = (list_t){.stop_after = 1};
  cr_assert(!mi_subproc_visit_heaps(mi_subproc_main(), note, &list));
  cr_assert_eq(list.count, 1u);
  mi_heap_destroy(b);
}

/* ---- threads of a subprocess ---- */

static mi_subproc_id_t sub;
static char* blocks[HEAPS_SIZES];
static char* of_heap;

static void* live_in_it(void* arg) {
  char* of_process = mi_malloc(100);
  pattern_set(of_process, 100, 1, 1);
  mi_subproc_add_current_thread(sub);
  REQUIRE(mi_subproc_current()._mi_subproc_id == sub._mi_subproc_id, "another subprocess");
  mi_heap_t* const head = mi_heap_main();
  REQUIRE((void*)head != mi_subproc_main()._mi_subproc_id && mi_heap_get_default() == head &&
              mi_heap_get_backing() == head,
          "the main heap is not the subprocess's");
  REQUIRE(pattern_kept(of_process, 100, 1, 1, true) && mi_heap_of(of_process) != head, "a block from before");
  mi_free(of_process);
  for (unsigned i = 0; i < HEAPS_SIZES; i++) {
    blocks[i] = mi_malloc(heaps_sizes[i]);
    pattern_set(blocks[i], heaps_sizes[i], heaps_step(heaps_sizes[i]), i);
    REQUIRE(mi_heap_of(blocks[i]) == head, "%zu bytes: of another heap", heaps_sizes[i]);
  }
  mi_heap_delete(head);
  mi_heap_destroy(head);
  mi_heap_t *heap = heaps_new(), *other = heaps_new();
  of_heap = heaps_block(heap, 3000, 1);
  list_t list = {.count = 0};
  REQUIRE(mi_subproc_visit_heaps(sub, note, &list) && list.count == 3 && list.heaps[0] == head && has(&list, heap),
          "%u heaps", list.count);
  list = (list_t){.count = 0};
  REQUIRE(mi_subproc_visit_heaps(mi_subproc_main(), note, &list) && !has(&list, heap) && !has(&list, head),
          "a heap of another subprocess");
  mi_heap_set_default(other);
  mi_heap_destroy(other);
  REQUIRE(mi_heap_get_default() == head, "the default after its heap's end");
  mi_free(heaps_block(heap, 100, 2));
  return arg;
}

static void check_blocks(bool frees) {
  for (unsigned i = 0; i < HEAPS_SIZES; i++) {
    heaps_verify(blocks[i], heaps_sizes[i], i);
    if (frees) mi_free(blocks[i]);
  }
  heaps_verify(of_heap, 3000, 1);
  if (frees) mi_free(of_heap);
}

Test(subproc, a_thread_lives_in_it_and_it_ends) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  uint64_t structures = 0;
  for (int round = 0; round < 6; round++) {
    sub = mi_subproc_new();
    cr_assert_not_null(sub._mi_subproc_id);
    REQUIRE(mi_subproc_current()._mi_subproc_id == mi_subproc_main()._mi_subproc_id, "the calling thread has moved");
    run_thread(live_in_it, NULL);
    check_blocks(false);
    if (round % 2 == 0) {
      mi_subproc_destroy(sub);
    } else {
      mi_subproc_delete(sub);
      for (unsigned i = 0; i < HEAPS_SIZES; i++)
        REQUIRE(mi_heap_of(blocks[i]) == mi_heap_main(), "not the main heap's: %zu bytes", heaps_sizes[i]);
      check_blocks(true);
    }
    require_back(before);
    if (round == 1) structures = mica_counted(MICA_COUNTER_THEAPS);
  }
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "structures are not used again");
}

Test(subproc, the_calling_thread_goes_back_to_the_process) {
  const in_use_t before = in_use();
  mi_subproc_destroy(mi_subproc_main());
  mi_subproc_delete(mi_subproc_main());
  sub = mi_subproc_new();
  mi_subproc_add_current_thread(sub);
  heaps_litter(mi_heap_main(), 1);
  char* p = mi_malloc(100);
  cr_assert_eq((void*)mi_heap_of(p), sub._mi_subproc_id);
  mi_subproc_destroy(sub);
  REQUIRE(mi_subproc_current()._mi_subproc_id == mi_subproc_main()._mi_subproc_id, "not back");
  REQUIRE(mi_heap_get_default() == mi_heap_main() && (void*)mi_heap_main() == mi_subproc_main()._mi_subproc_id,
          "not back");
  sub = mi_subproc_new();
  mi_subproc_add_current_thread(sub);
  mi_subproc_add_current_thread(mi_subproc_main());
  REQUIRE(mi_heap_get_default() == mi_heap_main() && (void*)mi_heap_main() == mi_subproc_main()._mi_subproc_id,
          "not back");
  mi_subproc_delete(sub);
  require_back(before);
}

/* ---- mi_collect_reduce ---- */

static bool count_bytes(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* arg) {
  if (heap != NULL && block == NULL && size != 0) *(size_t*)arg += area->reserved;
  return true;
}

Test(subproc, collect_reduce_gives_pages_up) {
  enum { BLOCKS = 30000 };
  static char* p[BLOCKS];
  const in_use_t before = in_use();
  for (unsigned i = 0; i < BLOCKS; i++) p[i] = heaps_block(NULL, 1 + i % 1000, i);
  mica_theap_t* base = mica_theap_mine();
  for (size_t target = (size_t)16 << 20; target != 0; target /= 2) {
    mi_collect_reduce(target);
    REQUIRE(base->owned_bytes <= target, "%zu bytes owned, %zu wanted", base->owned_bytes, target);
    REQUIRE(target < 4 << 20 || base->owned_bytes > target / 4, "%zu bytes owned, %zu wanted", base->owned_bytes,
            target);
  }
  mi_collect_reduce(0);
  cr_assert_eq(base->owned_bytes, (size_t)0);
  size_t idle = 0;
  mi_heap_visit_abandoned_blocks(mi_heap_main(), false, count_bytes, &idle);
  REQUIRE(idle > (size_t)15 << 20, "%zu bytes in pages that nobody owns", idle);
  for (unsigned i = 0; i < BLOCKS; i++) {
    heaps_verify(p[i], 1 + i % 1000, i);
    mi_free(p[i]);
  }
  require_back(before);
}
