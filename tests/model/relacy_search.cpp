/* relacy_search.cpp -- searches any model under Relacy: random schedules, or every schedule with few preemptions. It knows nothing
 * of the model, so it is compiled once; relacy.cpp, compiled for each situation and each mutant, is what it searches.
 *   clang++ -std=c++17 -O2 -fno-sized-deallocation -I. -Itests/model -Itests/model/shim \
 *     -DMODEL='"page_word_model.h"' -DSITUATION=1 tests/model/relacy.cpp tests/model/relacy_search.cpp -o t && \
 *     ./t 1000000 && ./t bound=2
 *
 * The last two lines are "seconds N", of CPU time, and "executions N", how many were run. Exit status: 0 if all held; 1 if
 * not, with the execution's history and a line "violation WHAT" before the last two; 2 for a wrong argument, or a number of
 * threads that is not looked for here. Memory that is left over at the end is a violation too. */
#define SHIM_DEFINES
#include "relacy_search.h"
#include "relacy_shim.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>

template <unsigned threads> struct checked : rl::test_suite<checked<threads>, threads> {
  void* m;
  void before() { m = situation_begin(); }
  void thread(unsigned t) { situation_thread(m, (int)t); }
  void after() { situation_end(m); }
};

/* What rl::simulate does, without the scheduler that is not wanted here: a violation is run again to tell its history. */
template <class checked_t, class scheduler_t> static bool search_by(rl::test_params& p) {
  rl::ostringstream state, again;
  if (rl::run_test<checked_t, scheduler_t>(p, state, false) == rl::test_result_success) return true;
  p.initial_state = state.str();
  p.collect_history = true;
  rl::run_test<checked_t, scheduler_t>(p, again, true);
  return false;
}

template <unsigned threads> static bool search(rl::test_params& p) {
  return p.search_type == rl::sched_bound ? search_by<checked<threads>, rl::context_bound_scheduler<threads>>(p)
                                          : search_by<checked<threads>, rl::random_scheduler<threads>>(p);
}

int main(int argc, char** argv) {
  std::ostream silent(nullptr);
  rl::test_params p;
  p.progress_stream = &silent;
  const bool bound = argc == 2 && strncmp(argv[1], "bound=", 6) == 0;
  const unsigned long long number = argc == 2 ? strtoull(argv[1] + (bound ? 6 : 0), nullptr, 10) : 0;
  const unsigned threads = situation_threads();
  if (number == 0 || (threads != 3 && threads != 4)) {
    fprintf(stderr, "usage: %s SCHEDULES | bound=PREEMPTIONS; three threads or four, not %u\n", argv[0], threads);
    return 2;
  }
  p.search_type = bound ? rl::sched_bound : rl::sched_random;
  p.context_bound = (unsigned)number;
  p.iteration_count = bound ? (rl::iteration_t)-1 : number;
  const bool holds = threads == 3 ? search<3>(p) : search<4>(p);
  std::cout.flush();
  if (!holds) printf("violation %s\n", rl::test_result_str(p.test_result));
  printf("seconds %.2f\n", (double)clock() / CLOCKS_PER_SEC);
  printf("executions %llu\n", (unsigned long long)p.stop_iteration); /* Relacy counts them from 1 */
  return holds ? 0 : 1;
}
