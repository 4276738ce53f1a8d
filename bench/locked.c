/* locked.c -- counts the instructions and the locked operations of remote frees by single-stepping them. x86-64 Linux only.
 *
 * usage: locked [--preload FILE] SKIP,COUNT PROGRAM [ARGUMENTS...]
 * Starts PROGRAM, a workload with remote frees, under FILE and follows all its threads. COUNT of its remote frees after the
 * first SKIP stop before and behind themselves (marks.h): between the two stops the thread is stepped, while the others run
 * on. Counted is from the first instruction of the allocator's free to its return, both included; what the program itself
 * and its linkage table do on the way is not. The program's own output goes to standard error.
 * Prints one line `frees=... instructions_per_free=... locked_per_free=...`. Status: 0, 2 (broken). */
#include "measure.h"

#include "locked_instruction.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { INT3 = 0xCC, LONGEST_FREE = 10000000, KNOWN = 1 << 14 };

/* What is known of the instruction at an address; the code of a program does not change while it runs. */
struct instruction {
  uint64_t address;
  int locked;
  int mark; /* a breakpoint of the program itself */
  int own;  /* the program's, not a library's */
};

/* The figures of all marked frees so far, and the program whose they are. */
struct tracer {
  pid_t program;
  uint64_t code_begin, code_end; /* where the program itself lies, without its libraries; 0 before the first mark */
  long frees, instructions, locked;
  int failed; /* the program did not end with status 0 */
  struct instruction known[KNOWN];
};

static struct user_regs_struct registers_of(pid_t thread) {
  struct user_regs_struct r;
  if (ptrace(PTRACE_GETREGS, thread, NULL, &r) != 0) give_up("PTRACE_GETREGS");
  return r;
}

static void go_on(enum __ptrace_request how, pid_t thread, int signal_to_deliver) {
  /* A thread may have been ended by the end of the whole program: then there is nothing to go on. */
  if (ptrace(how, thread, NULL, (long)signal_to_deliver) != 0 && errno != ESRCH) give_up("ptrace refuses to go on");
}

/* The lowest and the highest address of the program's own file in its address space. */
static void find_program(struct tracer* t) {
  char path[64], own[4096], line[8192];
  snprintf(path, sizeof path, "/proc/%d/exe", (int)t->program);
  ssize_t length = readlink(path, own, sizeof own - 1);
  if (length <= 0) give_up(path);
  own[length] = 0;
  snprintf(path, sizeof path, "/proc/%d/maps", (int)t->program);
  FILE* maps = fopen(path, "re");
  if (maps == NULL) give_up(path);
  while (fgets(line, sizeof line, maps) != NULL) {
    const char* file = strchr(line, '/');
    unsigned long begin, end;
    if (file == NULL || strncmp(file, own, (size_t)length) != 0 || file[length] != '\n') continue;
    if (sscanf(line, "%lx-%lx", &begin, &end) != 2) give_up(path);
    if (t->code_begin == 0) t->code_begin = begin;
    t->code_end = end;
  }
  fclose(maps);
  if (t->code_begin == 0) give_up("the program is not in its own address space");
}

static int is_own(const struct tracer* t, uint64_t address) {
  return t->code_begin <= address && address < t->code_end;
}

static const struct instruction* instruction_at(struct tracer* t, uint64_t address) {
  struct instruction* known = &t->known[address % KNOWN];
  if (known->address != address) {
    unsigned char code[LONGEST_INSTRUCTION + 1];
    size_t length = read_instruction(t->program, address, code);
    if (length == 0) give_up("there is no instruction where a thread is");
    int own = is_own(t, address);
    *known = (struct instruction){address, is_locked_code(code, length), own && code[0] == INT3, own};
  }
  return known;
}

/* One step of a thread; other signals than the step's own are handed to it with the next. */
static struct user_regs_struct step(pid_t thread, int* signal_to_deliver) {
  int status;
  go_on(PTRACE_SINGLESTEP, thread, *signal_to_deliver);
  if (waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status)) give_up("the program ended inside a free");
  *signal_to_deliver = status >> 8 == SIGTRAP ? 0 : WSTOPSIG(status);
  return registers_of(thread);
}

