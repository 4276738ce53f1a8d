/* site_table_model.h -- the situations in which site_table.h is checked.
 *
 * One bucket, and a site of its own for each thread to add; a site's key is one plain variable, so a site that is looked at and
 * whose making is not seen is a data race. Every thread that wants a key gets a site that has it, all of them the same; at the
 * end each key is in the list once, and no site is lost. */
#ifndef SITE_TABLE_MODEL_H
#define SITE_TABLE_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct site_s {
  PW_VAR(uint32_t) next;
  PW_VAR(int) key;
} site_t;
typedef int site_key_t;
typedef struct model_s site_context_t;
static inline site_t* model_site(site_context_t* m, uint32_t number);
#define SITE_AT(context, number) model_site((context), (number))
#define SITE_IS(site, wanted) ((site)->key == *(wanted))
#include "profile/site_table.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { THREADS = 3, SITES = 8, KEYS = 4 };

typedef struct model_s {
  site_t site[SITES]; /* their numbers begin with 1 */
  _Atomic(uint32_t) bucket;
  uint32_t got[THREADS][KEYS]; /* by thread and key: the site that it has; 0: it wanted none */
} model_t;

static inline site_t* model_site(site_context_t* m, uint32_t number) {
  MODEL_ASSERT(number >= 1 && number <= SITES);
  return &m->site[number - 1];
}

/* As mica_site_of: `number` is the thread's own site for the key, if there is none yet. */
static inline void model_want(model_t* m, int t, int key, uint32_t number) {
  const site_key_t wanted = key;
  uint32_t first, found = site_find(m, &m->bucket, &wanted, &first);
  if (found == 0) {
    model_site(m, number)->key = key;
    found = site_publish(m, &m->bucket, &wanted, first, number);
  }
  MODEL_ASSERT(model_site(m, found)->key == key);
  m->got[t][key] = found;
}

/* As mica_sites_visit: no site twice, and none that is not whole. */
static inline void model_visit(model_t* m) {
  unsigned seen = 0;
  const site_key_t none = 0;
  uint32_t at;
  MODEL_ASSERT(site_find(m, &m->bucket, &none, &at) == 0);
  for (; at != 0; at = model_site(m, at)->next) {
    MODEL_ASSERT(model_site(m, at)->key != 0);
    MODEL_ASSERT((seen & (1u << at)) == 0);
    seen |= 1u << at;
  }
}

#if SITUATION == 1 /* all want the same */
enum { FIRST = 0 };
#elif SITUATION == 2 /* two want two in the opposite order, the third looks through them */
enum { FIRST = 0 };
#elif SITUATION == 3 /* one is there: each wants it, and one of its own or another's */
enum { FIRST = 1 };
#elif SITUATION == 4 /* each wants one, and then the first one's */
enum { FIRST = 0 };
#endif

static inline void model_setup(model_t* m) {
  for (int t = 0; t < THREADS; t++)
    for (int k = 0; k < KEYS; k++) m->got[t][k] = 0;
  for (int i = 0; i < SITES; i++) {
    m->site[i].next = (uint32_t)0;
    m->site[i].key = 0;
  }
  atomic_store_explicit(&m->bucket, (uint32_t)0, memory_order_relaxed);
  if (FIRST != 0) model_want(m, 0, FIRST, SITES);
  m->got[0][FIRST] = 0;
}

static inline void model_thread(model_t* m, int t) {
  const uint32_t own = 2 * (uint32_t)t + 1;
#if SITUATION == 1
  model_want(m, t, 1, own);
#elif SITUATION == 2
  if (t == 2) {
    model_visit(m);
    return;
  }
  model_want(m, t, t + 1, own);
  model_want(m, t, 2 - t, own + 1);
#elif SITUATION == 3
  model_want(m, t, 1, own);
  model_want(m, t, t == 2 ? 3 : 2, own);
#elif SITUATION == 4
  model_want(m, t, t + 1, own);
  model_want(m, t, 1, own + 1);
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  uint32_t there[KEYS] = {0};
  for (uint32_t at = atomic_load_explicit(&m->bucket, memory_order_relaxed); at != 0; at = model_site(m, at)->next) {
    const int key = model_site(m, at)->key;
    MODEL_ASSERT(key > 0 && key < KEYS);
    MODEL_ASSERT(there[key] == 0);
    there[key] = at;
  }
  for (int t = 0; t < THREADS; t++)
    for (int k = 1; k < KEYS; k++) MODEL_ASSERT(m->got[t][k] == 0 || m->got[t][k] == there[k]);
}
#endif
