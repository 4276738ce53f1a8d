/* block_count_model.h -- the situations in which block_count.h is checked, with base/push_list.h for the chunks that come back.
 *
 * Thread 0 has a thread slot with one or two chunks; the others free blocks of them. What a block holds is a plain variable
 * of whoever has the block; what stands in a chunk's header is one of the thread slot's thread, or of who finds the chunk
 * empty: a block in two hands, a chunk in two, or one that is used again without order, is a data race. The functions below
 * are those of chunks.c.
 * Blocks pass between threads as the program hands them over, by a release and an acquire. At the end all blocks that
 * are still out are freed, and each chunk must be the thread slot's and empty, once. */
#ifndef BLOCK_COUNT_MODEL_H
#define BLOCK_COUNT_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

enum { BLOCKS = 3 };
typedef struct list_item_s {
  _Atomic(uint32_t) others;
  PW_VAR(struct list_item_s*) next; /* on the list of open chunks, or on `returned` */
  PW_VAR(int) last;                 /* blocks cut off so far */
  PW_VAR(uint32_t) given;
  PW_VAR(uint32_t) freed;
  PW_VAR(int) block[BLOCKS]; /* 1 + the thread that has it; 0: nobody */
} list_item_t;
#define LIST_NEXT(item) ((item)->next)
#include "base/push_list.h"
#include "pool/block_count.h"

#ifndef SITUATION
#define SITUATION 1
#endif
typedef list_item_t chunk_t;
enum { THREADS = 3, CHUNKS = SITUATION == 4 ? 2 : 1 };
typedef enum place_e { OPEN, RETIRED, EMPTY } place_t; /* as the thread slot's thread knows */

typedef struct model_s {
  chunk_t chunk[CHUNKS];
  _Atomic(chunk_t*) returned;
  _Atomic(int) sent[THREADS]; /* to this thread: 1 + the number of a block; 0: none */
  place_t place[CHUNKS];
} model_t;

/* ---- blocks, by number: chunk * BLOCKS + place ---- */

static inline int model_cut(model_t* m, int i, int t) {
  chunk_t* b = &m->chunk[i];
  MODEL_ASSERT(m->place[i] == OPEN);
  const int k = b->last;
  if (k == BLOCKS) return -1;
  b->last = k + 1;
  b->given = b->given + 1;
  MODEL_ASSERT(b->block[k] == 0);
  b->block[k] = t + 1;
  return i * BLOCKS + k;
}
/* The last use of a block that the thread has. */
static inline chunk_t* model_use(model_t* m, int block, int t) {
  chunk_t* b = &m->chunk[block / BLOCKS];
  MODEL_ASSERT(b->block[block % BLOCKS] == t + 1);
  b->block[block % BLOCKS] = 0;
  return b;
}
static inline void model_send(model_t* m, int block, int t) {
  if (block < 0) return;
  m->chunk[block / BLOCKS].block[block % BLOCKS] = t + 1;
  atomic_store_explicit(&m->sent[t], block + 1, memory_order_release);
}

/* ---- chunks ---- */

