/* vectors.c -- several vectors grow alternately, by a factor, and are filled.
 *
 * usage: vectors [ROUNDS [VECTORS [LARGEST_MIB]]]         default 130 8 4
 * In a round each of VECTORS grows from 16 bytes until it has LARGEST_MIB MiB, by turns: it is reallocated to twice its size
 * (every other one: to one and a half times), and filled with numbers; then all are checked and given back.
 * `time` is milliseconds of wall time per round. */
#include BENCH_BLOCKS

enum { SMALLEST = 16 / sizeof(uint64_t), MOST = 64, CHECK_STEP = 512 };

/* The element 0 is not used: block_resize writes the first byte. */
struct vector {
  uint64_t* elements;
  size_t count;
};

static size_t next_count(size_t number, size_t count, size_t largest) {
  size_t next = number % 2 == 0 ? count * 2 : count + (count + 1) / 2;
  return count == 0 ? SMALLEST : next < largest ? next : largest;
}

static void vector_grow(struct vector* v, size_t number, size_t largest) {
  size_t count = next_count(number, v->count, largest);
  v->elements = (uint64_t*)(void*)block_resize((char*)v->elements, count * sizeof(uint64_t));
  for (size_t i = v->count; i < count; i++) v->elements[i] = number + i;
  v->count = count;
}

static void vector_end(struct vector* v, size_t number) {
  for (size_t i = v->count - 1; i > 0; i = i > CHECK_STEP ? i - CHECK_STEP : 0) {
    if (v->elements[i] != number + i) give_up("a vector has lost its content");
  }
  block_release((char*)v->elements);
  *v = (struct vector){NULL, 0};
}

int main(int argc, char** argv) {
  size_t rounds = argument(argc, argv, 1, 130);
  size_t vectors = argument(argc, argv, 2, 8);
  size_t largest = (argument(argc, argv, 3, 4) << 20) / sizeof(uint64_t);
  static struct vector all[MOST];
  if (rounds == 0 || vectors == 0 || vectors > MOST || largest == 0) give_up("arguments");
  blocks_begin(largest * sizeof(uint64_t), 0);
  struct measured begun = measured_begin();
  for (size_t round = 0; round < rounds; round++) {
    for (size_t growing = vectors; growing > 0;) {
      growing = 0;
      for (size_t i = 0; i < vectors; i++) {
        if (all[i].count == largest) continue;
        vector_grow(&all[i], i, largest);
        growing++;
      }
    }
    for (size_t i = 0; i < vectors; i++) vector_end(&all[i], i);
  }
  report_wall(&begun, 1e3 / (double)rounds);
  return 0;
}
