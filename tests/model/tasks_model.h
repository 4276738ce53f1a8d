/* tasks_model.h -- the situations in which task_word.h is checked, one of them with heap/parked.h.
 *
 * What a pool holds is one plain variable for each thread whose task uses it, and one of who makes and ends it: a pool that is
 * used before it is made or after it was ended, or ended twice, and a shell in two hands, is a data race or fails an
 * assertion. `known` is plain, and written when a shell is new: whoever finds a shell must see it. The functions below
 * are those of group.c. Shells are kept by who shut them, and opened again by that thread; in situation 3 they are parked.
 * At the end each shell is in one place, and where tasks only came and stayed, there are no more pools than they need. */
#ifndef TASKS_MODEL_H
#define TASKS_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif
#ifndef SITUATION
#define SITUATION 1
#endif
enum { THREADS = SITUATION == 5 ? 4 : 3, K = SITUATION == 1 ? 1 : SITUATION == 4 ? 3 : 2 };
enum { NEW = 3, SHELLS = NEW * THREADS }; /* new ones for each thread */

typedef struct tw_shell_s {
  _Atomic(uint64_t) word;
  _Atomic(struct tw_shell_s*) parked;
  PW_VAR(int) known;        /* 1: no longer new */
  PW_VAR(int) pool;         /* 1: there is one */
  PW_VAR(int) use[THREADS]; /* how often a task of this thread used the pool */
} tw_shell_t;
static tw_shell_t* model_shells; /* their numbers begin with 1 */
static inline uint64_t model_number(const tw_shell_t* shell) {
  return shell == (const tw_shell_t*)0 ? 0 : (uint64_t)(shell - model_shells) + 1;
}
static inline tw_shell_t* model_shell(uint64_t number) {
  return number == 0 ? (tw_shell_t*)0 : model_shells + (number - 1);
}
#define TW_NUMBER(shell) model_number(shell)
#define TW_SHELL(number) model_shell(number)
#include "pool/task_word.h"

typedef tw_shell_t pk_heap_t;
#define PK_NUMBER(heap) model_number(heap)
#define PK_HEAP(number) model_shell(number)
#include "heap/parked.h"

typedef struct model_s {
  tw_shell_t shell[SHELLS];
  _Atomic(uint64_t) group, parked;
  /* by thread: */
  int made[THREADS];         /* new shells */
  tw_shell_t* kept[THREADS]; /* a shell without a pool */
  tw_shell_t* in[THREADS];   /* where its task is */
} model_t;

/* ---- shells and their pools ---- */

static inline tw_shell_t* model_unpark(model_t* m, int t) {
  if (SITUATION == 3) return pk_unpark(&m->parked);
  tw_shell_t* shell = m->kept[t];
  m->kept[t] = (tw_shell_t*)0;
  return shell;
}
static inline void model_park(model_t* m, tw_shell_t* shell, int t) {
  if (SITUATION == 3 || m->kept[t] != (tw_shell_t*)0)
    pk_park(&m->parked, shell);
  else
    m->kept[t] = shell;
}
static inline void model_make_pool(tw_shell_t* shell) {
  MODEL_ASSERT(shell->known == 1);
  MODEL_ASSERT(shell->pool == 0);
  shell->pool = 1;
  for (int t = 0; t < THREADS; t++) shell->use[t] = 0;
}
static inline void model_end_pool(tw_shell_t* shell) {
  int tasks = 0;
  MODEL_ASSERT(shell->pool == 1);
  shell->pool = 0;
  for (int t = 0; t < THREADS; t++) tasks += shell->use[t];
  MODEL_ASSERT(tasks <= K);
}
static inline tw_shell_t* model_open(model_t* m, int t) {
  tw_shell_t* shell = model_unpark(m, t);
  if (shell == NULL) {
    MODEL_ASSERT(m->made[t] < NEW);
    shell = &m->shell[NEW * t + m->made[t]++];
    shell->known = 1;
  }
  model_make_pool(shell);
  tw_open(&shell->word);
  return shell;
}

/* ---- tasks ---- */