/* Step a thread from the stop before a free to the one behind it, and over that. */
static void count_free(struct tracer* t, pid_t thread) {
  if (t->code_begin == 0) find_program(t);
  int signal_to_deliver = 0;
  struct user_regs_struct r = registers_of(thread);
  long counted = 0;
  for (long steps = 0; steps < LONGEST_FREE; steps++) {
    const struct instruction* next = instruction_at(t, r.rip);
    if (next->mark) break;
    counted += !next->own;
    t->locked += !next->own && next->locked;
    /* A repeated string instruction stops after every repetition: it counts once. */
    do {
      r = step(thread, &signal_to_deliver);
    } while (r.rip == next->address);
  }
  if (!instruction_at(t, r.rip)->mark) give_up("a free does not return");
  if (counted == 0) give_up("there is no call between the marks");
  t->instructions += counted;
  t->frees++;
  r.rip++;
  if (ptrace(PTRACE_SETREGS, thread, NULL, &r) != 0) give_up("PTRACE_SETREGS");
  go_on(PTRACE_CONT, thread, signal_to_deliver);
}

/* Whether a thread stands behind a breakpoint of the program itself. */
static int at_mark(const struct tracer* t, pid_t thread) {
  siginfo_t info;
  if (ptrace(PTRACE_GETSIGINFO, thread, NULL, &info) != 0) return 0;
  unsigned char code = 0;
  if (info.si_code != SI_KERNEL) return 0;
  return read_traced(t->program, registers_of(thread).rip - 1, &code, 1) == 1 && code == INT3;
}

/* What waitpid said of a thread that has stopped. */
static void stopped(struct tracer* t, pid_t thread, int status) {
  int signal_number = WSTOPSIG(status);
  int event = status >> 16;
  if (signal_number == SIGTRAP && event == 0 && at_mark(t, thread)) {
    count_free(t, thread);
  } else if (event != 0 || signal_number == SIGSTOP || signal_number == SIGTRAP) {
    go_on(PTRACE_CONT, thread, 0); /* it starts a thread, or is one that has been started, or has exec behind it */
  } else {
    go_on(PTRACE_CONT, thread, signal_number);
  }
}

static void start(struct tracer* t, const char* marks, const char* preload, char** command) {
  t->program = fork();
  if (t->program < 0) give_up("fork");
  if (t->program == 0) {
    /* Bound at once: else the first free of the library's own functions would run the linker. */
    setenv("LD_BIND_NOW", "1", 1);
    setenv("BENCH_MARKS", marks, 1);
    if (preload != NULL) setenv("LD_PRELOAD", preload, 1);
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(126);
    execv(command[0], command);
    _exit(127);
  }
  int status;
  if (waitpid(t->program, &status, __WALL) != t->program || !WIFSTOPPED(status)) give_up("the program does not start");
  long options = PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE;
  if (ptrace(PTRACE_SETOPTIONS, t->program, NULL, options) != 0) give_up("PTRACE_SETOPTIONS");
  go_on(PTRACE_CONT, t->program, 0);
}

int main(int argc, char** argv) {
  const char* preload = NULL;
  int at = 1;
  if (argc > 2 && strcmp(argv[1], "--preload") == 0) {
    preload = argv[2];
    at = 3;
  }
  long skip, wanted;
  if (argc < at + 2 || sscanf(argv[at], "%ld,%ld", &skip, &wanted) != 2 || skip < 0 || wanted <= 0) {
    give_up("usage: locked [--preload FILE] SKIP,COUNT PROGRAM [ARGUMENTS...]");
  }
  static struct tracer t;
  start(&t, argv[at], preload, &argv[at + 1]);
  for (;;) {
    int status;
    pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0) break;
    if (WIFSTOPPED(status)) {
      stopped(&t, thread, status);
    } else if (thread == t.program) {
      t.failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
  }
  if (t.failed) give_up("the traced program failed");
  if (t.frees != wanted) give_up("the program had fewer remote frees than wanted");
  double frees = (double)t.frees;
  say("frees=%ld instructions_per_free=%.2f locked_per_free=%.4f\n", t.frees, (double)t.instructions / frees,
      (double)t.locked / frees);
  return 0;
}
