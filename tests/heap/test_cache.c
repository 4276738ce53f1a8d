/* test_cache.c -- caches: how long they get, what they learn to keep, and that nothing is lost on the way. */
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/cache.h"
#include "tests/support/balance.h"
#include "tests/support/dying.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum {
  SIZE = 64,
  BURST = 200,
  MANY = 20000,
  LONG = 10000, /* blocks in a burst that is worth keeping */
  FAR = 200000, /* in one that the budget cannot hold */
  ROUNDS = 12,  /* more than a class needs to learn */
  KiB = 1024,
  OWN = 64 * KiB,
  ALL = OWN + 8 * KiB * KiB, /* the budget of one theap that has all of the common one */
};

static void* blocks[FAR];

static unsigned length_of(const mica_block_t* b) {
  unsigned n = 0;
  for (; b != NULL; b = mica_link_get(b)) n++;
  return n;
}

static unsigned class_of(size_t size) { return mica_class_of(size); }

static void take(size_t size, int n) {
  for (int i = 0; i < n; i++) memset(blocks[i] = mica_malloc(size), i, size < 16 ? size : 16);
  for (int i = 0; i < n; i++) REQUIRE(*(unsigned char*)blocks[i] == (unsigned char)i, "given out twice");
}

/* Of n blocks each step-th, going round: step and n have no common divisor. */
static void give(int n, int step) {
  for (int i = 0, k = 0; i < n; i++, k = (k + step) % n) mica_free(blocks[k]);
}

static uint64_t pages_born(void) { return mica_counted(MICA_COUNTER_PAGES_BORN); }

/* The theap keeps what its classes say, and no more than it may. */
static void require_budget(const mica_theap_t* theap) {
  size_t kept = 0;
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    if (theap->bin[c].kept) kept += (size_t)theap->bin[c].cap * mica_classes[c].size;
  REQUIRE(kept <= theap->kept_bytes && theap->kept_bytes <= ALL, "%zu kept, %zu counted", kept, theap->kept_bytes);
  REQUIRE(theap->kept_bytes <= OWN + theap->budget_share, "%zu kept, a share of %zu", theap->kept_bytes,
          theap->budget_share);
}

/* ---- bursts that fit ---- */

static void* equal_bursts(void* none) {
  const mica_theap_t* theap = mica_theap_mine();
  uint64_t before = 0;
  for (int round = 0; round < ROUNDS; round++) {
    take(SIZE, LONG);
    give(LONG, 1);
    theap = mica_theap_mine();
    if (round < 3) REQUIRE(theap->owned_bytes == 0, "round %d: %zu bytes stay at once", round, theap->owned_bytes);
    if (round == ROUNDS / 2) before = pages_born();
    require_budget(theap);
  }
  if (MICA_EXAMINES) return none;
  cr_assert_eq(pages_born(), before, "pages are made for a burst that was learned");
  cr_assert_geq(length_of(theap->cache[class_of(SIZE)].head), LONG);
  return none;
}

Test(cache, a_burst_is_kept_after_a_few) {
  const in_use_t before = in_use();
  for (int i = 0; i < 20; i++) run_thread(equal_bursts, NULL); /* each thread leaves its share to the next */
  require_back(before);
}

static void* mixed_bursts(void* none) {
  uint64_t before = 0;
  for (int round = 0; round < 2 * ROUNDS; round++) {
    if (round == ROUNDS) before = pages_born();
    for (int i = 0; i < 300; i++) blocks[i] = mica_malloc((size_t)(16 + i * 37 % 1024));
    give(300, round % 2 != 0 ? 7 : 1);
    require_budget(mica_theap_mine());
  }
  cr_assert_eq(pages_born(), before, "pages are made for a burst that was learned");
  return none;
}

Test(cache, a_burst_of_few_blocks_a_class_is_kept) {
  const in_use_t before = in_use();
  if (MICA_PAD == 0) run_thread(mixed_bursts, NULL);
  require_back(before);
}

/* The program moves on from class to class: each takes from what is not used any more. */
static void* class_after_class(void* none) {
  for (size_t size = 64; size <= 4096; size *= 2) {
    uint64_t before = 0;
    const int n = 6 * KiB * KiB / (int)size < LONG ? 6 * KiB * KiB / (int)size : LONG;
    for (int round = 0; round < ROUNDS; round++) {
      take(size, n);
      if (round == ROUNDS / 2) before = pages_born();
      give(n, 1);
      require_budget(mica_theap_mine());
    }
    if (!MICA_EXAMINES) REQUIRE(pages_born() == before, "%zu bytes: not kept", size);
  }
  return none;
}

