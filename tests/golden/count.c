/* count.c -- counts the instructions of allocator calls exactly, by single-stepping them. x86-64 Linux only.
 *
 * usage: count PROBE LIB|- [LIMITS]
 * Starts PROBE under LIB and steps through its sections (probe.h). Instructions of a call are those from the function's
 * first to its return, both included. Prints "name count locked-operations" rows. With LIMITS, a file of "name limit"
 * rows ("name.locked limit" for the locked operations), checks them. Status: 0, 1 (a limit was passed), 2 (broken). */
#define _GNU_SOURCE 1
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ROWS = 64, LONGEST_INSTRUCTION = 15, LONGEST_CALL = 10000000 };

struct row {
  char name[PROBE_NAME];
  double instructions;
  double locked;
};

static struct row rows[MOST_ROWS];
static size_t row_count;
static struct probe* probe;
static pid_t child;

static _Noreturn void give_up(const char* what) {
  fprintf(stderr, "count: %s\n", what);
  if (child > 0) kill(child, SIGKILL);
  exit(2);
}

/* Lets the child go on until it stops again. Signals other than SIGTRAP are passed on. False: it has ended. */
static int resume(int how) {
  int status;
  long signal_to_deliver = 0;
  for (;;) {
    if (ptrace((enum __ptrace_request)how, child, NULL, signal_to_deliver) != 0) give_up("ptrace refuses to go on");
    if (waitpid(child, &status, __WALL) != child) give_up("waitpid");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (!WIFSTOPPED(status)) give_up("the traced program failed");
    if (WSTOPSIG(status) == SIGTRAP) return 1;
    signal_to_deliver = WSTOPSIG(status);
  }
}

static struct user_regs_struct registers(void) {
  struct user_regs_struct r;
  if (ptrace(PTRACE_GETREGS, child, NULL, &r) != 0) give_up("PTRACE_GETREGS");
  return r;
}

static size_t read_child(uint64_t address, void* into, size_t size) {
  struct iovec here = {into, size};
  struct iovec there = {(void*)(uintptr_t)address, size};
  ssize_t n = process_vm_readv(child, &here, 1, &there, 1, 0);
  return n < 0 ? 0 : (size_t)n;
}

/* Whether the instruction is a locked operation: it has a lock prefix, or is an xchg with memory, which implies one. */
static int is_locked(uint64_t address) {
  unsigned char code[LONGEST_INSTRUCTION + 1] = {0};
  size_t length = read_child(address, code, LONGEST_INSTRUCTION);
  if (length < LONGEST_INSTRUCTION) {
    /* The end of a mapping: take what is before it. */
    for (length = LONGEST_INSTRUCTION; length > 0 && read_child(address, code, length) != length;) length--;
  }
  size_t i = 0;
  while (i < length && code[i] != 0 && strchr("\x66\x67\xF2\xF3\x2E\x36\x3E\x26\x64\x65", code[i]) != NULL) i++;
  if (code[i] == 0xF0) return 1;
  if ((code[i] & 0xF0) == 0x40) i++;
  return (code[i] == 0x86 || code[i] == 0x87) && (code[i + 1] & 0xC0) != 0xC0;
}

/* Steps from the entry of a call to the return to its caller. */
static void count_call(const struct user_regs_struct* entry, long* instructions, long* locked) {
  uint64_t return_address;
  if (read_child(entry->rsp, &return_address, sizeof return_address) != sizeof return_address)
    give_up("no return address");
  struct user_regs_struct r = *entry;
  *instructions = 0;
  *locked = 0;
  while (r.rip != return_address || r.rsp != entry->rsp + 8) {
    uint64_t before = r.rip;
    *locked += is_locked(before);
    /* A repeated string instruction stops after every repetition: it counts once. */
    do {
      if (!resume(PTRACE_SINGLESTEP)) give_up("the traced program ended inside a call");
      r = registers();
    } while (r.rip == before);
    if (++*instructions > LONGEST_CALL) give_up("a call does not return");
  }
}

