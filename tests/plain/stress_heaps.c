/* stress_heaps.c -- 64 heaps, each used by 8 threads and then destroyed, or deleted, while all threads go on in the others: no
 * block is overwritten, none outlives its heap, none that was deleted with its heap is lost.
 *
 * A heap stands in a house with a door: threads count themselves in and out. Who leaves and finds that all threads have been
 * there may shut the door if nobody is inside; then the heap ends, a new one moves in and the door is open again. Nobody waits:
 * who finds a door shut goes on to another. So every allocation in a heap, and every free into it, comes before its end.
 * What a deleted heap leaves behind goes to an attic, where all threads free it, whatever the doors say.
 * A round: as many heaps as there are houses have ended. 10,000 rounds: stress_heaps 1 4000 */
#include "tests/stress/stress.h"

enum {
  HOUSES = 64,
  HOUSES_LEAST = 8,
  THREADS = 8,
  SLOTS = 48,
  ATTIC = 4096,
  ROUNDS = 250,
  VISIT = 24,
  GENERATIONS = 5
};
#define SHUT ((uint32_t)1 << 31)
#define ALL_THREADS (((uint32_t)1 << THREADS) - 1)

typedef struct house_s {
  _Alignas(128) _Atomic(uint32_t) door; /* threads inside, or SHUT */
  _Atomic(uint32_t) been;               /* a bit for each thread that has allocated in this heap */
  mi_heap_t* heap;
  stress_slot_t slots[SLOTS];
} house_t;

static house_t houses[HOUSES];
static size_t in_use; /* houses: all, unless the program is scaled down a lot */
static stress_slot_t attic[ATTIC];
static _Atomic(uint64_t) ended, wanted; /* heaps */
static _Atomic(uint64_t) destroyed_blocks, left_blocks;

/* relaxed: figures. What it was before. */
static uint64_t count(_Atomic(uint64_t)* figure, uint64_t n) {
  return atomic_fetch_add_explicit(figure, n, memory_order_relaxed);
}
static uint64_t counted(_Atomic(uint64_t)* figure) { return atomic_load_explicit(figure, memory_order_relaxed); }

/* ---- doors ---- */

static bool enter(house_t* h) {
  uint32_t inside = atomic_load_explicit(&h->door, memory_order_relaxed); /* relaxed: the CAS decides */
  do {
    if ((inside & SHUT) != 0) return false;
    /* acquire: the heap, from who opened the door */
  } while (!atomic_compare_exchange_weak_explicit(&h->door, &inside, inside + 1, memory_order_acquire,
                                                  memory_order_relaxed));
  ORDER_RECEIVED(h);
  return true;
}

/* release: what was done inside comes before what is done by who shuts the door */
static void leave(house_t* h) {
  ORDER_SENT(h);
  atomic_fetch_sub_explicit(&h->door, 1, memory_order_release);
}

/* Fails if somebody is inside. acquire: what all have done who were. */
static bool shut(house_t* h) {
  uint32_t nobody = 0;
  if (!atomic_compare_exchange_strong_explicit(&h->door, &nobody, SHUT, memory_order_acquire, memory_order_relaxed))
    return false;
  ORDER_RECEIVED(h);
  return true;
}

/* release: the new heap, for who enters */
static void move_in(house_t* h) {
  h->heap = mi_heap_new();
  WALK_IS(h->heap != NULL, "no memory for a heap");
  atomic_store_explicit(&h->been, 0, memory_order_relaxed); /* relaxed: the door brings it */
  ORDER_SENT(h);
  atomic_store_explicit(&h->door, 0, memory_order_release);
}

/* ---- in a heap ---- */

/* Scaled down, smaller ones, too: to DRD each byte is work. */
static size_t any_size(stress_rng_t* rng) {
  const bool all = in_use == HOUSES;
  return stress_fit(stress_size(rng, stress_one_in(rng, 500) ? (all ? 3 << 20 : 70000) : all ? 20000 : 2000));
}

static uintptr_t make(mi_heap_t* heap, stress_rng_t* rng) {
  const size_t size = any_size(rng), align = stress_align(rng), offset = 16 * stress_below(rng, 4);
  const uint64_t number = stress_next(rng);
  char* p;
  switch (stress_below(rng, 8)) {
  case 0:
    p = mi_heap_calloc(heap, 1, size);
    if (p != NULL) stress_is_zero(p, mi_usable_size(p));
    break;
  case 1:
    p = mi_heap_malloc_aligned(heap, size, align);
    WALK_IS((uintptr_t)p % align == 0, "block %p is not aligned to %zu", (void*)p, align);
    break;
  case 2:
    p = mi_heap_malloc_aligned_at(heap, size, 64, offset);
    WALK_IS(((uintptr_t)p + offset) % 64 == 0, "block %p + %zu is not aligned", (void*)p, offset);
    break;
  default: p = mi_heap_malloc(heap, size);
  }
  return stress_word(p, size, number);
}

