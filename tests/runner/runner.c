/* runner.c -- runs the unit tests where Criterion is not there, or cannot be: each in a child process, a few at a time.
 *
 *   usage: mica-unit [-jN] [--timeout SECONDS] [--list] [--filter PATTERN] [PATTERN]... [^PATTERN]...
 *
 * All tests, or those that a pattern fits, without those that one after ^ fits. A pattern is the shell's, of SUITE/NAME, or of
 * SUITE alone; one that fits no test is a mistake. N run at a time (1); one that takes longer than so many seconds (600) is
 * ended. --verbose and --color=WHEN are Criterion's, and taken for nothing: a test says the same with and without.
 *
 * A test passes if its child ends as it is meant to: by exit status 0, or by the signal that the test names. A sanitizer's
 * report ends it otherwise. The last line is Criterion's; exit status 0 if all have passed, and there was one; 2 if the call
 * was wrong. What was compiled for another machine runs here as it does there: nothing but fork, wait and signals is needed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MOST = 64, PATTERNS_MOST = 200, NAME_MOST = 256, BROKEN = 3, WRONG = 2 };

typedef struct job_s {
  const criterion_test_t* test; /* NULL: free */
  pid_t pid;
  struct timespec start;
  bool late; /* it was ended */
} job_t;

typedef struct pattern_s {
  const char* text;
  bool leaves_out;
} pattern_t;

static criterion_test_t* tests;
static criterion_test_t** end = &tests;
static job_t jobs[JOBS_MOST];
static pattern_t patterns[PATTERNS_MOST];
static unsigned pattern_count, most = 1, seconds = 600;
static bool list;
static unsigned running, passing, failing, crashing;
static sigset_t mask; /* as it was; the runner blocks SIGCHLD, to wait for it */
static int out;       /* stderr as it was: a test may redirect its own */

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

_Noreturn static void wrong_call(const char* what, const char* word) {
  dprintf(out, "mica-unit: %s: %s\n", what, word);
  exit(WRONG);
}

/* ---- one test ---- */

/* The options that TestSuite gave, if it did. */
static criterion_options_t suite_options(const criterion_test_t* test) {
  for (const criterion_test_t* t = tests; t != NULL; t = t->next)
    if (t->run == NULL && strcmp(t->suite, test->suite) == 0) return t->options;
  return (criterion_options_t){0};
}

_Noreturn static void run(const criterion_test_t* test) {
  const criterion_options_t suite = suite_options(test), own = test->options;
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* a runner that is ended leaves none behind */
  sigprocmask(SIG_SETMASK, &mask, NULL);
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
  *job = (job_t){.test = test};
  clock_gettime(CLOCK_MONOTONIC, &job->start);
  dprintf(out, "[RUN ] %s::%s\n", test->suite, test->name);
  job->pid = fork();
  if (job->pid == 0) run(test);
  if (job->pid < 0) wrong_call("fork", strerror(errno));
  running++;
}

static double age(const job_t* job) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - job->start.tv_sec) + (double)(now.tv_nsec - job->start.tv_nsec) / 1e9;
}

static void judge(const job_t* job, int status) {
  const criterion_test_t* t = job->test;
  const int expected = t->options.signal, found = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const bool pass = !job->late && found == expected && (found != 0 || WEXITSTATUS(status) == 0);
  const bool crash = !pass && (found != 0 || WEXITSTATUS(status) != BROKEN);
  if (job->late)
    dprintf(out, "%s::%s: ended at the time limit, %u s\n", t->suite, t->name, seconds);
  else if (found != 0 && !pass)
    dprintf(out, "%s::%s: ended by signal %d\n", t->suite, t->name, found);
  else if (!pass && (expected != 0 || crash))
    dprintf(out, "%s::%s: exit status %d\n", t->suite, t->name, WEXITSTATUS(status));
  dprintf(out, "[%s] %s::%s: (%.2fs)\n", pass ? "PASS" : "FAIL", t->suite, t->name, age(job));
  passing += pass;
  failing += !pass && !crash;
  crashing += crash;
}

