/* test_sample.c -- samples and shadows: what a sample is to the program, how it ends, and that joining and leaving loses
 * nothing. Whether the estimates are right is tests/plain/profile_unbiased.c's. */
#include "heap/alloc.h"
#include "heap/cache.h"
#include "heap/fast.h"
#include "heap/sample.h"
#include "heap/shadow.h"
#include "heap/where.h"
#include "profile/sites.h"
#include "stats/usage.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

#include <mica.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 2000 };

static const size_t sizes[] = {0,    1,     8,     16,    17,    64,    100,   1000,  1024,   1025,
                               5000, 32767, 32768, 57344, 60000, 65535, 65536, 65537, 300000, 3000000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* From now on each allocation is a sample. False: this variant has none. */
static bool begin_all(void) {
  if (!mi_profile_start(1)) return false;
  REQUIRE(mica_theap_base()->shadow != NULL, "the thread has not joined");
  REQUIRE(mica_profile_live() == 0, "samples are left");
  return true;
}

static void require_live(uint64_t n, const char* what) {
  const uint64_t live = mica_profile_live();
  REQUIRE(live == n, "%s: %lu live samples, not %lu", what, (unsigned long)live, (unsigned long)n);
}

static void* blocks[BLOCKS];

static size_t usable(const void* p) { return mica_usable_size(p); }

/* ---- a sample is a block as any other ---- */

Test(sample, has_what_an_ordinary_block_has) {
  size_t ordinary[SIZES];
  for (size_t i = 0; i < SIZES; i++) {
    char* p = mica_malloc(sizes[i]);
    ordinary[i] = usable(p);
    mica_free(p);
  }
  if (!begin_all()) return;
  for (size_t i = 0; i < SIZES; i++) {
    char* p = mica_malloc(sizes[i]);
    require_live(1, "malloc");
    REQUIRE((uintptr_t)p % 16 == 0 && usable(p) == ordinary[i], "%zu bytes: %zu are usable, not %zu", sizes[i],
            usable(p), ordinary[i]);
    memset(p, 0x5a, usable(p));
    mica_free(p);
    require_live(0, "free");
  }
  mi_profile_stop();
}

Test(sample, is_aligned) {
  if (!begin_all()) return;
  for (size_t align = 1; align <= 1 << 17; align *= 2)
    for (size_t i = 0; i < SIZES; i++)
      for (size_t offset = 0; offset <= sizes[i] && offset <= 24; offset += 8) {
        char* p = mica_malloc_aligned(sizes[i], align, offset, true);
        require_live(1, "aligned");
        REQUIRE(((uintptr_t)p + offset) % align == 0 && usable(p) >= sizes[i], "%zu bytes to %zu at %zu", sizes[i],
                align, offset);
        for (size_t at = 0; at < usable(p); at++) REQUIRE(p[at] == 0, "not zero");
        memset(p, 0x5a, usable(p));
        mica_free(p);
        require_live(0, "free");
      }
  mi_profile_stop();
}

Test(sample, is_zero_where_calloc_made_it) {
  if (!begin_all()) return;
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < SIZES; i++) {
      char* p = mica_zalloc(sizes[i]);
      require_live(1, "calloc");
      for (size_t at = 0; at < usable(p); at++) REQUIRE(p[at] == 0, "not zero");
      memset(p, 0x5a, usable(p));
      mica_free(p);
    }
  require_live(0, "free");
  mi_profile_stop();
}

Test(sample, survives_realloc) {
  if (!begin_all()) return;
  uint64_t state = 1;
  size_t size = 10;
  unsigned char* p = mica_malloc(size);
  p[0] = 1;
  for (int i = 0; i < 20000; i++) {
    const size_t was = size;
    size = sizes[1 + random_below(&state, SIZES - 1)];
    if (i % 8 != 0) size = was + random_below(&state, was / 4 + 2);
    if (size > 200000 && i % 16 != 0) size = 100;
    p[was - 1] = 77;
    p[0] = 1;
    p = mica_realloc(p, size);
    REQUIRE(p != NULL && p[0] == 1, "the contents are gone");
    if (size >= was) REQUIRE(was == 1 || p[was - 1] == 77, "the contents' end is gone");
    require_live(1, "realloc");
    REQUIRE(usable(p) >= size, "too little");
    mi_profile_sums_t sums;
    REQUIRE(mi_profile_sums(&sums, sizeof sums) && sums.live_bytes == size, "%zu bytes live, not %zu", sums.live_bytes,
            size);
  }
  mica_free(p);
  require_live(0, "free");
  mi_profile_stop();
}

