/* stress_abandon.c -- many full pages of few classes, more than a heap retains: abandoned, freed into by their former owner and
 * others at once, offered, taken by whoever needs blocks, settled, given back in parts, filled again. No block is overwritten
 * or lost. */
#include "tests/stress/stress.h"

enum { REGIONS = 4, SLOTS = 40000, SLOTS_LEAST = 3000, ROUNDS = 1500, RUN_MOST = 2000, FEW = 100 };

static stress_slot_t slots[REGIONS][SLOTS];
static size_t in_use; /* slots of each region: all, unless the program is scaled down a lot */
static const size_t sizes[] = {32, 160, 480, 1536, 5000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* A run of slots beside one another: blocks of few pages. */
typedef struct run_s {
  stress_slot_t* first;
  size_t count;
} run_t;

static run_t any_run(stress_rng_t* rng, size_t region) {
  const size_t count = 1 + stress_below(rng, RUN_MOST);
  return (run_t){&slots[region][stress_below(rng, in_use - count)], count};
}

static size_t any_size(stress_rng_t* rng) { return sizes[stress_below(rng, SIZES)]; }

/* Fills the empty ones. */
static void fill(stress_rng_t* rng, run_t run, size_t size) {
  for (size_t i = 0; i < run.count; i++) /* relaxed: a look; the swap decides */
    if (atomic_load_explicit(&run.first[i], memory_order_relaxed) == 0)
      stress_free(stress_swap(&run.first[i], stress_malloc(size, stress_next(rng))));
}

/* Frees one in each `every`. */
static void empty(run_t run, size_t every) {
  for (size_t i = 0; i < run.count; i += every) stress_free(stress_swap(&run.first[i], 0));
}

static void run(stress_thread_t* t) {
  stress_rng_t* rng = &t->rng;
  const size_t home = t->number % REGIONS;
  for (size_t i = stress_scaled(t->stress, ROUNDS); i != 0; i--) {
    const size_t region = stress_one_in(rng, 2) ? home : stress_below(rng, REGIONS);
    switch (stress_below(rng, 8)) {
    case 0:
    case 1:
    case 2: fill(rng, any_run(rng, home), any_size(rng)); break;
    case 3: empty(any_run(rng, region), 1 + stress_below(rng, 100)); break;
    case 4: empty(any_run(rng, region), 2); break;
    case 5:
    case 6: empty(any_run(rng, region), 1); break;
    default:
      if (stress_one_in(rng, 20)) mi_thread_done(); /* settles all */
      if (stress_one_in(rng, 40)) mi_collect(true); /* parts of pages go back, of abandoned ones, too */
    }
  }
}

/* Fills a region from end to end. */
static void fill_all(stress_thread_t* t) {
  for (size_t from = 0; from < in_use; from += RUN_MOST) {
    const size_t rest = in_use - from;
    fill(&t->rng, (run_t){&slots[t->number][from], rest < RUN_MOST ? rest : RUN_MOST}, any_size(&t->rng));
  }
}

static void fill_first(stress_thread_t* t) { fill(&t->rng, (run_t){slots[0], in_use}, sizes[2]); }

/* Half of what a thread that is gone has left is freed: the next thread that needs such blocks finds its pages. */
static void found_again(const stress_t* s) {
  stress_threads(s, 1, fill_first);
  empty((run_t){slots[0], in_use}, 2);
  mi_collect(false);
  const uint64_t born = mica_counted(MICA_COUNTER_PAGES_BORN);
  stress_threads(s, 1, fill_first);
  const uint64_t more = mica_counted(MICA_COUNTER_PAGES_BORN) - born;
  WALK_IS(more <= 8, "%llu new pages where detached ones have room", (unsigned long long)more);
  stress_free_slots(slots[0], SLOTS);
  stress_quiet(s);
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_detach");
  const size_t wanted = 10 * stress_scaled(&s, SLOTS);
  in_use = wanted < SLOTS_LEAST ? SLOTS_LEAST : wanted > SLOTS ? SLOTS : wanted;
  for (int round = 0; round < 2; round++) {
    stress_threads(&s, REGIONS, fill_all);
    walk();
    stress_threads(&s, REGIONS, run);
    walk();
    for (size_t i = 0; i < REGIONS; i++) stress_free_slots(slots[i], SLOTS);
    stress_quiet(&s);
  }
  found_again(&s);
  const size_t few = in_use < SLOTS ? 1 : FEW;
  CHECK(mica_counted(MICA_COUNTER_PAGES_ABANDONED) > few);
  CHECK(mica_counted(MICA_COUNTER_PAGES_RECLAIMED) > few);
  SHOWN("stress_detach: full pages are given up, freed into, taken and filled again; no block is overwritten or lost");
  return 0;
}
