/* stress_fork.c -- threads allocate and exchange blocks while the main thread forks: no child hangs, each frees what it
 * inherited and allocates, alone and with threads of its own; the parent loses nothing. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/stress/stress.h"
#include "tests/support/hang.h"

enum { CHURNERS = 3, SLOTS = 1024, DEDICATED = 1000, CHILDREN = 60, CHILD_OPERATIONS = 3000, MOST = 20000 };

static stress_slot_t slots[SLOTS];       /* the threads' */
static stress_slot_t own[DEDICATED];     /* the main thread's blocks */
static stress_slot_t others[DEDICATED];  /* blocks that threads made and left alone */
static stress_slot_t child_slots[SLOTS]; /* a child's */
static _Atomic(bool) over;
static _Atomic(size_t) begun;

static void churn(stress_rng_t* rng, stress_slot_t* in, size_t operations) {
  for (; operations != 0; operations--) {
    stress_slot_t* slot = &in[stress_below(rng, SLOTS)];
    const size_t size = stress_one_in(rng, 100) ? stress_below(rng, 1 << 20) : stress_size(rng, MOST);
    stress_free(stress_swap(slot, stress_one_in(rng, 2) ? stress_make(rng, size) : 0));
  }
}

static void run(stress_thread_t* t) {
  atomic_fetch_add_explicit(&begun, 1, memory_order_relaxed); /* relaxed: that it runs, no more */
  /* relaxed: only how long to go on */
  while (!atomic_load_explicit(&over, memory_order_relaxed)) churn(&t->rng, slots, 100);
}

static void run_in_child(stress_thread_t* t) {
  churn(&t->rng, child_slots, stress_scaled(t->stress, CHILD_OPERATIONS));
}

static void fill(stress_rng_t* rng, stress_slot_t* in) {
  for (size_t i = 0; i < DEDICATED; i++) stress_swap(&in[i], stress_make(rng, stress_size(rng, MOST)));
}

static void run_fill(stress_thread_t* t) {
  if (t->number == 0) fill(&t->rng, others);
}

/* A child that hangs is ended by SIGALRM, and the parent sees that. */
_Noreturn static void child(const stress_t* s, unsigned number) {
  hang_limit();
  stress_rng_t rng = stress_rng(s, 5000 + number);
  stress_free_slots(others, DEDICATED);
  churn(&rng, child_slots, stress_scaled(s, CHILD_OPERATIONS));
  stress_free_slots(own, DEDICATED);
  if (number % 4 == 0) stress_threads(s, 2, run_in_child);
  stress_free_slots(child_slots, SLOTS);
  mi_collect(true);
  _exit(0);
}

static void one(const stress_t* s, unsigned number, stress_rng_t* rng) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) child(s, number);
  churn(rng, slots, 1000);
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  WALK_IS(!WIFSIGNALED(status), "child %u: ended by signal %d", number, WTERMSIG(status));
  WALK_IS(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %u: exit status %d", number, WEXITSTATUS(status));
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_fork");
  stress_rng_t rng = stress_rng(&s, 0);
  fill(&rng, own);
  stress_threads(&s, 1, run_fill);
  stress_thread_t threads[CHURNERS];
  for (size_t i = 0; i < CHURNERS; i++) stress_start(&s, &threads[i], i, CHURNERS, run);
  /* A thread that starts may hold the sanitizer's own lock. relaxed: as in run */
  while (MICA_TRACKED && atomic_load_explicit(&begun, memory_order_relaxed) < CHURNERS) sched_yield();
  for (unsigned i = 0; i < stress_scaled(&s, CHILDREN); i++) one(&s, i, &rng);
  atomic_store_explicit(&over, true, memory_order_relaxed); /* relaxed: as in run */
  for (size_t i = 0; i < CHURNERS; i++) stress_join(&threads[i]);
  walk();
  stress_free_slots(slots, SLOTS);
  stress_free_slots(own, DEDICATED);
  stress_free_slots(others, DEDICATED);
  stress_quiet(&s);
  SHOWN("stress_fork: children of a program whose threads allocate free what they inherited and allocate; none hangs");
  return 0;
}
