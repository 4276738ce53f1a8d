/* mp_pool.c -- a program written to the small pool of reference-counted blocks: it uses every call, by several threads at once,
 * too, and checks contents, alignment, that blocks whose count has reached 0 are used again, and that nothing is left over.
 *
 * mi_pool_stat and mi_pool_get_used, which take the same pool, tell the figures. */

#include <mp_pool.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { LIVE = 64, STEPS = 40000, THREADS = 4 };

typedef struct {
  unsigned char* p;
  size_t size;
  unsigned char byte;
} piece_t;

static bool is_all(const unsigned char* p, unsigned char byte, size_t size) {
  while (size > 0 && p[size - 1] == byte) size--;
  return size == 0;
}

static unsigned next_random(unsigned* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static mi_pool_stat_t figures(mp_pool_t* pool) {
  mi_pool_stat_t stat;
  mi_pool_stat(pool, &stat);
  CHECK(stat.total == mi_pool_get_used(pool));
  return stat;
}

/* One way or another; what is to be zero is looked at. */
static piece_t allocate(struct mp_pool_s* pool, unsigned* state) {
  const unsigned way = next_random(state) % 8;
  const size_t alignment = (size_t)32 << next_random(state) % 6;
  piece_t piece = {NULL, next_random(state) % 100 == 0 ? 5000 + next_random(state) % 50000 : next_random(state) % 700,
                   (unsigned char)next_random(state)};
  if (way < 4) {
    piece.p = mp_malloc(pool, piece.size);
    CHECK((uintptr_t)piece.p % MP_ALIGNMENT == 0);
  } else if (way < 6) {
    piece.p = mp_nalloc(pool, piece.size);
  } else if (way < 7) {
    piece.p = mp_calloc(pool, piece.size);
    CHECK(piece.p != NULL && (uintptr_t)piece.p % MP_ALIGNMENT == 0 && is_all(piece.p, 0, piece.size));
  } else {
    piece.p = mp_memalign(pool, piece.size, alignment);
    CHECK(piece.p == mp_align_ptr(piece.p, alignment));
  }
  CHECK(piece.p != NULL);
  memset(piece.p, piece.byte, piece.size);
  return piece;
}

/* Pieces that are freed in any order; never more than LIVE of them. */
static void any_order(struct mp_pool_s* pool, unsigned seed) {
  piece_t pieces[LIVE] = {{NULL, 0, 0}};
  unsigned state = seed;
  for (int step = 0; step < STEPS; step++) {
    piece_t* const piece = &pieces[next_random(&state) % LIVE];
    CHECK(is_all(piece->p, piece->byte, piece->size));
    mp_free(pool, piece->p);
    *piece = allocate(pool, &state);
  }
  for (int i = 0; i < LIVE; i++) {
    CHECK(is_all(pieces[i].p, pieces[i].byte, pieces[i].size));
    mp_free(pool, pieces[i].p);
  }
}

/* A pool in which nothing lives any more gives out the same blocks again: it does not grow. */
static void used_again(void) {
  mp_pool_t* const pool = mp_create_pool(MP_PAGE_SIZE);
  size_t held = 0;
  CHECK(pool != NULL && mi_pool_max(pool) <= MP_MAX_ALLOC_FROM_POOL && mi_pool_max(pool) > MP_PAGE_SIZE / 2);
  for (int round = 0; round < 1000; round++) {
    void* p[100];
    for (int i = 0; i < 100; i++) CHECK((p[i] = mp_malloc(pool, 200)) != NULL);
    CHECK(figures(pool).live == 100 && figures(pool).large == 0);
    for (int i = 0; i < 100; i++) mp_free(pool, p[i * 37 % 100]);
    CHECK(figures(pool).live == 0);
    if (round == 9) held = figures(pool).total;
  }
  CHECK(held >= 100 * 200 && figures(pool).total == held);
  mp_destroy_pool(pool);
}

static void large_and_reset(void) {
  mp_pool_t* const pool = mp_create_pool(100); /* as small as a page at least */
  unsigned char* small;
  CHECK(pool != NULL);
  for (int round = 0; round < 20; round++) {
    const size_t before = figures(pool).total;
    unsigned char* const large = mp_malloc(pool, 1 << 20);
    small = mp_malloc(pool, mi_pool_max(pool));
    CHECK(large != NULL && small != NULL);
    memset(large, 1, 1 << 20);
    memset(small, 2, mi_pool_max(pool));
    CHECK(figures(pool).large == 1 && figures(pool).total >= before + (1 << 20));
    mp_free(pool, large);
    CHECK(figures(pool).large == 0 && figures(pool).total < 1 << 20 && is_all(small, 2, mi_pool_max(pool)));
    CHECK(mp_calloc(pool, 300000) != NULL && mp_nalloc(pool, 10) != NULL);
    mp_reset_pool(pool);
    CHECK(figures(pool).large == 0 && figures(pool).live == 0);
  }
  mp_free(pool, NULL);
  mp_destroy_pool(pool);
  mp_destroy_pool(NULL);
}

/* The title is the first line on stdout, the table follows. */
static void monitored(void) {
  mp_pool_t* const pool = mp_create_pool(MP_PAGE_SIZE);
  FILE* const file = tmpfile();
  const int out = dup(1);
  char text[2000] = "";
  CHECK(pool != NULL && file != NULL && out > 0 && mp_malloc(pool, 123) != NULL);
  CHECK(dup2(fileno(file), 1) == 1);
  mp_monitor_pool(pool, "a title");
  CHECK(fflush(stdout) == 0 && dup2(out, 1) == 1 && close(out) == 0);
  rewind(file);
  CHECK(fread(text, 1, sizeof text - 1, file) > 0 && strncmp(text, "a title\n", 8) == 0 &&
        strchr(text + 8, '\n') != NULL);
  CHECK(fclose(file) == 0);
  mp_destroy_pool(pool);
}

typedef struct {
  mp_pool_t* pool;
  unsigned seed;
} task_t;

static void* task(void* arg) {
  const task_t* const t = arg;
  any_order(t->pool, t->seed);
  return NULL;
}

static void by_threads(void) {
  mp_pool_t* const pool = mp_create_pool(4 * MP_PAGE_SIZE);
  pthread_t threads[THREADS];
  task_t tasks[THREADS];
  CHECK(pool != NULL);
  for (unsigned i = 0; i < THREADS; i++) {
    tasks[i] = (task_t){pool, i + 1};
    CHECK(pthread_create(&threads[i], NULL, task, &tasks[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(figures(pool).live == 0 && figures(pool).large == 0);
  mp_destroy_pool(pool);
}

int main(void) {
  mp_pool_t* const pool = mp_create_pool(MP_PAGE_SIZE);
  CHECK(pool != NULL);
  any_order(pool, 7);
  CHECK(figures(pool).live == 0 && figures(pool).large == 0);
  mp_destroy_pool(pool);
  used_again();
  large_and_reset();
  monitored();
  by_threads();
  SHOWN("mp_pool: ok");
  return 0;
}
