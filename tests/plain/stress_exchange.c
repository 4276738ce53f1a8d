/* stress_exchange.c -- 2, 8 and 32 threads allocate, reallocate and free blocks of all sizes and exchange them through shared
 * slots: no block is overwritten, and afterwards no block, slice or page is lost. */
#include "tests/stress/stress.h"

enum { SLOTS = 4096, OPERATIONS = 400000, HUGE_ONE_IN = 8192 };

static stress_slot_t slots[SLOTS];

static size_t any_size(stress_rng_t* rng) {
  if (stress_one_in(rng, HUGE_ONE_IN)) return stress_below(rng, 20u << 20);
  return stress_size(rng, 100 * 1024);
}

static void one(stress_thread_t* t) {
  stress_rng_t* rng = &t->rng;
  stress_slot_t* slot = &slots[stress_below(rng, SLOTS)];
  switch (stress_below(rng, 4)) {
  case 0: stress_free(stress_swap(slot, 0)); break;
  case 1: {
    const uintptr_t word = stress_swap(slot, 0);
    if (word != 0) stress_free(stress_swap(slot, stress_realloc(word, any_size(rng), stress_next(rng))));
    break;
  }
  default: stress_free(stress_swap(slot, stress_make(rng, any_size(rng))));
  }
}

static void run(stress_thread_t* t) {
  for (size_t i = stress_scaled(t->stress, OPERATIONS) / t->count; i != 0; i--) one(t);
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_exchange");
  static const size_t counts[] = {2, 8, 32};
  for (size_t i = 0; i < 3; i++) {
    stress_threads(&s, counts[i], run);
    walk();
    stress_free_slots(slots, SLOTS);
    stress_quiet(&s);
  }
  SHOWN("stress_exchange: 2, 8 and 32 threads exchange blocks of 0 bytes to 20 MiB; none is overwritten or lost");
  return 0;
}