static int compare_longs(const void* a, const void* b) {
  long x = *(const long*)a;
  long y = *(const long*)b;
  return (x > y) - (x < y);
}

static double mean(const long* values, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)values[i];
  return sum / (double)n;
}

static double median(long* values, size_t n) {
  qsort(values, n, sizeof *values, compare_longs);
  return (double)(values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* One section, from its first stop to its second. */
static void count_section(void) {
  long instructions[PROBE_CALLS];
  long locked[PROBE_CALLS];
  size_t calls = 0;
  struct row* row = &rows[row_count++];
  if (row_count > MOST_ROWS) give_up("too many sections");
  memcpy(row->name, probe->name, sizeof row->name);
  while (probe->state == PROBE_BEGIN) {
    struct user_regs_struct r = registers();
    if (r.rip == probe->entry) {
      if (calls == PROBE_CALLS) give_up("more calls in a section than expected");
      count_call(&r, &instructions[calls], &locked[calls]);
      calls++;
    } else if (!resume(PTRACE_SINGLESTEP)) {
      give_up("the traced program ended inside a section");
    }
  }
  if (calls != PROBE_CALLS) give_up("fewer calls in a section than expected");
  row->instructions = probe->average ? mean(instructions, calls) : median(instructions, calls);
  row->locked = mean(locked, calls);
  printf("%-28s %8.1f %8.2f\n", row->name, row->instructions, row->locked);
}

static void start(const char* program, const char* library) {
  int fd = memfd_create("probe", 0);
  if (fd < 0 || ftruncate(fd, sizeof *probe) != 0) give_up("memfd_create");
  probe = mmap(NULL, sizeof *probe, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (probe == MAP_FAILED) give_up("mmap");
  probe->state = PROBE_END;
  char number[16];
  snprintf(number, sizeof number, "%d", fd);
  child = fork();
  if (child < 0) give_up("fork");
  if (child == 0) {
    /* Bound at once: else the first call of each function in the library would run the linker. */
    setenv("LD_BIND_NOW", "1", 1);
    if (strcmp(library, "-") != 0) setenv("LD_PRELOAD", library, 1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(126);
    execl(program, program, number, (char*)NULL);
    _exit(127);
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) give_up("the program cannot be started or traced");
  if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) != 0) give_up("PTRACE_SETOPTIONS");
}

/* The value that a limit's name stands for, or a negative number if there is no such row. */
static double value_of(const char* name) {
  const char* suffix = strstr(name, ".locked");
  size_t length = suffix != NULL ? (size_t)(suffix - name) : strlen(name);
  for (size_t i = 0; i < row_count; i++) {
    if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0) {
      return suffix != NULL ? rows[i].locked : rows[i].instructions;
    }
  }
  return -1;
}

static int check_limits(const char* path) {
  FILE* file = fopen(path, "r");
  if (file == NULL) give_up("the file of limits cannot be read");
  char line[256], name[128];
  double limit;
  int failed = 0, checked = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (line[0] == '#' || line[0] == '\n') continue;
    if (sscanf(line, "%127s %lf", name, &limit) != 2) give_up("a line of limits is not \"name limit\"");
    double value = value_of(name);
    int bad = value < 0 || value > limit;
    printf("%s golden/%s measured %g, allowed %g\n", bad ? "FAIL" : "PASS", name, value, limit);
    failed |= bad;
    checked++;
  }
  fclose(file);
  if (checked == 0) give_up("there is no limit in the file");
  return failed;
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) give_up("usage: count PROBE LIB|- [LIMITS]");
  setvbuf(stdout, NULL, _IOLBF, 0);
  start(argv[1], argv[2]);
  printf("%-28s %8s %8s\n", "# path", "count", "locked");
  while (resume(PTRACE_CONT)) {
    if (probe->state == PROBE_BEGIN) count_section();
  }
  if (row_count == 0) give_up("the traced program had no section");
  return argc == 4 ? check_limits(argv[3]) : 0;
}
