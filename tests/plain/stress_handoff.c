/* stress_handoff.c -- blocks go one way, and come back through the allocator alone.
 *
 * Threads hand blocks over by a release store that an acquire load finds; the receiver empties the slot by a relaxed store,
 * writes into the block and frees it. So nothing orders what the receiver did before what is done with the block next, but the
 * orders of the page word: under ThreadSanitizer this program is silent only if they are right. Three ways back, each shown
 * by counts:
 *
 *   collect   the sender owns the page and takes what was pushed                       (push -> collect)
 *   take      the page was abandoned; one thread offers it, a second pushes after that, (push -> take, abandon -> take)
 *             a third takes it
 *   empty     the page was abandoned; the last thread to push gives the slices back,    (push -> empty, release -> claim)
 *             which a third claims
 *
 * Whatever else would order the threads is kept away: they tell each other of their progress by relaxed stores, all of them
 * have their heaps before the first block changes hands and keep them to the end, who pushes second never offers. */
#include "tests/stress/stress.h"

enum {
  SIZE = 1024, /* 63 in a page */
  PER_PAGE = 63,
  RING = 256,
  BLOCKS = 60000,
  MANY = 2000, /* handed over: 32 pages */
  MORE = 6000, /* 6 MiB: full pages that push the others out of what a heap retains */
  NEXT = 1000,
  AGAIN = 4000,
  ROUNDS = 3,
  THREADS = 4
};

static stress_slot_t slots[MANY];
static void* kept[MORE];
static uintptr_t next[AGAIN];
static _Atomic(unsigned) stage; /* relaxed throughout: it must order nothing */

static unsigned stage_now(void) { return atomic_load_explicit(&stage, memory_order_relaxed); }
static void stage_set(unsigned now) { atomic_store_explicit(&stage, now, memory_order_relaxed); }
static void stage_await(unsigned wanted) {
  while (stage_now() < wanted) sched_yield();
}

/* release: the block's contents and its page's lines, to who takes it */
static void hand_over(stress_slot_t* slot, uintptr_t word) {
  ORDER_SENT(stress_block(word));
  atomic_store_explicit(slot, word, memory_order_release);
}

/* 0: there is none yet. acquire: pairs with hand_over. The relaxed store tells the sender that the slot is free, and no more */
static uintptr_t take_over(stress_slot_t* slot) {
  const uintptr_t word = atomic_load_explicit(slot, memory_order_acquire);
  if (word == 0) return 0;
  ORDER_RECEIVED(stress_block(word));
  atomic_store_explicit(slot, 0, memory_order_relaxed);
  return word;
}

/* Writes all of it, and frees it. */
static void overwrite_and_free(uintptr_t word) {
  const size_t size = stress_verify(word);
  stress_fill(stress_block(word), size, word);
  stress_free(word);
}

/* ---- collect: thread 0 sends, thread 1 receives ---- */

static void send(const stress_t* s) {
  for (size_t i = 0; i < stress_scaled(s, BLOCKS); i++) {
    stress_slot_t* slot = &slots[i % RING];
    while (atomic_load_explicit(slot, memory_order_relaxed) != 0) sched_yield(); /* relaxed: see take_over */
    hand_over(slot, stress_malloc(SIZE, i));
  }
  stage_set(1);
}

static void receive(const stress_t* s) {
  for (size_t i = 0; i < stress_scaled(s, BLOCKS); i++) {
    uintptr_t word;
    while ((word = take_over(&slots[i % RING])) == 0) sched_yield();
    overwrite_and_free(word);
  }
  stage_await(1);
}

static void run_collect(stress_thread_t* t) {
  mi_thread_init();
  if (t->number == 0)
    send(t->stress);
  else
    receive(t->stress);
}

static void collect(const stress_t* s) {
  const uint64_t born = mica_counted(MICA_COUNTER_PAGES_BORN);
  stage_set(0);
  stress_threads(s, 2, run_collect);
  const uint64_t fresh = (mica_counted(MICA_COUNTER_PAGES_BORN) - born) * PER_PAGE, all = stress_scaled(s, BLOCKS);
  printf("stress_handoff: collect: %llu blocks handed over, %llu at least of them for the second time\n",
         (unsigned long long)all, (unsigned long long)(all > fresh ? all - fresh : 0));
  CHECK(all > 2 * fresh || s->scale < 10);
}

