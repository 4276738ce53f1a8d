/* stress_churn_threads.c -- waves of short threads that take over the blocks of those before them: they free and reallocate
 * them, leave while others free into their pages, and allocate on after their heap is gone. No block is overwritten or lost. */
#include "tests/stress/stress.h"

enum { SLOTS = 3000, WAVES = 60, WIDTH = 16, OPERATIONS = 300, LATE = 40, LATE_ROUNDS = 3, MOST = 20000 };

static stress_slot_t slots[SLOTS];
static pthread_key_t late_key;

static void churn(stress_rng_t* rng, size_t operations) {
  for (; operations != 0; operations--) {
    stress_slot_t* slot = &slots[stress_below(rng, SLOTS)];
    const size_t size = stress_one_in(rng, 200) ? stress_below(rng, 1 << 20) : stress_size(rng, MOST);
    const uintptr_t word = stress_swap(slot, 0);
    if (word != 0 && stress_one_in(rng, 2))
      stress_free(stress_swap(slot, stress_realloc(word, size, stress_next(rng))));
    else
      stress_free(word);
    if (stress_one_in(rng, 2)) stress_free(stress_swap(slot, stress_make(rng, size)));
  }
}

typedef struct late_s {
  stress_rng_t rng;
  int rounds;
} late_t;

/* Runs again in each of the rounds that the C library grants: before the thread's heap goes, and after. */
static void late(void* arg) {
  late_t* l = arg;
  churn(&l->rng, LATE);
  if (--l->rounds == 0)
    mi_free(l);
  else
    CHECK(pthread_setspecific(late_key, l) == 0);
}

static void run(stress_thread_t* t) {
  if (t->number % 4 == 0) {
    late_t* l = mi_malloc(sizeof *l);
    CHECK(l != NULL);
    *l = (late_t){{stress_next(&t->rng)}, 1 + (int)stress_below(&t->rng, LATE_ROUNDS)};
    CHECK(pthread_setspecific(late_key, l) == 0);
  }
  churn(&t->rng, stress_below(&t->rng, 2 * OPERATIONS));
  if (stress_one_in(&t->rng, 8)) mi_collect(false);
  if (stress_one_in(&t->rng, 8)) mi_thread_done();
}

/* Threads overlap: each is joined only when its place is needed again. */
static void waves(const stress_t* s) {
  stress_thread_t threads[WIDTH];
  const size_t n = stress_scaled(s, WAVES) * WIDTH;
  for (size_t i = 0; i < n; i++) {
    if (i >= WIDTH) stress_join(&threads[i % WIDTH]);
    stress_start(s, &threads[i % WIDTH], i, n, run);
  }
  for (size_t i = 0; i < WIDTH; i++) stress_join(&threads[i]);
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_churn_threads");
  CHECK(pthread_key_create(&late_key, late) == 0);
  for (int round = 0; round < 3; round++) {
    waves(&s);
    walk();
    stress_free_slots(slots, SLOTS);
    stress_quiet(&s);
  }
  const uint64_t heaps = mica_counted(MICA_COUNTER_THEAPS);
  WALK_IS(heaps <= 4 * WIDTH, "%llu heaps were made", (unsigned long long)heaps);
  SHOWN("stress_churn_threads: short threads inherit blocks and leave while others free theirs; none is overwritten or "
        "lost");
  return 0;
}
