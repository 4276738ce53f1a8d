/* count.c -- counts the instructions of allocator calls exactly, by single-stepping them. x86-64 Linux only.
 *
 * usage: count PROBE LIB|- [PATTERN]
 * Starts PROBE under LIB once for each of its paths (all, or those whose name fits the shell pattern), and steps through
 * the calls of the path's sections (probe.h). Prints a row for each: name, instructions and locked operations a call, both
 * the mean over all of them, and the instructions of the longest call.
 *
 * Instructions of a call are those from the function's first to its return, both included. What the C library does to fill
 * or copy memory counts as one: it differs from processor to processor. A repeated string instruction counts once, too.
 * Status: 0, or 2 (broken). */
#define _GNU_SOURCE 1
#include "../../bench/locked_instruction.h"
#include "probe.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_CALL = 10000000, SEEN = 1 << 14, BREAKPOINT = 0xCC };

struct sum {
  unsigned long calls;
  unsigned long instructions;
  unsigned long locked;
  unsigned long longest;
};

static struct probe* probe;
static pid_t child;

static _Noreturn void give_up(const char* what) {
  fprintf(stderr, "count: %s%s%s\n", probe != NULL ? probe->name : "", probe != NULL ? ": " : "", what);
  if (child > 0) kill(child, SIGKILL);
  exit(2);
}

/* Lets the child go on until it stops again, and returns -1. Signals other than SIGTRAP are passed on. If it ends instead:
 * its status. */
static int resume(int how) {
  int status;
  long signal_to_deliver = 0;
  for (;;) {
    if (ptrace((enum __ptrace_request)how, child, NULL, signal_to_deliver) != 0) give_up("ptrace refuses to go on");
    if (waitpid(child, &status, __WALL) != child) give_up("waitpid");
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (!WIFSTOPPED(status)) give_up("the traced program was killed");
    if (WSTOPSIG(status) == SIGTRAP) return -1;
    signal_to_deliver = WSTOPSIG(status);
  }
}

static void go_on(int how) {
  if (resume(how) >= 0) give_up("the traced program ended inside a section");
}

static struct user_regs_struct registers(void) {
  struct user_regs_struct r;
  if (ptrace(PTRACE_GETREGS, child, NULL, &r) != 0) give_up("PTRACE_GETREGS");
  return r;
}

/* Runs the child up to the address; true: it stopped there, false: it stopped itself before. Its code is as it was then. */
static int run_to(uint64_t address) {
  unsigned char code[sizeof(long)];
  long word, patched;
  if (read_traced(child, address, code, sizeof code) != sizeof code) give_up("no code where a call should go");
  memcpy(&word, code, sizeof word);
  code[0] = BREAKPOINT;
  memcpy(&patched, code, sizeof patched);
  if (ptrace(PTRACE_POKETEXT, child, address, patched) != 0) give_up("PTRACE_POKETEXT");
  go_on(PTRACE_CONT);
  if (ptrace(PTRACE_POKETEXT, child, address, word) != 0) give_up("PTRACE_POKETEXT");
  struct user_regs_struct r = registers();
  if (r.rip != address + 1) return 0;
  r.rip = address;
  if (ptrace(PTRACE_SETREGS, child, NULL, &r) != 0) give_up("PTRACE_SETREGS");
  return 1;
}

/* Whether it is a locked operation. Each instruction of the child is read once: its code does not change. */
static int is_locked(uint64_t address) {
  static struct {
    uint64_t address;
    pid_t of;
    int locked;
  } seen[SEEN];
  size_t at = address % SEEN;
  if (seen[at].address != address || seen[at].of != child) {
    seen[at].address = address;
    seen[at].of = child;
    seen[at].locked = is_locked_at(child, address);
  }
  return seen[at].locked;
}

static int is_outside(uint64_t address) {
  for (int i = 0; i < PROBE_OUTSIDE; i++)
    if (probe->outside[i] == address) return 1;
  return 0;
}

static uint64_t return_address(const struct user_regs_struct* entry) {
  uint64_t address;
  if (read_traced(child, entry->rsp, &address, sizeof address) != sizeof address) give_up("no return address");
  return address;
}

