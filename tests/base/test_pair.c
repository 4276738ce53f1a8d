/* test_pair.c -- a function and its argument are seen as they were registered, whoever registers; slots are used again. */
#include "observe/hooks.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <mica.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef void mica_function_t(void);
#include "base/pair.h"

enum { KINDS = 4, WRITERS = 3, REGISTRATIONS = 30000, ARGS = 5 };

static char args[KINDS][ARGS];
static atomic_uint torn, whole;

/* Function k belongs to the arguments args[k]. */
static void judge(unsigned k, const void* arg) {
  const uintptr_t at = (uintptr_t)arg - (uintptr_t)args[k];
  /* relaxed: a count, by the thread that reads it */
  atomic_fetch_add_explicit(at < ARGS ? &whole : &torn, 1, memory_order_relaxed);
}
static void judge_0(int code, void* arg) { judge(0, arg), (void)code; }
static void judge_1(int code, void* arg) { judge(1, arg), (void)code; }
static void judge_2(int code, void* arg) { judge(2, arg), (void)code; }
static void judge_3(int code, void* arg) { judge(3, arg), (void)code; }

static mi_error_fun* const judges[KINDS] = {judge_0, judge_1, judge_2, judge_3};
static atomic_int writing;

static void* register_many(void* arg) {
  for (unsigned i = 0; i < REGISTRATIONS; i++) {
    const unsigned k = (i + (unsigned)(uintptr_t)arg) % KINDS;
    if (i % 64 == 0) mi_register_error(NULL, args[k]);
    mi_register_error(judges[k], &args[k][i % ARGS]);
  }
  atomic_fetch_sub_explicit(&writing, 1, memory_order_relaxed); /* relaxed: it only ends a loop; then they are joined */
  return NULL;
}

Test(pair, nobody_sees_half_of_a_registration) {
  mi_option_disable(mi_option_show_errors);
  pthread_t threads[WRITERS];
  atomic_store_explicit(&writing, WRITERS, memory_order_relaxed); /* relaxed: before they start */
  for (int i = 0; i < WRITERS; i++)
    cr_assert_eq(pthread_create(&threads[i], NULL, register_many, (void*)(uintptr_t)i), 0);
  /* relaxed: likewise */
  while (atomic_load_explicit(&writing, memory_order_relaxed) > 0) mica_error(EINVAL, "x\n");
  for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
  mica_error(EINVAL, "x\n");
  /* relaxed: counted by this thread */
  const unsigned half = atomic_load_explicit(&torn, memory_order_relaxed);
  const unsigned full = atomic_load_explicit(&whole, memory_order_relaxed);
  cr_assert_eq(half, 0U, "%u of %u", half, full);
  cr_assert_gt(full, 0U);
}

static mica_pair_t one;
static void f(void) {}
static void g(void) {}

Test(pair, slots_are_used_again) {
  void* arg;
  for (uintptr_t i = 1; i <= 1000; i++) {
    mica_pair_set(&one, i % 2 == 0 ? f : g, (void*)i);
    cr_assert(mica_pair_get(&one, &arg) == (i % 2 == 0 ? f : g));
    cr_assert_eq((uintptr_t)arg, i);
  }
  unsigned used = 0;
  /* relaxed: one thread */
  for (int i = 0; i < MICA_PAIR_SLOTS; i++)
    used += atomic_load_explicit(&one.slots[i].generation, memory_order_relaxed) != 0;
  cr_assert_eq(used, 2U, "one slot is the present one's, the next goes into another");
}

Test(pair, with_all_slots_taken_the_present_pair_stays) {
  void* arg;
  mica_pair_set(&one, f, &arg);
  for (int i = 0; i < MICA_PAIR_SLOTS; i++) /* as if by others; relaxed: one thread */
    atomic_fetch_or_explicit(&one.slots[i].generation, 1, memory_order_relaxed);
  mica_pair_set(&one, g, NULL);
  void* got;
  cr_assert(mica_pair_get(&one, &got) == f);
  cr_assert_eq(got, (void*)&arg);
  mica_pair_set(&one, NULL, NULL);
  cr_assert(mica_pair_get(&one, &got) == NULL, "no slot is needed for none");
  mica_pair_set(&one, g, &one);
  cr_assert(mica_pair_get(&one, &got) == g, "and its slot is free again");
}
