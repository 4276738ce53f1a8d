/* arrange.h -- the order in which the blocks of a resident-size check are freed. */
#ifndef MICA_TESTS_MEMORY_ARRANGE_H
#define MICA_TESTS_MEMORY_ARRANGE_H
#include "../../bench/measure.h"

static inline void shuffle(char** blocks, size_t count) {
  uint64_t random = random_seed(7);
  for (size_t i = count; i > 1; i--) {
    size_t other = random_below(random_next(&random), i);
    char* block = blocks[i - 1];
    blocks[i - 1] = blocks[other];
    blocks[other] = block;
  }
}

static inline void reverse(char** blocks, size_t count) {
  for (size_t i = 0; i < count / 2; i++) {
    char* block = blocks[i];
    blocks[i] = blocks[count - 1 - i];
    blocks[count - 1 - i] = block;
  }
}

/* Puts the blocks into the order in which they are to be freed: "in-order", "reverse" or "random". */
static inline void arrange(const char* order, char** blocks, size_t count) {
  if (strcmp(order, "reverse") == 0) {
    reverse(blocks, count);
  } else if (strcmp(order, "random") == 0) {
    shuffle(blocks, count);
  } else if (strcmp(order, "in-order") != 0) {
    give_up("order: in-order, reverse or random");
  }
}

static inline const char* order_argument(int argc, char** argv) { return argc > 1 ? argv[1] : "in-order"; }

#endif