static inline void model_use(tw_shell_t* shell, int t) {
  MODEL_ASSERT(shell->pool == 1);
  shell->use[t] = shell->use[t] + 1;
}
static inline void model_go(model_t* m, tw_shell_t* shell, int t) {
  if (!tw_leave(&shell->word)) return;
  model_end_pool(shell);
  model_park(m, shell, t);
}
static inline tw_shell_t* model_find(model_t* m, int t) {
  for (;;) {
    tw_shell_t* shell;
    const uint64_t looked = tw_look(&m->group, &shell);
    MODEL_ASSERT(shell == NULL || shell->known == 1);
    if (shell != NULL && tw_enter(&shell->word, K, looked)) return shell;
    shell = model_open(m, t);
    if (tw_show(&m->group, looked, shell)) return shell;
    model_go(m, shell, t);
  }
}
static inline void model_enter(model_t* m, int t) {
  m->in[t] = model_find(m, t);
  model_use(m->in[t], t);
}
static inline void model_leave(model_t* m, int t) {
  tw_shell_t* shell = m->in[t];
  m->in[t] = (tw_shell_t*)0;
  model_go(m, shell, t);
}

/* ---- situations ---- */

static inline void model_setup(model_t* m) {
  model_shells = m->shell;
  atomic_store_explicit(&m->group, (uint64_t)0, memory_order_relaxed);
  atomic_store_explicit(&m->parked, (uint64_t)0, memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) {
    m->made[t] = 0;
    m->kept[t] = m->in[t] = (tw_shell_t*)0;
  }
  for (int i = 0; i < SHELLS; i++) {
    tw_shell_t* shell = &m->shell[i];
    atomic_store_explicit(&shell->word, (uint64_t)0, memory_order_relaxed);
    atomic_store_explicit(&shell->parked, (tw_shell_t*)0, memory_order_relaxed);
    shell->known = 0;
    shell->pool = 0;
    for (int t = 0; t < THREADS; t++) shell->use[t] = 0;
  }
  if (SITUATION > 1) model_enter(m, 0);
  if (SITUATION == 5) model_enter(m, 1);
  if (SITUATION == 4 || SITUATION == 6) model_leave(m, 0);
}

#if SITUATION == 1 /* no shell is there */
static inline void model_thread(model_t* m, int t) {
  model_enter(m, t);
  model_leave(m, t);
}
#elif SITUATION == 2 /* one is in, leaves, and enters again */
static inline void model_thread(model_t* m, int t) {
  if (t == 0) model_leave(m, t);
  model_enter(m, t);
  if (t != 0) model_leave(m, t);
}
#elif SITUATION == 3 /* one is in, and leaves */
static inline void model_thread(model_t* m, int t) {
  if (t != 0) model_enter(m, t);
  if (t != 2) model_leave(m, t);
}
#elif SITUATION == 4 /* the shell that is shown is shut; all enter, and stay */
static inline void model_thread(model_t* m, int t) { model_enter(m, t); }
#elif SITUATION == 5 /* two are in and leave, two enter, and stay */
static inline void model_thread(model_t* m, int t) {
  if (t < 2)
    model_leave(m, t);
  else
    model_enter(m, t);
}
#elif SITUATION == 6 /* one looked at the shell 2^22 of its turns ago: so its turn will be the same */
static inline void model_thread(model_t* m, int t) {
  tw_shell_t* shell = &m->shell[0];
  if (t == 2 && tw_enter(&shell->word, K, (uint64_t)2 << TW_SHELL_BITS)) {
    m->in[t] = shell;
    model_use(shell, t);
    return;
  }
  model_enter(m, t);
  model_leave(m, t);
}
#endif

/* when all threads are done */
static inline void model_check(model_t* m) {
  int places[SHELLS] = {0}, tasks = 0, pools = 0;
  tw_shell_t* shell = pk_heap_in(atomic_load_explicit(&m->parked, memory_order_relaxed));
  for (; shell != NULL; shell = atomic_load_explicit(&shell->parked, memory_order_relaxed)) {
    MODEL_ASSERT(places[shell - m->shell] == 0);
    places[shell - m->shell]++;
  }
  for (int t = 0; t < THREADS; t++) {
    if (m->kept[t] != NULL) places[m->kept[t] - m->shell]++;
    tasks += m->in[t] != NULL;
  }
  for (int i = 0; i < SHELLS; i++) {
    uint32_t inside = 0;
    shell = &m->shell[i];
    for (int t = 0; t < THREADS; t++) inside += m->in[t] == shell;
    pools += inside != 0;
    MODEL_ASSERT(tw_inside(tw_figure(&shell->word)) == inside);
    MODEL_ASSERT(shell->pool == (inside != 0));
    MODEL_ASSERT(places[i] == (shell->known == 1 && inside == 0));
  }
  if (SITUATION == 4 || SITUATION == 5) MODEL_ASSERT(pools == (tasks + K - 1) / K);
}
#endif