/* The block stays in its heap. */
static uintptr_t resize(mi_heap_t* heap, uintptr_t word, stress_rng_t* rng) {
  const size_t old = stress_verify(word), size = any_size(rng);
  char* p = mi_heap_realloc(heap, stress_block(word), size);
  WALK_IS(p != NULL, "no memory for %zu bytes", size);
  if ((word & 15) == 0 && size >= 16) {
    stress_header_t header;
    memcpy(&header, p, sizeof header);
    WALK_IS(header.size == old, "realloc: block %p has lost its beginning", (void*)p);
    stress_verify_part(p, size);
  }
  return stress_word(p, size, stress_next(rng));
}

static void visit(house_t* h, stress_rng_t* rng) {
  for (size_t i = 1 + stress_below(rng, VISIT); i != 0; i--) {
    stress_slot_t* slot = &h->slots[stress_below(rng, SLOTS)];
    const uintptr_t old = stress_swap(slot, 0);
    if (old != 0 && stress_one_in(rng, 4)) {
      WALK_IS(mi_heap_contains(h->heap, stress_block(old)), "block %p is not in its heap", (void*)stress_block(old));
      stress_free(stress_swap(slot, resize(h->heap, old, rng)));
      continue;
    }
    stress_free(old);
    if (!stress_one_in(rng, 5)) stress_free(stress_swap(slot, make(h->heap, rng)));
  }
}

/* ---- a heap's end ---- */

/* A destroyed heap takes all its blocks along: the mark tells of one that is in use afterwards. */
static void destroy_heap(house_t* h) {
  uint64_t n = 0;
  for (size_t i = 0; i < SLOTS; i++) {
    const uintptr_t word = stress_swap(&h->slots[i], 0);
    if (word == 0) continue;
    stress_verify(word);
    walk_mark(stress_block(word));
    n++;
  }
  mi_heap_destroy(h->heap);
  count(&destroyed_blocks, n);
}

static void delete_heap(house_t* h, stress_rng_t* rng) {
  uint64_t n = 0;
  mi_heap_delete(h->heap);
  for (size_t i = 0; i < SLOTS; i++) {
    const uintptr_t word = stress_swap(&h->slots[i], 0);
    if (word == 0) continue;
    stress_free(stress_swap(&attic[stress_below(rng, ATTIC)], word));
    n++;
  }
  count(&left_blocks, n);
}

/* Every fourth heap that ends is deleted: by count, for a scaled down run has few, and both ends are to be seen. */
static void end_heap(house_t* h, stress_rng_t* rng) {
  if (count(&ended, 1) % 4 == 0)
    delete_heap(h, rng);
  else
    destroy_heap(h);
}

static void run(stress_thread_t* t) {
  stress_rng_t* rng = &t->rng;
  while (counted(&ended) < counted(&wanted)) {
    house_t* h = &houses[stress_below(rng, in_use)];
    stress_free(stress_swap(&attic[stress_below(rng, ATTIC)], stress_make(rng, stress_size(rng, 4000))));
    stress_free(stress_swap(&attic[stress_below(rng, ATTIC)], 0));
    if (!enter(h)) continue;
    visit(h, rng);
    /* relaxed: the door orders it */
    const uint32_t bit = (uint32_t)1 << t->number, been = atomic_fetch_or_explicit(&h->been, bit, memory_order_relaxed);
    leave(h);
    if ((been | bit) != ALL_THREADS || !shut(h)) continue;
    end_heap(h, rng);
    move_in(h);
  }
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_heaps");
  stress_rng_t rng = stress_rng(&s, 0);
  const uint64_t rounds = stress_scaled(&s, ROUNDS);
  const size_t houses_wanted = stress_scaled(&s, 25 * (size_t)HOUSES);
  in_use = houses_wanted < HOUSES_LEAST ? HOUSES_LEAST : houses_wanted < HOUSES ? houses_wanted : HOUSES;
  for (size_t i = 0; i < in_use; i++) move_in(&houses[i]);
  for (uint64_t g = 1; g <= GENERATIONS; g++) { /* the heaps go on when their threads have ended */
    atomic_store_explicit(&wanted, in_use * rounds * g / GENERATIONS,
                          memory_order_relaxed); /* relaxed: before the threads */
    stress_threads(&s, THREADS, run);
    walk();
  }
  for (size_t i = 0; i < in_use; i++) end_heap(&houses[i], &rng);
  stress_free_slots(attic, ATTIC);
  stress_quiet(&s);
  CHECK(counted(&ended) >= in_use * (rounds + 1));
  CHECK(counted(&destroyed_blocks) > 0 && counted(&left_blocks) > 0);
  SHOWN("stress_heaps: heaps are used by 8 threads and end while all go on in others; no block is overwritten or lost");
  return 0;
}
