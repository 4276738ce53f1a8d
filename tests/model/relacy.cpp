/* relacy.cpp -- any model under Relacy: random schedules, or every schedule with few preemptions.
 *   g++ -std=c++17 -O2 -fno-sized-deallocation -I. -Itests/model -Itests/model/shim \
 *     -DMODEL='"page_word_model.h"' -DSITUATION=1 tests/model/relacy.cpp -o t && ./t 1000000 && ./t bound=2
 *
 * A model is a header in the common part of C and C++. It supplies THREADS, model_t, model_setup(model_t*),
 * model_thread(model_t*, int) and model_check(model_t*), which is called when all threads are done. It finds MODEL_ASSERT,
 * MODEL_NEW, MODEL_NEW_ARRAY, MODEL_DELETE and MODEL_DELETE_ARRAY defined, and includes the product's headers itself.
 * genmc.c takes the same models.
 *
 * The last two lines are "seconds N", of CPU time, and "executions N", how many were run. Exit status: 0 if all held; 1 if
 * not, with the execution's history and a line "violation WHAT" before the last two; 2 for a wrong argument. Memory that is
 * left over at the end is a violation too. */
#include "relacy_shim.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>

#define MODEL_ASSERT(x) RL_ASSERT(x)
#define MODEL_NEW(T) (new T())
#define MODEL_NEW_ARRAY(T, n) (new T[n])
#define MODEL_DELETE(p) delete (p)
#define MODEL_DELETE_ARRAY(p) delete[] (p)
#include MODEL

struct checked : rl::test_suite<checked, THREADS> {
  model_t* m;
  void before() {
    m = new model_t();
    model_setup(m);
  }
  void thread(unsigned t) { model_thread(m, (int)t); }
  void after() {
    model_check(m);
    delete m;
  }
};

/* What rl::simulate does, without the scheduler that is not wanted here: a violation is run again to tell its history. */
template <class scheduler_t> bool search(rl::test_params& p) {
  rl::ostringstream state, again;
  if (rl::run_test<checked, scheduler_t>(p, state, false) == rl::test_result_success) return true;
  p.initial_state = state.str();
  p.collect_history = true;
  rl::run_test<checked, scheduler_t>(p, again, true);
  return false;
}

int main(int argc, char** argv) {
  std::ostream silent(nullptr);
  rl::test_params p;
  p.progress_stream = &silent;
  const bool bound = argc == 2 && strncmp(argv[1], "bound=", 6) == 0;
  const unsigned long long number = argc == 2 ? strtoull(argv[1] + (bound ? 6 : 0), nullptr, 10) : 0;
  if (number == 0) {
    fprintf(stderr, "usage: %s SCHEDULES | bound=PREEMPTIONS\n", argv[0]);
    return 2;
  }
  p.search_type = bound ? rl::sched_bound : rl::sched_random;
  p.context_bound = (unsigned)number;
  p.iteration_count = bound ? (rl::iteration_t)-1 : number;
  const bool holds = bound ? search<rl::context_bound_scheduler<THREADS>>(p) : search<rl::random_scheduler<THREADS>>(p);
  std::cout.flush();
  if (!holds) printf("violation %s\n", rl::test_result_str(p.test_result));
  printf("seconds %.2f\n", (double)clock() / CLOCKS_PER_SEC);
  printf("executions %llu\n", (unsigned long long)p.stop_iteration); /* Relacy counts them from 1 */
  return holds ? 0 : 1;
}