/* ---- all of them ---- */

static void end_the_late(void) {
  for (job_t* job = jobs; job < jobs + JOBS_MOST; job++) {
    if (job->test == NULL || job->late || age(job) <= seconds) continue;
    job->late = true;
    kill(job->pid, SIGKILL);
  }
}

static void wait_for_one(void) {
  sigset_t ends;
  pid_t pid;
  int status = 0;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  while ((pid = waitpid(-1, &status, WNOHANG)) == 0) {
    end_the_late();
    sigtimedwait(&ends, NULL, &(struct timespec){.tv_sec = 1});
  }
  for (job_t* job = jobs; job < jobs + JOBS_MOST; job++) {
    if (job->test == NULL || job->pid != pid) continue;
    judge(job, status);
    job->test = NULL;
    running--;
  }
}

static bool fits(const criterion_test_t* test, const char* pattern) {
  char name[NAME_MOST];
  snprintf(name, sizeof name, strchr(pattern, '/') != NULL ? "%s/%s" : "%s", test->suite, test->name);
  return test->run != NULL && fnmatch(pattern, name, 0) == 0;
}

static bool wanted(const criterion_test_t* test) {
  bool all = true, named = false;
  for (unsigned i = 0; i < pattern_count; i++) {
    const bool fit = fits(test, patterns[i].text);
    if (patterns[i].leaves_out && fit) return false;
    if (patterns[i].leaves_out) continue;
    all = false;
    named = named || fit;
  }
  return test->run != NULL && (all || named);
}

static void add_pattern(const char* text, bool leaves_out) {
  const criterion_test_t* t = tests;
  if (pattern_count == PATTERNS_MOST) wrong_call("too many patterns", text);
  while (t != NULL && !fits(t, text)) t = t->next;
  if (t == NULL) wrong_call("fits no test", text);
  patterns[pattern_count++] = (pattern_t){text, leaves_out};
}

static unsigned number(const char* text, unsigned largest) {
  char* rest = NULL;
  const unsigned long n = text == NULL ? 0 : strtoul(text, &rest, 10);
  if (n == 0 || n > largest || *rest != '\0') wrong_call("not a number that will do", text == NULL ? "none" : text);
  return (unsigned)n;
}

/* The words of the call. A word that another one must follow finds NULL at the end. */
static void read_call(char** word) {
  for (; *word != NULL; word++) {
    if (strcmp(*word, "--list") == 0)
      list = true;
    else if (strcmp(*word, "--timeout") == 0 && word[1] != NULL)
      seconds = number(*++word, 1000000);
    else if (strcmp(*word, "--filter") == 0 && word[1] != NULL)
      add_pattern(*++word, false);
    else if (strncmp(*word, "-j", 2) == 0)
      most = number(*word + 2, JOBS_MOST);
    else if (**word == '-' && strcmp(*word, "--verbose") != 0 && strncmp(*word, "--color=", 8) != 0)
      wrong_call("not known, or not whole", *word);
    else if (**word != '-')
      add_pattern(*word + (**word == '^'), **word == '^');
  }
}

int main(int argc, char** argv) {
  sigset_t blocked;
  out = dup(2);
  if (argc > 1) read_call(argv + 1);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, &mask);
  for (const criterion_test_t* t = tests; t != NULL; t = t->next) {
    if (!wanted(t)) continue;
    if (list) {
      printf("%s/%s\n", t->suite, t->name);
      continue;
    }
    while (running >= most) wait_for_one();
    start(t);
  }
  if (list) return 0;
  while (running != 0) wait_for_one();
  const unsigned tested = passing + failing + crashing;
  dprintf(out, "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n", tested, passing, failing,
          crashing);
  return tested != 0 && tested == passing ? 0 : 1;
}