Test(sample, expands_where_it_is) {
  if (!begin_all()) return;
  for (size_t i = 0; i < SIZES; i++) {
    char* p = mica_zalloc(sizes[i]);
    REQUIRE(mi_expand(p, usable(p)) == p, "it has room for that");
    p = mi_rezalloc(p, sizes[i] + 5000);
    require_live(1, "rezalloc");
    for (size_t at = 0; at < usable(p); at++) REQUIRE(p[at] == 0, "not zero");
    mica_free(p);
    require_live(0, "free");
  }
  mi_profile_stop();
}

/* As the program's function sees it. */
static size_t asked;
static bool asked_twice;
static void ask(mi_profile_event_t event, const void* p, size_t size, double weight, void* arg) {
  if (event != mi_profile_taken) return;
  asked_twice = asked != 0;
  asked = usable(p);
  REQUIRE(asked >= size && weight >= 1 && arg == blocks, "what it is told");
}

Test(sample, may_be_asked_about_once_it_was_taken) {
  mi_profile_register(ask, blocks);
  if (!begin_all()) return;
  for (size_t i = 0; i < SIZES; i++)
    for (size_t align = 16; align <= 4096; align *= 256) {
      asked = 0;
      void* const p = mica_malloc_aligned(sizes[i], align, 0, false);
      REQUIRE(asked == usable(p) && !asked_twice, "%zu bytes were usable, %zu are", asked, usable(p));
      mica_free(p);
    }
  require_live(0, "freed");
  mi_profile_register(NULL, NULL);
  mi_profile_stop();
}

/* ---- its end ---- */

static void* allocate(void* heap) {
  for (size_t i = 0; i < BLOCKS; i++)
    blocks[i] = heap == NULL ? mica_malloc(sizes[i % SIZES] % 100000) : mi_heap_malloc(heap, sizes[i % SIZES] % 100000);
  return NULL;
}

static void* release(void* arg) {
  for (size_t i = 0; i < BLOCKS; i++) mica_free(blocks[i]);
  return arg;
}

static uint64_t run_thread(void* (*fun)(void*), void* arg) {
  pthread_t thread;
  const uint64_t before = mica_profile_live();
  REQUIRE(pthread_create(&thread, NULL, fun, arg) == 0 && pthread_join(thread, NULL) == 0, "no thread");
  return mica_profile_live() - before;
}

Test(sample, ends_wherever_it_is_freed) {
  run_thread(release, NULL); /* what the C library keeps for a thread */
  if (!begin_all()) return;
  allocate(NULL);
  require_live(BLOCKS, "allocated");
  REQUIRE(run_thread(release, NULL) == (uint64_t)-BLOCKS, "freed by another thread");
  REQUIRE(run_thread(allocate, NULL) == BLOCKS, "allocated by a thread that has ended");
  release(NULL);
  require_live(0, "freed");
  mi_profile_stop();
}

Test(sample, ends_with_its_heap) {
  run_thread(release, NULL);
  if (!begin_all()) return;
  mi_heap_t* heap = mi_heap_new();
  allocate(heap);
  require_live(BLOCKS, "allocated");
  REQUIRE(run_thread(allocate, heap) == BLOCKS, "allocated by another thread");
  mi_heap_destroy(heap);
  require_live(0, "destroyed");
  heap = mi_heap_new();
  allocate(heap);
  mi_heap_delete(heap);
  require_live(BLOCKS, "deleted");
  release(NULL);
  require_live(0, "freed");
  mi_profile_stop();
}

Test(sample, ends_after_profiling) {
  if (!begin_all()) return;
  allocate(NULL);
  mi_profile_stop();
  mica_free(mica_malloc(100));
  require_live(BLOCKS, "stopped");
  release(NULL);
  require_live(0, "freed");
}

Test(sample, is_known_to_a_child) {
  if (!begin_all()) return;
  allocate(NULL);
  const pid_t child = fork();
  if (child == 0) {
    release(NULL);
    allocate(NULL);
    _exit(mica_profile_live() == BLOCKS ? 0 : 1);
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0, "the child ends with %d", status);
  release(NULL);
  require_live(0, "freed");
  mi_profile_stop();
}

static bool look_for_stack(mica_site_t* site, void* arg) {
  *(unsigned*)arg += site->depth;
  return true;
}

extern MICA_WEAK char __libc_single_threaded; /* of a C library whose pthread_once begins anew in a child */

/* As if another thread were in the unwinder's first call while this one forks. */
Test(sample, has_a_stack_in_a_child_that_came_amid_the_first) {
  if (MICA_TRACKED || !MICA_UNWINDS || &__libc_single_threaded == NULL) return;
  atomic_store_explicit(&mica_profile_table.unwinds, 1, memory_order_relaxed); /* relaxed: there is one thread */
  const pid_t child = fork();
  if (child == 0) {
    unsigned frames = 0;
    mica_free(begin_all() ? mica_malloc(100) : NULL);
    mica_sites_visit(look_for_stack, &frames);
    _exit(frames != 0 ? 0 : 1);
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0, "the child ends with %d", status);
}