Test(cache, what_is_not_used_any_more_makes_room) {
  const in_use_t before = in_use();
  run_thread(class_after_class, NULL);
  require_back(before);
}

static sem_t learned, done;

static void* learn_and_wait(void* none) {
  for (int round = 0; round < ROUNDS; round++) {
    take(1024, 4 * KiB);
    give(4 * KiB, 1);
  }
  sem_post(&learned);
  while (sem_wait(&done) != 0) continue;
  return none;
}

/* In the child of a fork nobody has the other thread's share. */
static void in_child(void* none) {
  (void)none;
  const size_t size = 1024, n = 8000;
  for (int round = 0; round < ROUNDS; round++) {
    take(size, (int)n);
    give((int)n, 1);
  }
  _exit(MICA_EXAMINES || mica_theap_mine()->kept_bytes >= 7 * KiB * KiB ? 0 : 1);
}

Test(cache, a_child_has_the_whole_budget) {
  pthread_t thread;
  REQUIRE(sem_init(&learned, 0, 0) == 0 && sem_init(&done, 0, 0) == 0, "no semaphore");
  REQUIRE(pthread_create(&thread, NULL, learn_and_wait, NULL) == 0, "no thread");
  while (sem_wait(&learned) != 0) continue;
  const pid_t pid = fork();
  if (pid == 0) in_child(NULL);
  int status = -1;
  REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "status %d", status);
  sem_post(&done);
  pthread_join(thread, NULL);
}

/* ---- what is not kept ---- */

/* Few scattered blocks in a cache would keep all their pages. */
static void* scattered(void* none) {
  for (int round = 0; round < ROUNDS; round++) {
    take(SIZE, MANY / 2);
    give(MANY / 2, 7);
  }
  for (int round = 0; round < ROUNDS; round++) {
    void* one = mica_malloc(SIZE); /* in every second round the class stays in use */
    if (round % 2 != 0) mica_free(one);
    take(SIZE, FAR);
    give(FAR, 9973);
    const mica_theap_t* theap = mica_theap_mine();
    REQUIRE(theap->owned_bytes <= 5 * KiB * KiB, "round %d: %zu bytes stay", round, theap->owned_bytes);
    if (round % 2 == 0) mica_free(one);
    REQUIRE(theap->owned_bytes <= 5 * KiB * KiB, "round %d: then %zu bytes stay", round, theap->owned_bytes);
    for (int i = 0; i < ROUNDS; i++) {
      take(SIZE, MANY / 2);
      give(MANY / 2, 7);
    }
  }
  return none;
}

Test(cache, a_burst_beyond_the_budget_goes_home_whole) {
  const in_use_t before = in_use();
  run_thread(scattered, NULL);
  require_back(before);
}

/* All fits into the cache, but lies scattered over the pages of what there was before. */
static void* thin(void* another) {
  enum { PART = 25, LEFT = FAR / PART };
  static void *left[LEFT], *more[LEFT / 2];
  void* one = another != NULL ? mica_malloc(SIZE) : NULL; /* the class stays in use */
  take(SIZE, FAR);
  for (int i = 0; i < FAR; i++)
    if (i % PART == 0)
      left[i / PART] = blocks[i];
    else
      mica_free(blocks[i]);
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < LEFT / 2; i++) more[i] = mica_malloc(SIZE);
    for (int i = 0; i < LEFT / 2; i++) mica_free(more[i]);
  }
  const mica_theap_t* theap = mica_theap_mine();
  REQUIRE(MICA_EXAMINES || theap->bin[class_of(SIZE)].kept, "the bursts were not learned");
  for (int i = 0; i < LEFT; i++) mica_free(left[i]);
  REQUIRE(theap->owned_bytes <= 4 * KiB * KiB, "%zu bytes stay", theap->owned_bytes);
  mica_free(one);
  return another;
}

Test(cache, what_lies_scattered_over_many_pages_goes_home) {
  const in_use_t before = in_use();
  run_thread(thin, NULL);
  run_thread(thin, blocks);
  require_back(before);
}

enum { LARGE = 1500, PRODUCED = 5000 };

static void* give_all(void* none) {
  give(PRODUCED, 1);
  return none;
}

