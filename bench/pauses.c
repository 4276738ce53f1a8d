/* pauses.c -- the longest call of malloc and free around a switch of mica's profiler, in a process that is under load.
 *
 * usage: pauses inside|outside MICA FILE [THREADS [MIB [PAIRS [MS]]]]        default 8 1024 8 200
 * THREADS threads replace blocks, MIB alive (busy.h); the calls are timed. Windows of MS milliseconds come in PAIRS: a quiet
 * one, and one in which profiling is switched on after a quarter of it, and off after three quarters: by mi_profile_start and
 * mi_profile_stop (inside), or by `MICA profile` (outside). After the first switch a profile is written to FILE, by the same
 * way, until there is a sample in it. Needs mica, preloaded.
 *
 * The result line speaks of windows, in microseconds: `quiet` and `switched` are the medians, `quiet_most` and `switched_most`
 * the largest, of each window's longest call by its thread's processor time; `first` is the first switch of the process; names
 * with `wall_` are the same by the clock, of calls in which the thread was not driven off. `start` is the median of what the
 * call mi_profile_start itself takes by processor time (outside: the command by the clock). `dump` is milliseconds from the
 * first switch to the end of the profile's writing. `calls` are blocks replaced in all windows. */
#include "busy.h"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

enum { MOST_PAIRS = BUSY_WINDOWS / 2, EVERY = 512 << 10 };

/* mi_profile_start and its kin, as mica/profile.h has them; start is NULL: by the command. */
static struct {
  bool (*start)(size_t every);
  void (*stop)(void);
  bool (*dump)(const char* path);
} inside;

static const char *command, *file;
static char self[16];

static void run(const char* act, const char* option, const char* value) {
  char* words[] = {(char*)(uintptr_t)command, "profile", self, (char*)(uintptr_t)act, (char*)(uintptr_t)option,
                   (char*)(uintptr_t)value,   NULL};
  pid_t child;
  int status = 0;
  if (posix_spawn(&child, command, NULL, NULL, words, environ) != 0) give_up(command);
  if (waitpid(child, &status, 0) != child || status != 0) give_up("mica profile");
}

static void switch_on(void) {
  if (inside.start == NULL)
    run("--start", NULL, NULL);
  else if (!inside.start(EVERY))
    give_up("this mica does not profile");
}

static void switch_off(void) {
  if (inside.start == NULL)
    run("--stop", NULL, NULL);
  else
    inside.stop();
}

/* Whether what was written has a sample. */
static bool has_sample(void) {
  static const char none[] = "heap profile: 0: ";
  char text[64];
  read_proc(file, text, sizeof text);
  return strncmp(text, none, sizeof none - 1) != 0;
}

static void dump(void) {
  do {
    if (inside.start == NULL)
      run("--dump", "-o", file);
    else if (!inside.dump(file))
      give_up(file);
  } while (!has_sample());
}

static void find(void) {
  void *start = dlsym(RTLD_DEFAULT, "mi_profile_start"), *stop = dlsym(RTLD_DEFAULT, "mi_profile_stop");
  void* dump_it = dlsym(RTLD_DEFAULT, "mi_profile_dump");
  if (start == NULL || stop == NULL || dump_it == NULL) give_up("mica is not preloaded");
  memcpy(&inside.start, &start, sizeof start);
  memcpy(&inside.stop, &stop, sizeof stop);
  memcpy(&inside.dump, &dump_it, sizeof dump_it);
}

static double starts[MOST_PAIRS], dumped;

/* A window, and what happens in it. */
static void pass(size_t pair, bool switched, double seconds) {
  const unsigned window = (unsigned)(2 * pair + switched);
  atomic_store_explicit(&busy.window, window, memory_order_relaxed);
  busy_sleep(seconds / 4);
  if (switched) {
    const double wall = wall_seconds();
    const clockid_t clock = inside.start != NULL ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    const uint64_t begun = busy_clock(clock);
    switch_on();
    starts[pair] = (double)(busy_clock(clock) - begun) / 1e3;
    if (pair == 0) {
      dump();
      dumped = (wall_seconds() - wall) * 1e3;
    }
  }
  busy_sleep(seconds / 2);
  if (switched) switch_off();
  busy_sleep(seconds / 4);
}

static double longest(unsigned window, bool wall) {
  uint64_t most = 0;
  for (size_t i = 0; i < busy.threads; i++) {
    const struct busy_longest* l = &busy.each[i].longest[window];
    const uint64_t this = wall ? l->wall : l->cpu;
    most = this > most ? this : most;
  }
  return (double)most / 1e3;
}

static void tell(size_t pairs, bool wall) {
  static double of[2][MOST_PAIRS];
  const char* name = wall ? "wall_" : "";
  for (size_t i = 0; i < pairs; i++)
    for (unsigned k = 0; k < 2; k++) of[k][i] = longest((unsigned)(2 * i + k), wall);
  const double first = of[1][0], quiet = median(of[0], pairs), switched = median(of[1], pairs);
  say("%squiet=%.1f %sswitched=%.1f %sfirst=%.1f %squiet_most=%.1f %sswitched_most=%.1f ", name, quiet, name, switched,
      name, first, name, of[0][pairs - 1], name, of[1][pairs - 1]);
}

int main(int argc, char** argv) {
  if (argc < 4) give_up("pauses inside|outside MICA FILE [THREADS [MIB [PAIRS [MS]]]]");
  const size_t pairs = argument(argc, argv, 6, 8);
  uint64_t calls = 0;
  command = argv[2];
  file = argv[3];
  if (pairs == 0 || pairs > MOST_PAIRS) give_up("arguments");
  (void)snprintf(self, sizeof self, "%ld", (long)getpid());
  if (strcmp(argv[1], "inside") == 0) find();
  unsetenv("LD_PRELOAD"); /* the command is not measured */
  busy_begin(argument(argc, argv, 4, 8), argument(argc, argv, 5, 1024), true);
  for (size_t i = 0; i < pairs; i++) {
    pass(i, false, (double)argument(argc, argv, 7, 200) / 1e3);
    pass(i, true, (double)argument(argc, argv, 7, 200) / 1e3);
  }
  busy_end();
  for (unsigned w = 0; w < 2 * pairs; w++) calls += busy_done(w);
  tell(pairs, false);
  tell(pairs, true);
  say("start=%.1f dump=%.1f calls=%llu peak_kib=%zu\n", median(starts, pairs), dumped, (unsigned long long)calls,
      peak_kib());
  return 0;
}