static inline void model_start(model_t* m, int i) {
  chunk_t* b = &m->chunk[i];
  for (int k = 0; k < BLOCKS; k++) MODEL_ASSERT(b->block[k] == 0);
  b->last = 0;
  b->given = 0u;
  b->freed = 0u;
  b->next = (chunk_t*)0;
  m->place[i] = OPEN;
  bc_start(&b->others);
}
/* By whoever finds it empty: it has the chunk alone. */
static inline void model_empty(chunk_t* b) {
  for (int k = 0; k < BLOCKS; k++) MODEL_ASSERT(b->block[k] == 0);
  b->last = 0;
}
static inline void model_retire(model_t* m, int i) {
  chunk_t* b = &m->chunk[i];
  m->place[i] = RETIRED;
  b->next = b; /* it leaves the list of open chunks */
  if (!bc_retire(&b->others, b->given - b->freed)) return;
  model_empty(b);
  m->place[i] = EMPTY;
}
static inline void model_restart(model_t* m, int i) {
  chunk_t* b = &m->chunk[i];
  if (b->given - b->freed == bc_others(&b->others)) model_start(m, i);
}
/* A block of a chunk that is open, by the thread slot's thread. */
static inline void model_free_own(model_t* m, int block) {
  chunk_t* b = model_use(m, block, 0);
  b->freed = b->freed + 1;
}
static inline void model_free(model_t* m, int block, int t) {
  chunk_t* b = model_use(m, block, t);
  if (!bc_free(&b->others)) return;
  model_empty(b);
  list_push(&m->returned, b);
}
static inline void model_reclaim(model_t* m) {
  chunk_t* next;
  for (chunk_t* b = list_take(&m->returned); b != (chunk_t*)0; b = next) {
    next = LIST_NEXT(b);
    const int i = (int)(b - m->chunk);
    MODEL_ASSERT(m->place[i] == RETIRED);
    m->place[i] = EMPTY;
    model_empty(b);
  }
}
/* Used again, if it is empty; true: it was. */
static inline bool model_again(model_t* m, int i) {
  if (m->place[i] == EMPTY) model_start(m, i);
  return m->place[i] == OPEN;
}
/* What was sent to the thread. */
static inline void model_free_sent(model_t* m, int t) {
  const int block = atomic_load_explicit(&m->sent[t], memory_order_acquire) - 1;
  if (block >= 0) model_free(m, block, t);
}

/* ---- situations: at first thread 1 has the first block of each chunk, thread 2 the second ---- */

static inline void model_setup(model_t* m) {
  atomic_store_explicit(&m->returned, (chunk_t*)0, memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) atomic_store_explicit(&m->sent[t], 0, memory_order_relaxed);
  for (int i = 0; i < CHUNKS; i++) {
    for (int k = 0; k < BLOCKS; k++) m->chunk[i].block[k] = 0;
    model_start(m, i);
    model_cut(m, i, 1);
    model_cut(m, i, 2);
  }
}

#if SITUATION == 1 /* retired, its own block freed before; used again if it is empty */
static inline void model_owner(model_t* m) {
  model_free_own(m, model_cut(m, 0, 0));
  model_retire(m, 0);
  model_reclaim(m);
  if (model_again(m, 0)) model_send(m, model_cut(m, 0, 1), 1);
}
#elif SITUATION == 2 /* its own block is freed after it was retired */
static inline void model_owner(model_t* m) {
  const int own = model_cut(m, 0, 0);
  model_retire(m, 0);
  model_free(m, own, 0);
  model_reclaim(m);
  if (model_again(m, 0)) model_cut(m, 0, 0);
}
#elif SITUATION == 3 /* begun again when all blocks are home, and retired after that */
static inline void model_owner(model_t* m) {
  model_restart(m, 0);
  model_send(m, model_cut(m, 0, 1), 1);
  model_restart(m, 0);
  model_retire(m, 0);
  model_reclaim(m);
  if (model_again(m, 0)) model_send(m, model_cut(m, 0, 2), 2);
}
#elif SITUATION == 4 /* two chunks, retired one after the other; the first that comes back is used again */
static inline void model_owner(model_t* m) {
  model_retire(m, 0);
  model_reclaim(m);
  model_retire(m, 1);
  model_reclaim(m);
  if (model_again(m, 0) || model_again(m, 1)) model_cut(m, m->place[0] == OPEN ? 0 : 1, 0);
}
#endif

static inline void model_thread(model_t* m, int t) {
  if (t == 0) {
    model_owner(m);
    return;
  }
  for (int i = 0; i < CHUNKS; i++) {
    const int chunk = t == 1 ? i : CHUNKS - 1 - i;
    model_free(m, chunk * BLOCKS + t - 1, t);
  }
  model_free_sent(m, t);
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  for (int i = 0; i < CHUNKS; i++) {
    chunk_t* b = &m->chunk[i];
    if (m->place[i] == OPEN) model_retire(m, i);
    for (int k = 0; k < BLOCKS; k++)
      if (b->block[k] != 0) model_free(m, i * BLOCKS + k, b->block[k] - 1);
  }
  model_reclaim(m);
  for (int i = 0; i < CHUNKS; i++) MODEL_ASSERT(m->place[i] == EMPTY);
}
#endif
