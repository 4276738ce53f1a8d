/* meter.c -- measures a program that it runs: `meter [--preload FILE] [--repeat N] [--output FILE] -- PROGRAM [ARGUMENT...]`,
 * or, as it stands among others, `meter [--preload FILE] --figures FILE -- PROGRAM [ARGUMENT...]`.
 *
 * The program reads /dev/null and writes to FILE, or to /dev/null; what it says on its standard error is passed on.
 * LD_PRELOAD is FILE in the program and in what it runs, never in the meter; without --preload it is unset. The program has
 * ended when all of its children have, also those that it left behind.
 *
 * The result line speaks of all N runs together: `time` is wall seconds, `cpu` the processor seconds of all processes,
 * `peak_kib` the largest resident size of any one of them, `faults` the page faults of all. The peak begins with the resident
 * size of the meter itself, which the kernel counts to a process until it has called exec: it must be less than that of any
 * program worth measuring, so nothing large is linked or allocated here.
 *
 * Exit status 2 and a line that begins with BROKEN if the program cannot be run or fails.
 *
 * With --figures the program has the meter's input, outputs and exit status (as in a shell: 128 and the signal's number), and
 * is sent the signals that the meter gets; the result line is appended to FILE, whether or not the program failed. */
#include "measure.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { ENVIRONMENT_MOST = 4000 };

extern char** environ;

struct order {
  const char* preload; /* NULL: none */
  const char* output;
  const char* figures; /* NULL: the result line goes to stdout */
  size_t repeat;
  char** command;
};

static struct order read_order(int argc, char** argv) {
  struct order order = {NULL, "/dev/null", NULL, 1, NULL};
  int i = 1;
  for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
    if (strcmp(argv[i], "--preload") == 0) {
      order.preload = argv[i + 1];
    } else if (strcmp(argv[i], "--output") == 0) {
      order.output = argv[i + 1];
    } else if (strcmp(argv[i], "--figures") == 0) {
      order.figures = argv[i + 1];
    } else if (strcmp(argv[i], "--repeat") == 0) {
      order.repeat = argument(argc, argv, i + 1, 1);
    } else {
      give_up("no such option of meter");
    }
  }
  if (i + 1 >= argc || strcmp(argv[i], "--") != 0 || order.repeat == 0) {
    give_up("meter [--preload FILE] [--repeat N] [--output FILE | --figures FILE] -- PROGRAM [ARGUMENT...]");
  }
  order.command = argv + i + 1;
  /* The loader would go on without it, and the wrong allocator would be measured. */
  if (order.preload != NULL && access(order.preload, R_OK) != 0) give_up(order.preload);
  return order;
}

/* The environment of the program: ours, but for LD_PRELOAD. */
static char** environment_with(const char* preload) {
  static char variable[4200];
  static char* environment[ENVIRONMENT_MOST + 2];
  size_t count = 0;
  for (char** v = environ; *v != NULL; v++) {
    if (strncmp(*v, "LD_PRELOAD=", strlen("LD_PRELOAD=")) == 0) continue;
    if (count == ENVIRONMENT_MOST) give_up("the environment is too long");
    environment[count++] = *v;
  }
  if (preload != NULL) {
    int length = snprintf(variable, sizeof variable, "LD_PRELOAD=%s", preload);
    if (length < 0 || (size_t)length >= sizeof variable) give_up("the path of the preloaded file is too long");
    environment[count++] = variable;
  }
  return environment;
}

static sigset_t usual_mask; /* the signals that were blocked when the meter was started */

static pid_t start(const struct order* order, char** environment) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t child = 0;
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (posix_spawn_file_actions_init(&actions) != 0) give_up("posix_spawn_file_actions_init");
  if (order->figures == NULL &&
      (posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
       posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, order->output, flags, 0666) != 0)) {
    give_up("posix_spawn_file_actions_addopen");
  }
  if (posix_spawnattr_init(&attributes) != 0 || posix_spawnattr_setsigmask(&attributes, &usual_mask) != 0 ||
      posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK) != 0) {
    give_up("posix_spawnattr");
  }
  if (posix_spawnp(&child, order->command[0], &actions, &attributes, order->command, environment) != 0)
    give_up(order->command[0]);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return child;
}

static volatile sig_atomic_t passed_to; /* the program that signals are passed on to */

static void pass_on(int signal_number) { (void)kill((pid_t)passed_to, signal_number); }

/* Signals that are passed on, from when there is a program: until then they are blocked. */
static void pass_signals(void) {
  static const int passed[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
  sigset_t blocked;
  (void)sigemptyset(&blocked);
  for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) (void)sigaddset(&blocked, passed[i]);
  if (sigprocmask(SIG_BLOCK, &blocked, &usual_mask) != 0) give_up("sigprocmask");
  for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
    if (signal(passed[i], pass_on) == SIG_ERR) give_up("signal");
}

/* Wait until neither the program nor anything that it started is left; the program's status. */
static int wait_for_all(pid_t program) {
  int result = 0;
  for (;;) {
    int status = 0;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) break;
    if (ended == program) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  if (errno != ECHILD) give_up("waitpid");
  return result;
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec * 1e-6; }

/* Append the result line, all of it at once: several meters may write to the file. */
static void append(const char* path, const char* line) {
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  const size_t length = strlen(line);
  if (file < 0 || write(file, line, length) != (ssize_t)length) give_up(path);
  (void)close(file);
}

/* Run the program as often as it is wanted; its status. */
static int run(const struct order* order) {
  char** environment = environment_with(order->preload);
  for (size_t i = 0; i < order->repeat; i++) {
    const pid_t program = start(order, environment);
    if (order->figures != NULL) {
      passed_to = program;
      if (sigprocmask(SIG_SETMASK, &usual_mask, NULL) != 0) give_up("sigprocmask");
    }
    const int status = wait_for_all(program);
    if (order->figures != NULL) return status;
    if (status != 0) give_up("the program failed");
  }
  return 0;
}

int main(int argc, char** argv) {
  static char line[200];
  struct order order = read_order(argc, argv);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) give_up("prctl");
  if (order.figures != NULL) {
    pass_signals();
  } else if (sigprocmask(SIG_BLOCK, NULL, &usual_mask) != 0) {
    give_up("sigprocmask");
  }
  double begun = wall_seconds();
  const int status = run(&order);
  double wall = wall_seconds() - begun;
  struct rusage all;
  if (getrusage(RUSAGE_CHILDREN, &all) != 0) give_up("getrusage");
  (void)snprintf(line, sizeof line, "time=%.4f cpu=%.4f peak_kib=%ld faults=%ld\n", wall,
                 seconds(all.ru_utime) + seconds(all.ru_stime), all.ru_maxrss, all.ru_minflt + all.ru_majflt);
  if (order.figures == NULL) {
    say("%s", line);
  } else {
    append(order.figures, line);
  }
  return status;
}
