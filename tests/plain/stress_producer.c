/* stress_producer.c -- producers allocate, consumers only free: rings of slots between each two of them. No block is
 * overwritten, none is lost, and what is in use meanwhile stays bounded. */
#include "tests/stress/stress.h"

enum { PRODUCERS = 4, CONSUMERS = 3, RING = 256, BLOCKS = 800000 };

/* Written at head by one producer, read at tail by one consumer; a slot of 0 is free. */
typedef struct ring_s {
  stress_slot_t slots[RING];
  size_t head;
  _Alignas(64) size_t tail;
} ring_t;

static ring_t rings[PRODUCERS][CONSUMERS];
static _Atomic(unsigned) producing;

static bool put(ring_t* ring, uintptr_t word) {
  stress_slot_t* slot = &ring->slots[ring->head % RING];
  if (atomic_load_explicit(slot, memory_order_relaxed) != 0)
    return false; /* relaxed: a look; nothing follows from it */
  stress_swap(slot, word);
  ring->head++;
  return true;
}

static uintptr_t get(ring_t* ring) {
  stress_slot_t* slot = &ring->slots[ring->tail % RING];
  if (atomic_load_explicit(slot, memory_order_relaxed) == 0) return 0; /* relaxed: as above */
  ring->tail++;
  return stress_swap(slot, 0);
}

static void produce(stress_thread_t* t) {
  const size_t most = t->number % 2 == 0 ? 1024 : 16384;
  for (size_t i = stress_scaled(t->stress, BLOCKS); i != 0; i--) {
    const uintptr_t word = stress_malloc(stress_size(&t->rng, most), stress_next(&t->rng));
    size_t consumer = stress_below(&t->rng, CONSUMERS);
    while (!put(&rings[t->number][consumer], word)) {
      consumer = (consumer + 1) % CONSUMERS;
      sched_yield();
    }
  }
  atomic_fetch_sub_explicit(&producing, 1, memory_order_release); /* release: what was put, to who sees 0 */
}

/* Takes what there is; whether there was anything. */
static bool consume_once(size_t consumer) {
  bool any = false;
  for (size_t p = 0; p < PRODUCERS; p++)
    for (uintptr_t word; (word = get(&rings[p][consumer])) != 0; any = true) stress_free(word);
  return any;
}

static void consume(size_t consumer) {
  for (;;) {
    const bool over = atomic_load_explicit(&producing, memory_order_acquire) == 0; /* acquire: pairs with produce */
    if (consume_once(consumer)) continue;
    if (over) return;
    sched_yield();
  }
}

static void run(stress_thread_t* t) {
  if (t->number < PRODUCERS)
    produce(t);
  else
    consume(t->number - PRODUCERS);
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_producer");
  atomic_store_explicit(&producing, PRODUCERS, memory_order_relaxed); /* relaxed: before the threads start */
  stress_threads(&s, PRODUCERS + CONSUMERS, run);
  stress_quiet(&s);
  /* The gigabytes allocated in all would fill more; several threads that find no memory may make an arena each. */
  const uint64_t arenas = mica_counted(MICA_COUNTER_ARENAS);
  WALK_IS(arenas <= PRODUCERS + CONSUMERS, "%llu arenas", (unsigned long long)arenas);
  SHOWN("stress_producer: four threads allocate what three others free; none is overwritten or lost");
  return 0;
}
