/* shadow.c -- shadows had, left and emptied (shadow.h).
 *
 * As everywhere in heap/, a signal handler that interrupts this must not allocate (notes/calls.md). One that only looks finds
 * lists whose lengths may be a little off. */
#include "heap/shadow.h"

#include <string.h>
#include <time.h>

#include "segment/os.h"

enum {
  SHADOW_UNIT = 4096,
  SHADOW_BYTES = (sizeof(mica_shadow_t) + SHADOW_UNIT - 1) / SHADOW_UNIT * SHADOW_UNIT,
  SHADOWS = 16, /* made at once */
};

typedef mica_shadow_t stack_item_t;
#define STACK_NUMBER(shadow) ((uint64_t)((uintptr_t)(shadow) / SHADOW_UNIT)) /* of 48 bits */
#define STACK_ITEM(number) ((stack_item_t*)(uintptr_t)((number)*SHADOW_UNIT))
#include "base/tagged_stack.h"

static _Atomic(uint64_t) idle_shadows;
static _Atomic(uint64_t) randoms; /* given so far */

void mica_shadow_forget_idle(void) {
  atomic_store_explicit(&idle_shadows, 0, memory_order_relaxed); /* relaxed: there is one thread [PF18] */
}

static mica_shadow_t* make(void) {
  char* const at = mica_os_map(0, (size_t)SHADOWS * SHADOW_BYTES, SHADOW_UNIT, 0);
  if (at == NULL) return NULL;
  for (size_t i = 1; i < SHADOWS; i++) stack_push(&idle_shadows, (mica_shadow_t*)(void*)(at + i * SHADOW_BYTES));
  return (mica_shadow_t*)(void*)at;
}

/* The steps of a counter, mixed so that each bit of it changes half of the result's. The time tells one run from another. */
uint64_t mica_shadow_random(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  /* relaxed: a number [PF19] */
  uint64_t x = atomic_fetch_add_explicit(&randoms, 1, memory_order_relaxed) + 1;
  x = x * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)now.tv_nsec + ((uint64_t)now.tv_sec << 30) + (uintptr_t)&now;
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  x ^= x >> 31;
  return x != 0 ? x : 1;
}

/* Where malloc finds the theap's blocks, wherever that is noted. */
static void lead(mica_theap_t* theap, uintptr_t alloc) {
  mica_theap_t* base = mica_theap_base_of(theap);
  theap->ids.alloc = alloc;
  if (base != NULL && base->thread.usual.self == theap->ids.self) base->thread.usual.alloc = alloc;
  if (mica_ids.self == theap->ids.self) mica_ids.alloc = alloc;
}

bool mica_shadow_give(mica_theap_t* theap) {
  mica_shadow_t* shadow = stack_pop(&idle_shadows);
  if (shadow == NULL) shadow = make();
  if (shadow == NULL) return false;
  if (shadow->steps.any) memset(&shadow->steps, 0, sizeof shadow->steps); /* those of another thread's stack */
  shadow->random = mica_shadow_random();
  theap->shadow = shadow;
  lead(theap, (uintptr_t)shadow - (uintptr_t)&mica_theap_empty);
  return true;
}

void mica_shadow_release(mica_theap_t* theap) {
  mica_shadow_t* const shadow = theap->shadow;
  theap->profile_epoch = 0;
  if (shadow == NULL) return;
  lead(theap, theap->ids.self);
  theap->shadow = NULL;
  stack_push(&idle_shadows, shadow);
}

void mica_shadow_fold(mica_theap_t* theap, unsigned class) {
  mica_shadow_t* const shadow = theap->shadow;
  mica_cache_t *from = &shadow->cache[class], *to = &theap->cache[class];
  mica_block_t* const first = from->head;
  if (first == NULL) return;
  const unsigned n = mica_shadow_length(shadow, class);
  from->head = NULL;
  from->left = 0;
  if (shadow->due[class] != 0) shadow->due[class] += n;
  mica_block_t* const last = mica_shadow_nth(first, n, class);
  if (MICA_UNLIKELY(mica_link_get(last) != NULL)) mica_list_damaged(class, last);
  mica_link_set(last, to->head);
  to->head = first;
  to->left -= (int32_t)n;
}

void mica_shadow_fold_all(mica_theap_t* theap) {
  for (unsigned c = 0; theap->shadow != NULL && c < MICA_CLASSES; c++) mica_shadow_fold(theap, c);
}

void mica_shadow_forget(mica_theap_t* theap) {
  if (theap->shadow == NULL) return;
  for (unsigned c = 0; c < MICA_CLASSES; c++) theap->shadow->cache[c] = (mica_cache_t){0};
}