/* ---- shadows ---- */

/* In a thread of its own, after which everything that it had is home. */
static void* join_and_leave(void* arg) {
  uint64_t state = 7;
  void* held[200] = {0};
  for (int i = 0; i < 40000; i++) {
    void** at = &held[random_below(&state, 200)];
    mica_free(*at);
    *at = random_next(&state) % 4 == 0 ? mica_malloc_aligned(1 + random_below(&state, 3000), 64, 0, false)
                                       : mica_malloc(1 + random_below(&state, 500));
    if (i % 100 == 0) mi_profile_start((size_t)1 << (10 + random_below(&state, 10)));
    if (i % 300 == 0) mi_profile_stop();
    if (i % 1000 == 0) mica_collect(false);
  }
  for (int i = 0; i < 200; i++) mica_free(held[i]);
  mi_profile_stop();
  return arg;
}

Test(shadow, loses_nothing) {
  run_thread(join_and_leave, NULL);
  mica_collect(true);
  const mica_usage_t before = mica_usage();
  for (int i = 0; i < 5; i++) run_thread(join_and_leave, NULL);
  mica_collect(true);
  const mica_usage_t after = mica_usage();
  REQUIRE(after.used == before.used, "%zu bytes are in use, before %zu", after.used, before.used);
  require_live(0, "freed");
}

Test(shadow, is_filled_and_folded) {
  if (!mi_profile_start(1 << 20)) return;
  mica_theap_t* theap = mica_theap_base();
  const unsigned class = mica_class_of(2048);
  void *p = mica_malloc(2048), *others[32];
  for (int i = 0; i < 32; i++) others[i] = mica_malloc(2048);
  for (int i = 0; i < 32; i++) mica_free(others[i]);
  mica_shadow_t* shadow = theap->shadow;
  mica_shadow_fold(theap, class);
  const unsigned length = mica_cache_length(theap, class);
  REQUIRE(length > 4 && shadow->cache[class].head == NULL && shadow->cache[class].left == 0, "it is folded");
  shadow->due[class] = 4;
  mica_shadow_fill(theap, class, true);
  REQUIRE(mica_shadow_length(shadow, class) == 3 && shadow->due[class] == 1, "%u blocks before the sample",
          mica_shadow_length(shadow, class));
  REQUIRE(mica_cache_length(theap, class) == length - 3, "the others stay");
  mica_shadow_fold_all(theap);
  REQUIRE(mica_cache_length(theap, class) == length && shadow->due[class] == 4, "and are back");
  shadow->due[class] = 1000;
  while (mica_cache_length(theap, class) < 8) mica_free(mica_malloc_class(theap, class, true));
  REQUIRE(mica_shadow_swap(theap, class) && theap->cache[class].head == NULL, "all of it is handed over");
  REQUIRE(!mica_shadow_swap(theap, class), "there is nothing to hand over");
  REQUIRE(shadow->due[class] + mica_shadow_length(shadow, class) == 1000, "they are counted");
  mica_free(p);
  mi_profile_stop();
  mica_free(mica_malloc(100000));
  mica_free(mica_malloc_class(theap, class, true));
  mica_shadow_drop(theap);
  REQUIRE(theap->shadow == NULL && theap->ids.alloc == theap->ids.self && mica_ids.alloc == mica_ids.self,
          "it is left");
  REQUIRE(mica_shadow_random() != mica_shadow_random(), "chance");
  mica_shadow_forget_idle();
  REQUIRE(mica_shadow_give(theap) && theap->shadow != shadow, "another one");
  mica_shadow_forget(theap);
  mica_shadow_release(theap);
}

/* What is in a shadow is no block in use. */
Test(shadow, is_seen_by_those_who_look) {
  if (!mi_profile_start((size_t)1 << 45)) return; /* so that none of these is a sample */
  const size_t before = mica_usage().used;
  void* p[64];
  for (int i = 0; i < 64; i++) p[i] = mica_malloc(3000);
  for (int i = 0; i < 64; i++) mica_free(p[i]);
  p[0] = mica_malloc(3000); /* and the rest of the list is in the shadow */
  const mica_block_t* next = mica_theap_base()->shadow->cache[mica_class_of(3000)].head;
  REQUIRE(next != NULL, "the shadow is empty");
  char text[MICA_WHERE_TEXT];
  mica_where_say(next, text);
  REQUIRE(strstr(text, "free") != NULL && strstr(text, "in use") == NULL, "%s", text);
  mica_free(p[0]);
  mica_collect(true);
  REQUIRE(mica_usage().used == before, "%zu bytes in use, before %zu", mica_usage().used, before);
  mi_profile_stop();
}