/* From the first instruction of a function of the C library to behind its call. */
static void pass(const struct user_regs_struct* entry) {
  struct user_regs_struct r;
  uint64_t back = return_address(entry);
  do {
    if (!run_to(back)) give_up("a function of the C library does not return");
    r = registers();
  } while (r.rsp != entry->rsp + 8);
}

/* Steps from the entry of a call to the return to its caller. */
static void count_call(const struct user_regs_struct* entry, struct sum* sum) {
  uint64_t back = return_address(entry);
  unsigned long instructions = 0;
  struct user_regs_struct r = *entry;
  while (r.rip != back || r.rsp != entry->rsp + 8) {
    uint64_t before = r.rip;
    if (is_outside(before)) {
      pass(&r);
      r = registers();
    } else {
      sum->locked += (unsigned long)is_locked(before);
      /* A repeated string instruction stops after every repetition. */
      do {
        go_on(PTRACE_SINGLESTEP);
        r = registers();
      } while (r.rip == before);
    }
    if (++instructions > LONGEST_CALL) give_up("a call does not return");
  }
  sum->instructions += instructions;
  if (instructions > sum->longest) sum->longest = instructions;
}

/* A section of the child, from its first stop to its second. */
static void count_section(struct sum* sum) {
  while (run_to(probe->entry)) {
    struct user_regs_struct r = registers();
    count_call(&r, sum);
    sum->calls++;
  }
  if (probe->state != PROBE_END) give_up("a signal inside the section");
}

static void print_row(const struct sum* sum) {
  const double calls = (double)sum->calls;
  if (sum->calls == 0 || sum->calls != probe->calls) give_up("not as many calls as there should be");
  printf("%-34s %9.3f %7.3f %6lu\n", probe->name, (double)sum->instructions / calls, (double)sum->locked / calls,
         sum->longest);
}

static void start(char** argv, int fd, unsigned path) {
  char page[16], number[16];
  snprintf(page, sizeof page, "%d", fd);
  snprintf(number, sizeof number, "%u", path);
  child = fork();
  if (child < 0) give_up("fork");
  if (child == 0) {
    /* Bound at once: else the first call of each function in the library would run the linker. */
    setenv("LD_BIND_NOW", "1", 1);
    if (strcmp(argv[2], "-") != 0) setenv("LD_PRELOAD", argv[2], 1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(126);
    execl(argv[1], argv[1], page, number, argv[3], (char*)NULL);
    _exit(127);
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) give_up("the program cannot be started or traced");
  if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) != 0) give_up("PTRACE_SETOPTIONS");
}

/* One path. False: there are no more. */
static int count_path(char** argv, int fd, unsigned path) {
  int status;
  struct sum sum = {0};
  memset(probe, 0, sizeof *probe);
  start(argv, fd, path);
  while ((status = resume(PTRACE_CONT)) < 0) {
    if (probe->state == PROBE_BEGIN) count_section(&sum);
  }
  if (status == PROBE_DONE) print_row(&sum);
  if (status >= PROBE_BROKEN)
    give_up(status == PROBE_BROKEN ? "what was given out is wrong" : "the traced program failed");
  return status != PROBE_NO_PATH;
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) give_up("usage: count PROBE LIB|- [PATTERN]");
  setvbuf(stdout, NULL, _IOLBF, 0);
  /* On one processor each stop is a plain switch between the two. */
  cpu_set_t one;
  int cpu = sched_getcpu();
  CPU_ZERO(&one);
  if (cpu >= 0) {
    CPU_SET((size_t)cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  int fd = memfd_create("probe", 0);
  if (fd < 0 || ftruncate(fd, sizeof *probe) != 0) give_up("memfd_create");
  void* page = mmap(NULL, sizeof *probe, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) give_up("mmap");
  probe = page;
  printf("%-34s %9s %7s %6s\n", "# path", "count", "locked", "most");
  for (unsigned path = 0; count_path(argv, fd, path);) path++;
  return 0;
}