/* Others free all of it: so there is enough to be drawn. */
static void* only_allocate(void* none) {
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < PRODUCED; i++) {
      blocks[i] = mica_malloc(LARGE);
      const unsigned n = length_of(mica_theap_mine()->cache[class_of(LARGE)].head);
      REQUIRE(n < 16, "%u blocks are had ready", n);
    }
    run_thread(give_all, NULL);
  }
  return none;
}

Test(cache, who_only_allocates_hoards_nothing) {
  const in_use_t before = in_use();
  run_thread(only_allocate, NULL);
  require_back(before);
}

/* Blocks of random classes replaced at random: each class' number goes up and down, but swings little. */
static void* churn(void* none) {
  enum { CLASSES = 32, LIVE = 300 * CLASSES };
  uint64_t x = 88172645463325252;
  for (int i = 0; i < LIVE; i++) blocks[i] = mica_malloc((size_t)(512 + i % CLASSES * 16));
  for (int i = 0; i < 3000000; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    mica_free(blocks[(x >> 32) % LIVE]);
    blocks[(x >> 32) % LIVE] = mica_malloc((size_t)(512 + (x >> 20) % CLASSES * 16));
  }
  REQUIRE(mica_theap_mine()->kept_bytes <= OWN, "%zu bytes are kept", mica_theap_mine()->kept_bytes);
  give(LIVE, 1);
  return none;
}

Test(cache, random_steps_keep_little) {
  const in_use_t before = in_use();
  run_thread(churn, NULL);
  require_back(before);
}

/* ---- fills ---- */

/* The active page has a few blocks more than a fill wants, and many pages are ready. */
static void* fill_from_many(void* none) {
  const unsigned class = class_of(SIZE), most = mica_classes[class].cache_max + mica_classes[class].cache_max / 2u;
  for (int i = 0; i < MANY; i++) blocks[i] = mica_malloc(SIZE);
  for (unsigned want = 20; want <= 100; want += 4) {
    const mica_theap_t* heap = mica_theap_mine();
    const mica_page_t* active = heap->bin[class].active;
    unsigned k = 0;
    for (int i = 0; i < MANY; i++) {
      const bool of_active = blocks[i] != NULL && mica_page_of(blocks[i]) == active;
      if (blocks[i] == NULL || (of_active ? k++ >= want : i % 3 == 0)) continue;
      mica_free(blocks[i]);
      blocks[i] = NULL;
    }
    mica_collect(false); /* what is cached goes home */
    for (int i = 0; i < MANY; i++) {
      if (blocks[i] != NULL) continue;
      const bool filled = heap->cache[class].head == NULL;
      blocks[i] = mica_malloc(SIZE);
      if (filled) REQUIRE(length_of(heap->cache[class].head) < most, "%u: the list is long", want);
    }
  }
  for (int i = 0; i < MANY; i++) mica_free(blocks[i]);
  return none;
}

Test(cache, a_fill_takes_what_it_wants_and_no_more) {
  const in_use_t before = in_use();
  run_thread(fill_from_many, NULL);
  require_back(before);
}

static void free_again(void* p) { mica_free(p); }

Test(cache, a_block_freed_before_is_found_far_down_the_cache) {
  char words[1000];
  if (!MICA_EXAMINES) return;
  take(SIZE, BURST + 1);
  for (int i = 0; i < 20; i++) mica_free(blocks[i]); /* half of what a cache keeps when it overflows */
  dying_words(free_again, blocks[0], words, sizeof words);
  cr_assert_not_null(strstr(words, "freed before"), "not noticed: \"%s\"", words);
}

static void* leave_all(void* none) {
  take(SIZE, MANY);
  return none;
}

/* In the heap of the thread that left them, which has never filled a cache of the class for this one. */
static void* only_free(void* none) {
  mica_free(mica_malloc(5000));
  const mica_theap_t* theap = mica_theap_mine();
  for (int i = 0; i < MANY; i++) {
    mica_free(blocks[i]);
    const unsigned length = mica_cache_length(theap, class_of(SIZE));
    REQUIRE(length <= mica_classes[class_of(SIZE)].cache_max, "%u blocks are cached", length);
  }
  return none;
}

Test(cache, a_thread_that_only_frees_what_another_left_does_not_hoard) {
  const in_use_t before = in_use();
  run_thread(leave_all, NULL);
  run_thread(only_free, NULL);
  require_back(before);
}
