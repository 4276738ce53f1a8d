/* runner.c -- runs the unit tests where Criterion cannot: each in a child process, a few at a time.
 *
 *   usage: mica-unit [-jN] [SUITE[/NAME]]... [^SUITE[/NAME]]...    all tests, or those named, without those after ^;
 *                                                                  N at a time (1)
 *
 * A test passes if its child ends as it is meant to: by exit status 0, or by the signal that the test names. A sanitizer's
 * report ends it otherwise. The last line is Criterion's; exit status 0 if all have passed, and there was one. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MOST = 64, SECONDS = 120, BROKEN = 3 };

typedef struct job_s {
  const criterion_test_t* test;
  pid_t pid;
  struct timespec start;
} job_t;

static criterion_test_t* tests;
static criterion_test_t** end = &tests;
static job_t jobs[JOBS_MOST];
static unsigned running, passing, failing, crashing;
static int out; /* stderr as it was: a test may redirect its own */

void criterion_add(criterion_test_t* test) {
  *end = test;
  end = &test->next;
}

void criterion_fail(const char* file, int line, const char* expression, const char* format, ...) {
  va_list args;
  dprintf(out, "%s:%d: does not hold: %s:", file, line, expression);
  va_start(args, format);
  vdprintf(out, format, args);
  va_end(args);
  dprintf(out, "\n");
  _exit(BROKEN);
}

/* The options that TestSuite gave, if it did. */
static criterion_options_t suite_options(const criterion_test_t* test) {
  for (const criterion_test_t* t = tests; t != NULL; t = t->next)
    if (t->run == NULL && strcmp(t->suite, test->suite) == 0) return t->options;
  return (criterion_options_t){0};
}

static void run(const criterion_test_t* test) {
  const criterion_options_t suite = suite_options(test), own = test->options;
  const double seconds = own.timeout > 0 ? own.timeout : suite.timeout > 0 ? suite.timeout : SECONDS;
  alarm((unsigned)seconds);
  if (suite.init != NULL) suite.init();
  if (own.init != NULL) own.init();
  test->run();
  if (own.fini != NULL) own.fini();
  if (suite.fini != NULL) suite.fini();
  exit(0); /* through the sanitizer's own end, which may report */
}

static void start(const criterion_test_t* test) {
  job_t* job = jobs;
  while (job->test != NULL) job++;
  job->test = test;
  clock_gettime(CLOCK_MONOTONIC, &job->start);
  dprintf(out, "[RUN ] %s::%s\n", test->suite, test->name);
  job->pid = fork();
  if (job->pid == 0) run(test);
  if (job->pid < 0) {
    perror("fork");
    exit(2);
  }
  running++;
}

static void judge(const job_t* job, int status) {
  const criterion_test_t* t = job->test;
  const int expected = t->options.signal, found = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const bool pass = found == expected && (found != 0 || WEXITSTATUS(status) == 0);
  const bool crash = !pass && (found != 0 || WEXITSTATUS(status) != BROKEN);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const double seconds = (double)(now.tv_sec - job->start.tv_sec) + (double)(now.tv_nsec - job->start.tv_nsec) / 1e9;
  if (crash && found == SIGALRM) dprintf(out, "%s::%s: the time limit\n", t->suite, t->name);
  if (crash && found != SIGALRM) dprintf(out, "%s::%s: wait status %#x\n", t->suite, t->name, (unsigned)status);
  dprintf(out, "[%s] %s::%s: (%.2fs)\n", pass ? "PASS" : "FAIL", t->suite, t->name, seconds);
  passing += pass;
  failing += !pass && !crash;
  crashing += crash;
}

static void wait_for_one(void) {
  int status = 0;
  const pid_t pid = wait(&status);
  for (job_t* job = jobs; job < jobs + JOBS_MOST; job++) {
    if (job->test == NULL || job->pid != pid) continue;
    judge(job, status);
    job->test = NULL;
    running--;
  }
}

static bool is_named(const criterion_test_t* test, const char* name) {
  const size_t n = strlen(test->suite);
  if (strncmp(name, test->suite, n) != 0) return false;
  return name[n] == '\0' || (name[n] == '/' && strcmp(name + n + 1, test->name) == 0);
}

static bool wanted(const criterion_test_t* test, char** names, int count) {
  bool all = true, named = false;
  for (int i = 0; i < count; i++) {
    if (names[i][0] == '^' && is_named(test, names[i] + 1)) return false;
    if (names[i][0] == '^') continue;
    all = false;
    named = named || is_named(test, names[i]);
  }
  return all || named;
}

int main(int argc, char** argv) {
  unsigned most = 1;
  int first = 1;
  out = dup(2);
  if (argc > 1 && strncmp(argv[1], "-j", 2) == 0) most = (unsigned)atoi(argv[first++] + 2);
  if (most == 0 || most > JOBS_MOST) most = 1;
  for (const criterion_test_t* t = tests; t != NULL; t = t->next) {
    if (t->run == NULL || !wanted(t, argv + first, argc - first)) continue;
    while (running >= most) wait_for_one();
    start(t);
  }
  while (running != 0) wait_for_one();
  const unsigned tested = passing + failing + crashing;
  dprintf(out, "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n", tested, passing, failing,
          crashing);
  return tested != 0 && tested == passing ? 0 : 1;
}
