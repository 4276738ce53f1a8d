/* test_steps.c -- stacks that are told by what a thread remembers are those that the unwinder tells. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "profile/stack.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { DEPTH = 64 };
#define OUT_OF_LINE __attribute__((noinline))
#define HERE __asm__ volatile("" ::: "memory") /* no call is the last thing that a function does */

static mica_steps_t steps;
static uint64_t chance = 7;
static unsigned looks, longest;
static jmp_buf back;

/* Not where the product was built without an unwinder. */
static bool unwinds(void) {
  uintptr_t frame;
  return mica_stack(&frame, 1, NULL) != 0;
}

/* From one place: without anything remembered, with it, and with it again. */
static OUT_OF_LINE void look(void) {
  uintptr_t frames[3][DEPTH];
  unsigned n[3];
  for (volatile unsigned i = 0; i < 3; i++) n[i] = mica_stack(frames[i], DEPTH, i == 0 ? NULL : &steps);
  for (unsigned i = 1; i < 3; i++)
    REQUIRE(n[i] == n[0] && memcmp(frames[i], frames[0], n[0] * sizeof **frames) == 0, "time %u, %u frames", i, n[i]);
  looks++;
  if (n[0] > longest) longest = n[0];
}

static void walk(unsigned levels);
static OUT_OF_LINE void small(unsigned levels) {
  walk(levels);
  HERE;
}
static OUT_OF_LINE void large(unsigned levels) {
  char room[3000];
  __asm__ volatile("" ::"r"(room) : "memory");
  walk(levels);
  HERE;
}
/* Its length is another each time. */
static OUT_OF_LINE void any_length(unsigned levels) {
  const size_t length = 16 + (levels == 0 ? looks : random_below(&chance, 64)) * 16;
  char* const room = __builtin_alloca(length);
  __asm__ volatile("" ::"r"(room) : "memory");
  walk(levels);
  HERE;
}
static void handle(int number) {
  walk(number == SIGUSR1 ? 2 : 0);
  HERE;
}
static OUT_OF_LINE void by_signal(unsigned levels) {
  raise(levels % 2 != 0 ? SIGUSR1 : SIGUSR2);
  HERE;
}
static int compare(const void* a, const void* b) {
  if (random_below(&chance, 4) == 0) walk(1);
  return (*(const uint64_t*)a > *(const uint64_t*)b) - (*(const uint64_t*)a < *(const uint64_t*)b);
}
static OUT_OF_LINE void through_the_c_library(unsigned levels) {
  uint64_t some[3] = {levels, 2, 3};
  qsort(some, 3, sizeof *some, compare);
}
static OUT_OF_LINE void walk(unsigned levels) {
  static void (*const ways[])(unsigned) = {small, large,     any_length, by_signal, through_the_c_library,
                                           small, any_length};
  if (random_below(&chance, 200) == 0) longjmp(back, 1);
  if (levels == 0 || random_below(&chance, 8) == 0) {
    look();
    HERE;
    return;
  }
  ways[random_below(&chance, sizeof ways / sizeof *ways)](levels - 1);
  HERE;
}

Test(profile_steps, tell_what_the_unwinder_tells) {
  REQUIRE(signal(SIGUSR1, handle) != SIG_ERR && signal(SIGUSR2, handle) != SIG_ERR, "no handler");
  sigset_t none;
  sigemptyset(&none);
  while (looks < 3) any_length(0); /* it is seen that they differ */
  for (volatile unsigned i = 0; looks < 3000; i++) {
    REQUIRE(i < 100000, "%u looks", looks);
    if (setjmp(back) != 0) sigprocmask(SIG_SETMASK, &none, NULL);
    walk((unsigned)random_below(&chance, 30));
  }
  REQUIRE(longest > 25 || !unwinds(), "%u frames", longest);
}

static OUT_OF_LINE unsigned depth_of(unsigned levels, mica_steps_t* of) {
  uintptr_t frames[DEPTH];
  const unsigned n = levels == 0 ? mica_stack(frames, DEPTH, of) : depth_of(levels - 1, of);
  HERE;
  return n;
}

/* Steps that were changed show: so it was not the unwinder that told, which would tell all frames. Whatever lengths are
 * remembered. Two steps of the stack may have the same place, as the addresses decide: then the unwinder is asked for one of
 * them, and the first that shows is another one than the caller's. */
Test(profile_steps, are_not_asked_for_twice) {
  if (!MICA_CALL_PUSHES || !unwinds()) return;
  unsigned n[2] = {0}, known = 0;
  for (volatile unsigned i = 0; i < 2; i++) {
    for (unsigned k = 0; k < MICA_STEPS && i == 1; k++) known += mica_step_next(&steps.step[k]) != 0;
    for (unsigned k = 0; k < MICA_STEPS && i == 1; k++) steps.step[k].way = 0;
    for (unsigned k = 0; k < MICA_LENGTHS && i == 1; k++) steps.length[k] = (mica_length_t){.ip = 1, .bytes = 8};
    n[i] = depth_of(20, &steps);
  }
  REQUIRE(steps.any && known > 20, "%u steps", known);
  REQUIRE(n[0] > 20 && n[1] <= 3, "%u frames, and %u where there is no more", n[0], n[1]);
}

/* Code that no table describes, as of a compiler at run time: the stack ends there, and this is remembered. */
#if defined(__x86_64__)
__asm__(".text\n.type without_table,@function\nwithout_table: sub $8, %rsp\ncall *%rdi\nadd $8, %rsp\nret\n"
        ".size without_table, .-without_table");
