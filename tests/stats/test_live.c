/* test_live.c -- figures that the environment asks for: at signals, at intervals, at the end; where they go, and what a
 * program's own handlers and forks have of it. */
#include <fcntl.h>
#include <mica.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "segment/os.h"
#include "stats/live.h"
#include "stats/write.h"
#include "tests/stats/figures.h"
#include "tests/support/capture.h"

static char folder[64];
static char path[128];
static char text[1 << 16];

/* The settings, NULL: not set; a file is in a folder of the test's own, and its name is left in path. What was said:
 * captured. */
static void begin(const char* number, const char* file, const char* interval) {
  char pattern[128] = "";
  snprintf(folder, sizeof folder, "/tmp/mica-live-XXXXXX");
  REQUIRE(mkdtemp(folder) != NULL, "no folder");
  if (file != NULL) {
    snprintf(path, sizeof path, "%s/%s", folder, file);
    snprintf(pattern, sizeof pattern, "%s", path);
    char* const at = strstr(path, "%p");
    if (at != NULL) snprintf(at, sizeof path - (size_t)(at - path), "%ld%s", (long)getpid(), strstr(pattern, "%p") + 2);
    setenv("MICA_STATS_FILE", pattern, 1);
  }
  if (number != NULL) setenv("MICA_STATS_SIGNAL", number, 1);
  if (interval != NULL) setenv("MICA_STATS_INTERVAL", interval, 1);
  capture_begin();
  mica_live_begin();
  capture_end();
}

static void clean(void) {
  unlink(path);
  rmdir(folder); /* only if nothing else is there */
  struct stat is;
  REQUIRE(folder[0] == '\0' || stat(folder, &is) != 0, "something is left in %s", folder);
  unsetenv("MICA_STATS_FILE");
  unsetenv("MICA_STATS_SIGNAL");
  unsetenv("MICA_STATS_INTERVAL");
  mica_live_begin(); /* nothing at the end of this process */
}

TestSuite(live, .fini = clean);

/* The file's text; false: there is none. */
static bool have(const char* name) {
  const int file = open(name, O_RDONLY);
  if (file < 0) return false;
  size_t length = 0;
  for (ssize_t got; (got = read(file, text + length, sizeof text - 1 - length)) > 0;) length += (size_t)got;
  text[length] = '\0';
  close(file);
  return true;
}

/* The figure behind the n-th of a name. */
static int64_t figure(const char* name) {
  const char* const at = strstr(text, name);
  REQUIRE(at != NULL, "no %s", name);
  return strtoll(at + strlen(name), NULL, 10);
}

static bool is_whole_json(void) {
  const size_t n = strlen(text);
  return n > 100 && memcmp(text, "{\n  \"version\": ", 15) == 0 && strcmp(text + n - 4, "]\n}\n") == 0;
}

/* ---- at a signal ---- */

static void expect_figures(void) {
  const mi_stats_t now = figures();
  REQUIRE(is_whole_json(), "not whole: %.80s", text);
  REQUIRE(figure("\"version\": ") == MI_STAT_VERSION && figure("\"mica_version\": ") == mi_version(), "versions");
  REQUIRE(figure("\"pid\": ") == getpid() && figure("\"time_msecs\": ") > INT64_C(1500000000000),
          "the process, the time");
  REQUIRE(figure("\"malloc_huge\": { \"total\": ") == now.malloc_huge.total, "large blocks");
  REQUIRE(figure("\"page_committed\": { \"total\": ") == now.page_committed.total, "pages");
}

Test(live, a_signal_writes_a_file_of_json) {
  begin("USR1", "a.%p.json", NULL);
  cr_assert_str_empty(captured, "%s", captured);
  REQUIRE(!have(path), "it is written too early");
  void* const large_one = mi_malloc((size_t)3 << 20);
  errno = ERRNO_MARK;
  raise(SIGUSR1);
  REQUIRE(errno == ERRNO_MARK && have(path), "written");
  expect_figures();
  const int64_t before = figure("\"malloc_huge_count\": ");
  void* const another = mi_malloc((size_t)3 << 20);
  raise(SIGUSR1);
  REQUIRE(have(path) && figure("\"malloc_huge_count\": ") == before + 1, "and written anew");
  mi_free(large_one);
  mi_free(another);
}

Test(live, a_path_that_ends_in_prom_is_prometheus) {
  begin("USR2", "mica.prom", NULL);
  raise(SIGUSR2);
  REQUIRE(have(path) && strncmp(text, "# HELP mica_info ", 17) == 0, "no text for Prometheus: %.80s", text);
  REQUIRE(figure("\nmica_mapped_bytes ") == figures().reserved.current, "a figure");
}

Test(live, without_a_file_it_is_a_line) {
  begin("RTMIN+2", NULL, NULL);
  char wanted[64];
  capture_begin();
  raise(SIGRTMIN + 2);
  capture_end();
  snprintf(wanted, sizeof wanted, "mica: process %ld: ", (long)getpid());
  cr_assert_eq(strncmp(captured, wanted, strlen(wanted)), 0, "%s", captured);
  cr_assert(captured_times("\n") == 1 && captured_times(" KiB ") == 5, "%s", captured);
}