/* ---- take and empty: thread 0 sends; 1, then 2 receive; 3 allocates ---- */

enum { SENT = 1, FREED_FIRST, FREED_SECOND, OVER };

/* The first receiver's blocks. take: enough of each page for an offer; empty: too few. */
static bool is_first(size_t i, bool empty) { return empty ? i % 21 == 0 : i % 3 == 0; }
static bool is_second(size_t i, bool empty) { return empty ? i % 21 != 0 : i % 3 == 1; }

/* What is kept is not written to: a sanitizer remembers only so many accesses, and those to the pages' lines matter. */
static void send_many(void) {
  for (size_t i = 0; i < MANY; i++) hand_over(&slots[i], stress_malloc(SIZE, i));
  for (size_t i = 0; i < MORE; i++) kept[i] = mi_malloc(SIZE); /* the pages of the others are given up meanwhile */
  stage_set(SENT);
  stage_await(OVER);
  for (size_t i = 0; i < MORE; i++) mi_free(kept[i]);
}

static void receive_part(bool first, bool empty) {
  stage_await(first ? SENT : FREED_FIRST);
  for (size_t i = 0; i < MANY; i++)
    if (first ? is_first(i, empty) : is_second(i, empty)) overwrite_and_free(take_over(&slots[i]));
  mi_collect(false); /* what is on its way arrives */
  stage_set(first ? FREED_FIRST : FREED_SECOND);
  stage_await(OVER);
}

static uint64_t taken, gone; /* of thread 3 alone: pages that it took, and that the receivers gave back */

static void allocate(size_t count) {
  stage_await(FREED_SECOND);
  gone += mica_counted(MICA_COUNTER_PAGES_GONE);
  taken -= mica_counted(MICA_COUNTER_PAGES_RECLAIMED);
  for (size_t i = 0; i < count; i++) next[i] = stress_malloc(SIZE, i);
  taken += mica_counted(MICA_COUNTER_PAGES_RECLAIMED);
  stage_set(OVER);
  for (size_t i = 0; i < count; i++) stress_free(next[i]);
}

static _Atomic(unsigned) ready;

/* Everybody has a heap before anybody goes on. */
static void meet(void) {
  mi_thread_init();
  atomic_fetch_add_explicit(&ready, 1, memory_order_relaxed);                          /* relaxed: as stage */
  while (atomic_load_explicit(&ready, memory_order_relaxed) != THREADS) sched_yield(); /* relaxed: as stage */
}

static void run_part(const stress_thread_t* t, bool empty) {
  if (t->number == THREADS - 1) gone -= mica_counted(MICA_COUNTER_PAGES_GONE); /* before anybody frees */
  meet();
  switch (t->number) {
  case 0: send_many(); break;
  case 1: receive_part(true, empty); break;
  case 2: receive_part(false, empty); break;
  default: allocate(empty ? AGAIN : NEXT);
  }
}
static void run_take(stress_thread_t* t) { run_part(t, false); }
static void run_empty(stress_thread_t* t) { run_part(t, true); }

static void part(const stress_t* s, void (*run)(stress_thread_t*)) {
  taken = gone = 0;
  for (size_t i = stress_scaled(s, ROUNDS); i != 0; i--) {
    stage_set(0);
    atomic_store_explicit(&ready, 0, memory_order_relaxed); /* relaxed: before the threads start */
    stress_threads(s, THREADS, run);
    for (size_t k = 0; k < MANY; k++) stress_free(take_over(&slots[k]));
  }
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_handoff");
  collect(&s);
  part(&s, run_take);
  printf("stress_handoff: take: %llu abandoned pages taken\n", (unsigned long long)taken);
  CHECK(taken >= 10);
  part(&s, run_empty);
  printf("stress_handoff: empty: %llu pages given back by their last free\n", (unsigned long long)gone);
  CHECK(gone >= 10);
  fflush(stdout);
  stress_quiet(&s);
  SHOWN("stress_handoff: blocks handed over one way come back by collect, take and claim; none is overwritten or lost");
  return 0;
}
