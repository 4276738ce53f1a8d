/* freeall_faults.c -- allocate a volume and free all of it, again and again: it is not faulted in anew every round.
 *
 * usage: freeall_faults [MIB [ROUNDS [ALLOWED_PERCENT]]]         default 100 100 25
 * Counts page faults after the first tenth of the rounds, against those of touching every page in each of them.
 *
 * What is kept for the next round depends on how soon that comes. So time stands still here, however slow the machine is: the
 * library under test finds this clock_gettime before the C library's. */
#include "report.h"

enum { BLOCK = 1024 };

int clock_gettime(clockid_t clock, struct timespec* now) {
  (void)clock;
  *now = (struct timespec){.tv_sec = 1000};
  return 0;
}

int main(int argc, char** argv) {
  size_t mib = argument(argc, argv, 1, 100);
  size_t rounds = argument(argc, argv, 2, 100);
  size_t percent = argument(argc, argv, 3, 25);
  size_t count = (mib << 20) / BLOCK;
  size_t pages = (mib << 20) / (size_t)sysconf(_SC_PAGESIZE);
  char** blocks = table_new(count, sizeof(char*));
  long before = 0;
  for (size_t round = 0; round < rounds; round++) {
    if (round == rounds / 10) before = page_faults();
    for (size_t i = 0; i < count; i++) blocks[i] = block_new(BLOCK);
    for (size_t i = 0; i < count; i++) free(blocks[i]);
  }
  size_t faults = (size_t)(page_faults() - before);
  size_t allowed = (rounds - rounds / 10) * pages / 100 * percent;
  int failed = faults > allowed;
  say("%s freeall/faults measured %zu, allowed %zu\n", failed ? "FAIL" : "PASS", faults, allowed);
  return failed;
}