/* ---- handlers ---- */

static volatile sig_atomic_t own_calls;
static void own_handler(int number) { own_calls += number != 0; }

Test(live, a_handler_that_is_there_stays) {
  signal(SIGUSR1, own_handler);
  begin("USR1", "a.json", NULL);
  cr_assert_str_eq(captured,
                   "mica: MICA_STATS_SIGNAL: the signal USR1 has no effect: the program ignores it, or has a handler "
                   "for it\n",
                   "%s", captured);
  raise(SIGUSR1);
  cr_assert_eq(own_calls, 1);
  REQUIRE(!have(path), "written all the same");
}

Test(live, a_signal_that_is_ignored_stays_so) {
  signal(SIGUSR1, SIG_IGN);
  begin("USR1", "a.json", NULL);
  cr_assert_eq(captured_times("has no effect"), 1u, "%s", captured);
  cr_assert_eq(signal(SIGUSR1, SIG_DFL), SIG_IGN);
}

Test(live, a_small_signal_stack_is_enough) {
  enum { SMALL = 8192, PAINT = 0x5a };
  static char stack[2 * SMALL];
  memset(stack, PAINT, sizeof stack);
  const stack_t alternate = {.ss_sp = stack + SMALL, .ss_size = SMALL};
  begin("USR1", "a.json", NULL);
  cr_assert_eq(sigaltstack(&alternate, NULL), 0);
  raise(SIGUSR1);
  REQUIRE(have(path) && is_whole_json(), "written");
  size_t untouched = 0;
  while (untouched < sizeof stack && stack[untouched] == PAINT) untouched++;
  cr_assert(untouched < sizeof stack, "the handler ran elsewhere");
  cr_assert(MICA_SANITIZED || untouched > SMALL, "%zu bytes of stack are not enough", (size_t)SMALL);
}

/* ---- bad values ---- */

static void refused(const char* number, const char* interval, const char* line) {
  begin(number, NULL, interval);
  cr_assert_str_eq(captured, line, "%s", captured);
}

Test(live, a_signal_that_is_none_gets_a_line) {
  refused(
      "SEGV", NULL,
      "mica: MICA_STATS_SIGNAL=SEGV is not understood; a signal is USR1, USR2, HUP, RTMIN+1 or another that programs "
      "may use\n");
}
Test(live, an_interval_that_is_none_gets_a_line) {
  refused(NULL, "10s", "mica: MICA_STATS_INTERVAL=10s is not understood; it is a number of seconds\n");
}
Test(live, nothing_is_as_good_as_no_variable) {
  setenv("MICA_STATS_FILE", "", 1);
  begin("", NULL, "");
  cr_assert_str_empty(captured, "%s", captured);
  capture_begin();
  mica_live_end();
  capture_end();
  cr_assert_str_empty(captured, "%s", captured);
}

Test(live, a_path_that_is_too_long_gets_a_line) {
  char* const name = mi_malloc(5000);
  memset(name, 'x', 4999);
  name[4999] = '\0';
  setenv("MICA_STATS_FILE", name, 1);
  begin(NULL, NULL, NULL);
  cr_assert_eq(captured_times("; no path is so long\n"), 1u, "%s", captured);
  mi_free(name);
}

Test(live, a_file_that_cannot_be_written_is_told_of_once) {
  setenv("MICA_STATS_FILE", "/nowhere/at/all.json", 1);
  begin("USR1", NULL, NULL);
  capture_begin();
  raise(SIGUSR1);
  raise(SIGUSR1);
  capture_end();
  cr_assert_str_eq(captured, "mica: MICA_STATS_FILE: /nowhere/at/all.json cannot be written, error 2; said once\n",
                   "%s", captured);
}

/* ---- files that are in the way ---- */

Test(live, what_a_process_left_behind_is_replaced_and_no_link_is_followed) {
  char beside[160], elsewhere[160];
  begin("USR1", "a.json", NULL);
  snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
  snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
  cr_assert_eq(symlink(elsewhere, beside), 0);
  raise(SIGUSR1);
  REQUIRE(have(path) && is_whole_json(), "written");
  REQUIRE(!have(elsewhere) && !have(beside), "the link was followed, or is there");
}

Test(live, a_pipe_is_written_to_and_one_that_nobody_reads_holds_up_nobody) {
  begin("USR1", "a.json", NULL);
  cr_assert_eq(mkfifo(path, 0600), 0);
  capture_begin();
  raise(SIGUSR1);
  capture_end();
  cr_assert_eq(captured_times("cannot be written, error 6"), 1u, "%s", captured);
  const int reader = open(path, O_RDONLY | O_NONBLOCK);
  raise(SIGUSR1);
  const ssize_t got = read(reader, text, sizeof text - 1);
  close(reader);
  text[got > 0 ? got : 0] = '\0';
  REQUIRE(is_whole_json(), "not written");
  struct stat is;
  REQUIRE(stat(path, &is) == 0 && S_ISFIFO(is.st_mode), "it was replaced");
}

