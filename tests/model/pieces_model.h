/* pieces_model.h -- the situations in which piece_count.h is checked, with block/list.h for the blocks that come back.
 *
 * Thread 0 has a seat with one or two blocks; the others free pieces of them. What a piece holds is a plain variable of whoever
 * has the piece; what stands in a block's header is one of the seat's thread, or of who finds the block empty: a piece in two
 * hands, a block in two, or one that is used again without order, is a data race. The functions below are those of blocks.c.
 * Pieces pass between threads as the program hands them over, by a release and an acquire. At the end all pieces that
 * are still out are freed, and each block must be the seat's and empty, once. */
#ifndef PIECES_MODEL_H
#define PIECES_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

enum { PIECES = 3 };
typedef struct list_item_s {
  _Atomic(uint32_t) others;
  PW_VAR(struct list_item_s*) next; /* on the list of open blocks, or on `returned` */
  PW_VAR(int) last;                 /* pieces cut off so far */
  PW_VAR(uint32_t) given;
  PW_VAR(uint32_t) freed;
  PW_VAR(int) piece[PIECES]; /* 1 + the thread that has it; 0: nobody */
} list_item_t;
#define LIST_NEXT(item) ((item)->next)
#include "block/list.h"
#include "pool/piece_count.h"

#ifndef SITUATION
#define SITUATION 1
#endif
typedef list_item_t block_t;
enum { THREADS = 3, BLOCKS = SITUATION == 4 ? 2 : 1 };
typedef enum place_e { OPEN, RETIRED, EMPTY } place_t; /* as the seat's thread knows */

typedef struct model_s {
  block_t block[BLOCKS];
  _Atomic(block_t*) returned;
  _Atomic(int) sent[THREADS]; /* to this thread: 1 + the number of a piece; 0: none */
  place_t place[BLOCKS];
} model_t;

/* ---- pieces, by number: block * PIECES + place ---- */

static inline int model_cut(model_t* m, int i, int t) {
  block_t* b = &m->block[i];
  MODEL_ASSERT(m->place[i] == OPEN);
  const int k = b->last;
  if (k == PIECES) return -1;
  b->last = k + 1;
  b->given = b->given + 1;
  MODEL_ASSERT(b->piece[k] == 0);
  b->piece[k] = t + 1;
  return i * PIECES + k;
}
/* The last use of a piece that the thread has. */
static inline block_t* model_use(model_t* m, int piece, int t) {
  block_t* b = &m->block[piece / PIECES];
  MODEL_ASSERT(b->piece[piece % PIECES] == t + 1);
  b->piece[piece % PIECES] = 0;
  return b;
}
static inline void model_send(model_t* m, int piece, int t) {
  if (piece < 0) return;
  m->block[piece / PIECES].piece[piece % PIECES] = t + 1;
  atomic_store_explicit(&m->sent[t], piece + 1, memory_order_release);
}

/* ---- blocks ---- */

static inline void model_start(model_t* m, int i) {
  block_t* b = &m->block[i];
  for (int k = 0; k < PIECES; k++) MODEL_ASSERT(b->piece[k] == 0);
  b->last = 0;
  b->given = 0u;
  b->freed = 0u;
  b->next = (block_t*)0;
  m->place[i] = OPEN;
  pc_start(&b->others);
}
/* By whoever finds it empty: it has the block alone. */
static inline void model_empty(block_t* b) {
  for (int k = 0; k < PIECES; k++) MODEL_ASSERT(b->piece[k] == 0);
  b->last = 0;
}
static inline void model_retire(model_t* m, int i) {
  block_t* b = &m->block[i];
  m->place[i] = RETIRED;
  b->next = b; /* it leaves the list of open blocks */
  if (!pc_retire(&b->others, b->given - b->freed)) return;
  model_empty(b);
  m->place[i] = EMPTY;
}
static inline void model_restart(model_t* m, int i) {
  block_t* b = &m->block[i];
  if (b->given - b->freed == pc_others(&b->others)) model_start(m, i);
}
/* A piece of a block that is open, by the seat's thread. */
static inline void model_free_own(model_t* m, int piece) {
  block_t* b = model_use(m, piece, 0);
  b->freed = b->freed + 1;
}
static inline void model_free(model_t* m, int piece, int t) {
  block_t* b = model_use(m, piece, t);
  if (!pc_free(&b->others)) return;
  model_empty(b);
  list_push(&m->returned, b);
}
static inline void model_take(model_t* m) {
  block_t* next;
  for (block_t* b = list_take(&m->returned); b != (block_t*)0; b = next) {
    next = LIST_NEXT(b);
    const int i = (int)(b - m->block);
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
  const int piece = atomic_load_explicit(&m->sent[t], memory_order_acquire) - 1;
  if (piece >= 0) model_free(m, piece, t);
}

/* ---- situations: at first thread 1 has the first piece of each block, thread 2 the second ---- */

static inline void model_setup(model_t* m) {
  atomic_store_explicit(&m->returned, (block_t*)0, memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) atomic_store_explicit(&m->sent[t], 0, memory_order_relaxed);
  for (int i = 0; i < BLOCKS; i++) {
    for (int k = 0; k < PIECES; k++) m->block[i].piece[k] = 0;
    model_start(m, i);
    model_cut(m, i, 1);
    model_cut(m, i, 2);
  }
}

#if SITUATION == 1 /* retired, its own piece freed before; used again if it is empty */
static inline void model_owner(model_t* m) {
  model_free_own(m, model_cut(m, 0, 0));
  model_retire(m, 0);
  model_take(m);
  if (model_again(m, 0)) model_send(m, model_cut(m, 0, 1), 1);
}
#elif SITUATION == 2 /* its own piece is freed after it was retired */
static inline void model_owner(model_t* m) {
  const int own = model_cut(m, 0, 0);
  model_retire(m, 0);
  model_free(m, own, 0);
  model_take(m);
  if (model_again(m, 0)) model_cut(m, 0, 0);
}
#elif SITUATION == 3 /* begun again when all pieces are home, and retired after that */
static inline void model_owner(model_t* m) {
  model_restart(m, 0);
  model_send(m, model_cut(m, 0, 1), 1);
  model_restart(m, 0);
  model_retire(m, 0);
  model_take(m);
  if (model_again(m, 0)) model_send(m, model_cut(m, 0, 2), 2);
}
#elif SITUATION == 4 /* two blocks, retired one after the other; the first that comes back is used again */
static inline void model_owner(model_t* m) {
  model_retire(m, 0);
  model_take(m);
  model_retire(m, 1);
  model_take(m);
  if (model_again(m, 0) || model_again(m, 1)) model_cut(m, m->place[0] == OPEN ? 0 : 1, 0);
}
#endif

static inline void model_thread(model_t* m, int t) {
  if (t == 0) {
    model_owner(m);
    return;
  }
  for (int i = 0; i < BLOCKS; i++) {
    const int block = t == 1 ? i : BLOCKS - 1 - i;
    model_free(m, block * PIECES + t - 1, t);
  }
  model_free_sent(m, t);
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  for (int i = 0; i < BLOCKS; i++) {
    block_t* b = &m->block[i];
    if (m->place[i] == OPEN) model_retire(m, i);
    for (int k = 0; k < PIECES; k++)
      if (b->piece[k] != 0) model_free(m, i * PIECES + k, b->piece[k] - 1);
  }
  model_take(m);
  for (int i = 0; i < BLOCKS; i++) MODEL_ASSERT(m->place[i] == EMPTY);
}
#endif
