/* test_homecoming.c -- when the last block of a class is freed, its pages go back at once: nobody has to collect then,
 * and it does not matter whether somebody collected while a few blocks were in use. In a thread of its own, so that the
 * heap has nothing else. */
#include "heap/alloc.h"
#include "heap/cache.h"
#include "heap/fast.h"
#include "heap/theap.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { PAGES = 8, MOST = 40000 };

static void* blocks[MOST];

typedef void between_t(mica_theap_t* heap);

/* A block of exactly this class, given out as if malloc had found it. */
static void* block_new(mica_theap_t* heap, unsigned class) {
  void* b = mica_malloc_class(heap, class, true);
  if (b != NULL) mica_track_given(b, mica_classes[class].size, false);
  return b;
}

static void nothing(mica_theap_t* heap) { (void)heap; }

static void collect(mica_theap_t* heap) {
  (void)heap;
  mica_collect(true);
}

/* Fills pages of the class, frees all but every `step`th block, does what is between, and frees these. */
static void fill_and_free(mica_theap_t* heap, unsigned class, unsigned step, between_t* between) {
  const unsigned count = PAGES * mica_class_total(class);
  REQUIRE(count <= MOST, "class %u: %u blocks", class, count);
  for (unsigned i = 0; i < count; i++) {
    blocks[i] = block_new(heap, class);
    REQUIRE(blocks[i] != NULL && mica_page_class(mica_page_of(blocks[i])) == class, "not a block of class %u", class);
  }
  for (unsigned i = 0; i < count; i++)
    if (i % step != 0) mica_free(blocks[i]);
  between(heap);
  for (unsigned i = 0; i < count; i += step) mica_free(blocks[i]);
}

static void* every_class(void* arg) {
  between_t* between = *(between_t**)arg;
  mica_thread_init();
  mica_theap_t* heap = mica_theap_mine();
  const int64_t used = mica_slices_used();
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const unsigned total = mica_class_total(c), steps[] = {1, 2, total, PAGES * total};
    for (unsigned s = 0; s < 4; s++) {
      fill_and_free(heap, c, steps[s], between);
      const long left = (long)(mica_slices_used() - used);
      REQUIRE(left == 0, "class %u, one of %u was in use: %ld slices stay, %u blocks out", c, steps[s], left,
              mica_outstanding(&heap->bin[c]));
      REQUIRE(heap->owned_bytes == 0, "class %u: the heap owns %zu bytes", c, heap->owned_bytes);
    }
  }
  return NULL;
}

typedef struct middle_s {
  unsigned count, step;
} middle_t;

static void* free_middle(void* arg) {
  const middle_t* m = arg;
  for (unsigned i = 0; i < m->count; i++)
    if (i % m->step != 0) mica_free(blocks[i]);
  return NULL;
}

/* The same, but another thread frees all but a few; the owner collects before it frees those. */
static void* with_a_stranger(void* arg) {
  (void)arg;
  mica_thread_init();
  middle_t none = {0, 1};
  run_thread(free_middle, &none); /* what the C library keeps for the next thread is allocated now */
  mica_theap_t* heap = mica_theap_mine();
  unsigned skipped = 0;
  for (unsigned c = 0; c < MICA_CLASSES_PLAIN; c++) {
    if (mica_outstanding(&heap->bin[c]) != 0) { /* the C library has a block of the class */
      skipped++;
      continue;
    }
    const int64_t used = mica_slices_used();
    middle_t m = {PAGES * mica_class_total(c), mica_class_total(c)};
    for (unsigned i = 0; i < m.count; i++) blocks[i] = block_new(heap, c);
    run_thread(free_middle, &m);
    mica_collect(false);
    for (unsigned i = 0; i < m.count; i += m.step) mica_free(blocks[i]);
    REQUIRE(mica_slices_used() <= used, "class %u: %ld slices stay, %u blocks out", c,
            (long)(mica_slices_used() - used), mica_outstanding(&heap->bin[c]));
  }
  return NULL;
}

static void require_home(between_t* between) { run_thread(every_class, &between); }

Test(homecoming, of_the_last_blocks) { require_home(nothing); }

Test(homecoming, of_those_in_use_during_a_collect) { require_home(collect); }

Test(homecoming, of_those_in_use_when_caches_were_flushed) { require_home(mica_cache_flush_all); }

Test(homecoming, of_what_a_stranger_left) { run_thread(with_a_stranger, NULL); }