/* ---- at intervals ---- */

static uint64_t moved_clock = 1000;
static uint64_t read_clock(void) { return moved_clock; }

/* malloc's slow path, by a size that no thread has ready. */
static void go_slow(void) {
  static size_t size = 70000;
  mi_free(mi_malloc(size += 70000));
}

static unsigned first_calls, other_calls;
static void deferred(bool force, unsigned long long heartbeat, void* arg) {
  (void)force, (void)heartbeat;
  *(unsigned*)arg += 1;
}

/* Whether the file is there after a slow call; then it is gone again. The program's function is called. */
static bool written_by_slow_call(const unsigned* calls) {
  const unsigned before = *calls;
  go_slow();
  REQUIRE(*calls > before, "the program's function is lost");
  const bool is = have(path);
  unlink(path);
  return is;
}

Test(live, without_a_signal_slow_calls_look_at_the_clock) {
  mica_os_set_clock(read_clock);
  mi_register_deferred_free(deferred, &first_calls);
  begin(NULL, "a.json", "10");
  go_slow(); /* a thread that has nothing yet is not asked to free */
  REQUIRE(!written_by_slow_call(&first_calls), "too early");
  moved_clock += 10000;
  REQUIRE(written_by_slow_call(&first_calls), "not written");
  moved_clock += 9999;
  REQUIRE(!written_by_slow_call(&first_calls), "too early again");
  mi_register_deferred_free(deferred, &other_calls);
  const unsigned before = first_calls;
  moved_clock += 1;
  REQUIRE(written_by_slow_call(&other_calls) && first_calls == before, "not written, or the function is another");
  mi_register_deferred_free(NULL, NULL);
  const unsigned last = other_calls;
  go_slow();
  REQUIRE(other_calls == last, "no function any more");
  mica_os_set_clock(NULL);
}

static void wait_for_file(void) {
  while (!have(path)) usleep(1000);
}

Test(live, with_a_signal_a_timer_sends_it) {
  begin("USR1", "a.json", "1");
  wait_for_file();
  expect_figures();
}

/* ---- at the end, and in children ---- */

Test(live, at_the_end) {
  begin(NULL, "a.json", NULL);
  REQUIRE(!have(path), "too early");
  mica_live_end();
  REQUIRE(have(path), "not written");
  expect_figures();
}

/* In a child of the process; whether there is a file of its own now. */
static bool written_by_child(const char* name, void (*how)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    how();
    _exit(0);
  }
  int status;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0, "the child: %d", status);
  char own[128];
  snprintf(own, sizeof own, "%s/%s", folder, name);
  char* const at = strstr(own, "%p");
  if (at != NULL) snprintf(at, sizeof own - (size_t)(at - own), "%ld.json", (long)child);
  const bool is = have(own);
  unlink(own);
  return is;
}

static void by_signal(void) { raise(SIGUSR1); }

Test(live, a_fork_leaves_its_parents_file_alone) {
  begin("USR1", "a.json", NULL);
  REQUIRE(!written_by_child("a.json", by_signal) && !written_by_child("a.json", mica_live_end),
          "the child wrote over it");
  raise(SIGUSR1);
  REQUIRE(have(path), "the parent does");
}

static void by_timer(void) {
  const char* const end = "/a.";
  char own[128];
  snprintf(own, sizeof own, "%s%s%ld.json", folder, end, (long)getpid());
  while (!have(own)) usleep(1000);
}

Test(live, a_fork_has_a_file_and_a_timer_of_its_own) {
  begin("USR1", "a.%p.json", "1");
  REQUIRE(written_by_child("a.%p.json", by_signal), "no file of its own");
  REQUIRE(written_by_child("a.%p.json", by_timer), "no timer of its own");
  wait_for_file();
}

/* ---- many at once ---- */

enum { ASKERS = 4, TIMES = 500 };

static atomic_int asking = ASKERS;

static void* ask(void* arg) {
  for (int i = 0; i < TIMES; i++) {
    void* const p = mi_malloc((size_t)i * 100);
    pthread_kill(pthread_self(), SIGUSR1);
    mi_free(p);
  }
  atomic_fetch_sub_explicit(&asking, 1, memory_order_release);
  return arg;
}

Test(live, whoever_reads_the_file_has_a_whole_one) {
  pthread_t askers[ASKERS];
  begin("USR1", "a.json", NULL);
  raise(SIGUSR1);
  for (int i = 0; i < ASKERS; i++) pthread_create(&askers[i], NULL, ask, NULL);
  do REQUIRE(have(path) && is_whole_json(), "a part: %.80s", text);
  while (atomic_load_explicit(&asking, memory_order_acquire) != 0);
  for (int i = 0; i < ASKERS; i++) pthread_join(askers[i], NULL);
  REQUIRE(have(path) && is_whole_json(), "a part: %.80s", text);
}