extern void without_table(void (*callee)(void));
static unsigned ends[2];
static void at_the_end(void) {
  uintptr_t frames[DEPTH];
  for (volatile unsigned i = 0; i < 2; i++) ends[i] = mica_stack(frames, DEPTH, &steps);
}
Test(profile_steps, end_where_nothing_is_known) {
  without_table(at_the_end);
  if (!unwinds()) return;
  unsigned last = 0;
  for (unsigned k = 0; k < MICA_STEPS; k++)
    if (steps.step[k].ip != 0 && mica_step_next(&steps.step[k]) == 0)
      last += steps.step[k].ip > (uintptr_t)without_table && steps.step[k].ip < (uintptr_t)without_table + 12;
  REQUIRE(ends[0] == 2 && ends[1] == 2 && last == 1, "%u and %u frames, %u ends", ends[0], ends[1], last);
}
#endif

/* A frame is as it was, but it was called from elsewhere. */
static OUT_OF_LINE unsigned called(mica_steps_t* of, uintptr_t* frames) {
  const unsigned n = mica_stack(frames, DEPTH, of);
  HERE;
  return n;
}
Test(profile_steps, lead_to_the_caller_that_is_there) {
  if (!unwinds()) return;
  uintptr_t frames[4][DEPTH];
  unsigned n[4];
  for (volatile unsigned i = 0; i < 2; i++) {
    n[2 * i] = called(&steps, frames[2 * i]);
    n[2 * i + 1] = called(&steps, frames[2 * i + 1]);
  }
  for (unsigned i = 1; i < 4; i++) REQUIRE(n[i] == n[0] && frames[i][0] == frames[0][0], "%u: %u frames", i, n[i]);
  REQUIRE(frames[0][1] != frames[1][1] && frames[0][1] == frames[2][1] && frames[1][1] == frames[3][1], "whose caller");
}

/* ---- frames whose length comes at run time, on a thread's stack that is where the test wants it ---- */

enum { AREA = 1024 * 1024, WHOLE = 512 * 1024, LESS = 256 * 1024 }; /* a sanitizer has 140 KiB at its top */
static char* area;     /* behind WHOLE bytes of it, or less, there is nothing */
static uintptr_t goal; /* what the next such frame reaches down to */
static unsigned wrong; /* stacks */

static OUT_OF_LINE void compare_both(void) {
  uintptr_t frames[2][DEPTH];
  unsigned n[2];
  for (volatile unsigned i = 0; i < 2; i++) n[i] = mica_stack(frames[i], DEPTH, i == 0 ? NULL : &steps);
  if (n[0] != n[1] || memcmp(frames[0], frames[1], n[0] * sizeof **frames) != 0) wrong++;
}
static OUT_OF_LINE void reach_down(void) {
  char* const room = __builtin_alloca((uintptr_t)__builtin_frame_address(0) - goal);
  __asm__ volatile("" ::"r"(room) : "memory");
  compare_both();
  HERE;
}
static void on_a_stack(void* (*function)(void*), size_t size) {
  pthread_attr_t attributes;
  pthread_t thread;
  if (area == NULL) area = mmap(NULL, AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(area != MAP_FAILED && mprotect(area, size, PROT_READ | PROT_WRITE) == 0, "no stack");
  REQUIRE(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, area, size) == 0, "no attributes");
  REQUIRE(pthread_create(&thread, &attributes, function, NULL) == 0 && pthread_join(thread, NULL) == 0, "no thread");
  pthread_attr_destroy(&attributes);
  REQUIRE(mprotect(area, AREA, PROT_NONE) == 0, "the stack stays");
  REQUIRE(wrong == 0, "%u stacks are wrong", wrong);
}

static OUT_OF_LINE void reach_from_above(void) {
  char some[256];
  __asm__ volatile("" ::"r"(some) : "memory");
  reach_down();
  HERE;
}
/* Where the other one called from there is a variable that nothing is written to. */
static OUT_OF_LINE void reach_from_below(void) {
  char some[16 * 1024];
  __asm__ volatile("" ::"r"(some) : "memory");
  reach_down();
  HERE;
}
static void* reach_from_both(void* arg) {
  goal = (uintptr_t)__builtin_frame_address(0) - 24 * 1024;
  for (volatile unsigned i = 0; i < 3; i++) (i == 0 ? reach_from_above : reach_from_below)();
  return arg;
}
Test(profile_steps, lead_not_to_what_a_call_has_left) { on_a_stack(reach_from_both, WHOLE); }

/* Further than the other time; and the first time again, when others have taken the place of the length. */
static void* reach_far_between(void* arg) {
  const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  for (volatile unsigned i = 0; i < 3; i++) {
    goal = here - (i % 2 == 0 ? 4 * 1024 : 28 * 1024);
    reach_down();
    for (unsigned k = 0; k < MICA_LENGTHS && i == 0; k++) steps.length[k] = (mica_length_t){.ip = 1, .bytes = 8};
  }
  return arg;
}
Test(profile_steps, lead_not_out_of_the_stack) { on_a_stack(reach_far_between, WHOLE); }

static void* reach_the_same(void* arg) {
  goal = (uintptr_t)area + WHOLE - LESS - 200 * 1024;
  reach_down();
  return arg;
}
Test(profile_steps, lead_not_out_of_a_stack_that_is_shorter_now) {
  on_a_stack(reach_the_same, WHOLE);
  on_a_stack(reach_the_same, WHOLE - LESS);
}
