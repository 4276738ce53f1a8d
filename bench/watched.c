/* watched.c -- what a process under load pays for being looked at: its throughput while a command runs, and while none does.
 *
 * usage: watched THREADS MIB PAIRS MS COMMAND [ARGUMENT...]
 * THREADS threads replace blocks, MIB alive (busy.h); `ready` and the process's number are said when that is so. Windows of MS
 * milliseconds come in PAIRS, a quiet one and one with the command, which is begun and ended with it, by turns first: an
 * argument % is the process's number. The command's stdout is /dev/null.
 *
 * The result line: `quiet` and `watched` are medians of blocks replaced a second; `slower` the median of the pairs' ratios,
 * quiet by watched; `slower_cpu` the same of blocks a second of the process's own processor time, which the command's share of
 * the processors is not in; `command_cpu` processor seconds of the command a second. */
#include "busy.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

enum { MOST_PAIRS = BUSY_WINDOWS / 2 };

static double rates[2][MOST_PAIRS], ratios[2][MOST_PAIRS];

static pid_t begin(char** command) {
  posix_spawn_file_actions_t actions;
  pid_t child;
  if (posix_spawn_file_actions_init(&actions) != 0 ||
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
    give_up("posix_spawn_file_actions");
  if (posix_spawnp(&child, command[0], &actions, NULL, command, environ) != 0) give_up(command[0]);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

static void end(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, WNOHANG) == child) give_up("the command ended by itself");
  if (kill(child, SIGKILL) != 0 || waitpid(child, &status, 0) != child) give_up("the command");
}

/* Rates of one window, by the clock and by processor time. */
static void pass(unsigned window, double seconds, char** command, double* by_wall, double* by_cpu) {
  atomic_store_explicit(&busy.window, window, memory_order_relaxed);
  const pid_t child = command != NULL ? begin(command) : 0;
  const double wall = wall_seconds(), cpu = cpu_seconds();
  const uint64_t done = busy_done(window);
  busy_sleep(seconds);
  const double n = (double)(busy_done(window) - done);
  *by_wall = n / (wall_seconds() - wall);
  *by_cpu = n / (cpu_seconds() - cpu);
  if (command != NULL) end(child);
}

static void pass_pair(size_t pair, double seconds, char** command) {
  double by_wall[2], by_cpu[2];
  for (unsigned i = 0; i < 2; i++) {
    const unsigned watched = i ^ (pair & 1);
    pass((unsigned)(2 * pair) + i, seconds, watched ? command : NULL, &by_wall[watched], &by_cpu[watched]);
  }
  for (unsigned k = 0; k < 2; k++) rates[k][pair] = by_wall[k];
  ratios[0][pair] = by_wall[0] / by_wall[1];
  ratios[1][pair] = by_cpu[0] / by_cpu[1];
}

static double children_seconds(void) {
  struct rusage u;
  if (getrusage(RUSAGE_CHILDREN, &u) != 0) give_up("getrusage");
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

int main(int argc, char** argv) {
  static char self[16];
  if (argc < 6) give_up("watched THREADS MIB PAIRS MS COMMAND [ARGUMENT...]");
  const size_t pairs = argument(argc, argv, 3, 1);
  const double seconds = (double)argument(argc, argv, 4, 1000) / 1e3;
  char** command = argv + 5;
  if (pairs == 0 || pairs > MOST_PAIRS) give_up("arguments");
  (void)snprintf(self, sizeof self, "%ld", (long)getpid());
  for (char** word = command; *word != NULL; word++)
    if (strcmp(*word, "%") == 0) *word = self;
  unsetenv("LD_PRELOAD"); /* the command is not measured */
  busy_begin(argument(argc, argv, 1, 64), argument(argc, argv, 2, 1024), false);
  say("ready %s\n", self);
  for (size_t i = 0; i < pairs; i++) pass_pair(i, seconds, command);
  busy_end();
  say("quiet=%.0f watched=%.0f slower=%.4f slower_cpu=%.4f command_cpu=%.4f peak_kib=%zu\n", median(rates[0], pairs),
      median(rates[1], pairs), median(ratios[0], pairs), median(ratios[1], pairs),
      children_seconds() / ((double)pairs * seconds), peak_kib());
  return 0;
}
