/* sample.c -- one test of each fate, for tests/house/check_runner.sh: what the runner makes of it is known beforehand. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int prepared;

static void prepare(void) { prepared++; }
static void clear(void) { prepared--; }

TestSuite(fates, .init = prepare, .fini = clear);

Test(fates, passes) { cr_assert_eq(prepared, 1); }
Test(fates, fails) { cr_assert_eq(prepared, 2, "prepared is %d", prepared); }
Test(fates, crashes) { abort(); }
Test(fates, leaves) { exit(7); }
Test(fates, hangs) {
  for (;;) pause();
}
Test(fates, hangs_and_takes_no_signal) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (;;) pause();
}

Test(signals, as_expected, .signal = SIGABRT) { abort(); }
Test(signals, another, .signal = SIGABRT) { raise(SIGTERM); }
Test(signals, none, .signal = SIGABRT) {}

/* A child of its own is no affair of the runner's, which blocks SIGCHLD for itself only. */
Test(own, children) {
  sigset_t blocked;
  int status = 0;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  cr_assert(!sigismember(&blocked, SIGCHLD));
  const pid_t pid = fork();
  if (pid == 0) _exit(5);
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  cr_assert_eq(WEXITSTATUS(status), 5);
}
Test(own, memory) { cr_assert_eq(prepared, 0); }
