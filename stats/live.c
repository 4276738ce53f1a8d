/* live.c -- when figures are written: at a signal, at intervals, at the program's end (live.h).
 *
 * There is no thread for it. With MICA_STATS_SIGNAL intervals are a timer's, which sends that signal; without it no signal is
 * sent, for a program that expects none may take an interrupted call for an error: then the slow path of malloc looks at the
 * clock, in the function that is called there anyway (mica_deferred_front), so that nothing is looked at while no interval is
 * set. All that is written here is written before the program's first thread, but for `due`. */
#include "stats/live.h"

#include <mica/hooks.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "observe/hooks.h"
#include "observe/setting.h"
#include "segment/os.h"
#include "stats/write.h"

enum { SECOND_MS = 1000, TEN = 10, INTERVAL_MOST = 1000 * 1000 * 1000 };

static long loaded_in;  /* the process that read the settings */
static int taken;       /* the signal that is answered; 0: none */
static int64_t seconds; /* the interval; 0: none */
static bool at_end;
static _Atomic(uint64_t) due; /* by mica_os_clock [F2] */

/* A fork that never became a program of its own would write over its parent's file. */
static bool is_wanted(void) {
  return !mica_write_has_file() || mica_write_has_own_file() || (long)getpid() == loaded_in;
}

static void answer(int number) {
  (void)number;
  if (is_wanted()) mica_write_stats();
}

/* ---- intervals ---- */

/* A program that is out of timers has none. Without an effect where figures are not wanted. */
static void start_timer(void) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = taken};
  const struct itimerspec every = {{(time_t)seconds, 0}, {(time_t)seconds, 0}};
  timer_t timer;
  if (seconds == 0 || taken == 0 || !is_wanted()) return;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &every, NULL) != 0)
    mica_setting_refused(MICA_STATS_INTERVAL_NAME, "", "the system gives no timer");
}

/* Whether this thread is the one that writes now. */
static bool is_due(void) {
  const uint64_t now = mica_os_clock();
  uint64_t at = atomic_load_explicit(&due, memory_order_relaxed); /* relaxed: the CAS decides [F2] */
  if (now < at) return false;
  /* relaxed: a figure of policy [F2] */
  return atomic_compare_exchange_strong_explicit(&due, &at, now + (uint64_t)seconds * SECOND_MS, memory_order_relaxed,
                                                 memory_order_relaxed);
}

/* In front of the program's deferred-free function. */
static void look_at_clock(bool force, unsigned long long heartbeat, void* arg) {
  (void)arg;
  if (is_due() && is_wanted()) mica_write_stats();
  void* behind_arg;
  mi_deferred_free_fun* const behind = mica_deferred_behind(&behind_arg);
  if (behind != NULL) behind(force, heartbeat, behind_arg);
}

/* ---- fork: timers are not inherited ---- */

static void in_child(void) {
  mica_write_forget();
  start_timer();
}

/* ---- settings ---- */

/* Seconds; -1: it is no number, or too large. */
static int64_t interval_of(const char* text) {
  int64_t n = 0;
  if (*text == '\0') return -1;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9' || n > INTERVAL_MOST / TEN) return -1;
    n = n * TEN + (*text - '0');
  }
  return n <= INTERVAL_MOST ? n : -1;
}

static void take_interval(const char* text) {
  seconds = interval_of(text);
  if (seconds >= 0) return;
  seconds = 0;
  mica_setting_refused(MICA_STATS_INTERVAL_NAME, text, "it is a number of seconds");
}

/* An empty one is as good as none. */
static const char* said(const char* name) {
  const char* const text = mica_setting(name);
  return text != NULL && *text != '\0' ? text : NULL;
}

void mica_live_begin(void) {
  const char* const signal_text = said(MICA_STATS_SIGNAL_NAME);
  const char* const file = said(MICA_STATS_FILE_NAME);
  const char* const interval = said(MICA_STATS_INTERVAL_NAME);
  loaded_in = (long)getpid();
  at_end = file != NULL;
  if (!mica_write_to(file)) mica_setting_refused(MICA_STATS_FILE_NAME, file, "no path is so long");
  if (interval != NULL) take_interval(interval);
  if (signal_text != NULL) taken = mica_setting_take_signal(MICA_STATS_SIGNAL_NAME, signal_text, signal_text, answer);
  if (file == NULL && taken == 0 && seconds == 0) return;
  pthread_atfork(NULL, NULL, in_child);
  start_timer();
  if (seconds == 0 || taken != 0) return;
  atomic_store_explicit(&due, mica_os_clock() + (uint64_t)seconds * SECOND_MS, memory_order_relaxed); /* [F2] */
  mica_deferred_front(look_at_clock);
}

void mica_live_end(void) {
  if (at_end && is_wanted()) mica_write_stats();
}

MICA_CONSTRUCTOR static void begin(void) { mica_live_begin(); }
MICA_DESTRUCTOR static void end(void) { mica_live_end(); }
