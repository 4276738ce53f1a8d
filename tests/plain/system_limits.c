/* system_limits.c -- what the system counts stays near what is in use, and a program that limits or locks itself in while it
 * runs goes on: memory locks (mlockall), limits of data and of addresses, a filter of system calls, the number of mappings,
 * and what a core would hold. Each is a run of its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/support/check.h"
#include "tests/support/hang.h"

#define KiB ((size_t)1 << 10)
#define MiB ((size_t)1 << 20)

enum { NOT_HERE = 77 }; /* the system does not allow what is to be tried */

/* A line "NAME: N kB" of the process's status, in bytes; without allocating. */
static size_t status(const char* name) {
  static char text[16 * KiB];
  const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  CHECK(file >= 0);
  const ssize_t n = read(file, text, sizeof text - 1);
  CHECK(n > 0);
  close(file);
  text[n] = '\0';
  const char* at = strstr(text, name);
  CHECK(at != NULL);
  return strtoul(at + strlen(name) + 1, NULL, 10) * KiB;
}

static size_t mappings(void) {
  char line[512];
  size_t n = 0;
  FILE* file = fopen("/proc/self/maps", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) n += strchr(line, '\n') != NULL;
  fclose(file);
  return n;
}

static void* other_thread(void* arg) {
  char* volatile p = malloc(1000);
  if (p != NULL) *p = 1;
  free(p);
  return p != NULL ? arg : NULL;
}

/* ---- locked: what the first malloc adds is a segment, all of it resident ---- */

static int locked(void) {
  const size_t before = status("VmSize");
  free(malloc(100));
  CHECK(status("VmSize") - before <= 5 * MiB);
  (void)setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return NOT_HERE;
  char* volatile p = malloc(100);
  CHECK(p != NULL);
  CHECK(status("VmRSS") <= before + 5 * MiB);
  /* Memory that cannot be purged is used again, and calloc does not take it for zero. */
  for (int round = 0; round < 4; round++) {
    enum { BLOCKS = 40 };
    char* blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
      blocks[i] = calloc(1, 500 * KiB);
      CHECK(blocks[i] != NULL);
      for (size_t at = 0; at < 500 * KiB; at += KiB) CHECK(blocks[i][at] == 0);
      memset(blocks[i], 0xff, 500 * KiB);
    }
    for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
  }
  CHECK(status("VmRSS") <= before + 32 * MiB); /* the most that was in use, and an eighth */
  return 0;
}

/* ---- a limit that the program sets while it runs ---- */

#ifdef __GLIBC__
typedef __rlimit_resource_t limit_t;
#else
typedef int limit_t;
#endif

static void under_limit(limit_t what, size_t most) {
  enum { BLOCKS = 110000, SIZE = 1000 };
  static char* blocks[BLOCKS];
  pthread_t thread;
  size_t got = 0;
  void* value = NULL;
  struct rlimit limit;
  CHECK(getrlimit(what, &limit) == 0);
  limit.rlim_cur = most;
  CHECK(setrlimit(what, &limit) == 0);
  CHECK(pthread_create(&thread, NULL, other_thread, &limit) == 0);
  CHECK(pthread_join(thread, &value) == 0 && value == &limit);
  for (int round = 0; round < 3; round++) {
    char* mapped = mmap(NULL, 20 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED);
    munmap(mapped, 20 * MiB);
    for (got = 0; got < BLOCKS && (blocks[got] = malloc(SIZE)) != NULL; got++) *blocks[got] = 1;
    CHECK(errno == ENOMEM);
    CHECK(got * SIZE >= 80 * MiB && got * SIZE <= 100 * MiB);
    while (got > 0) free(blocks[--got]);
  }
}

static int data(void) {
  free(malloc(100));
  under_limit(RLIMIT_DATA, 100 * MiB);
  return 0;
}

static int addresses(void) {
  free(malloc(100));
  under_limit(RLIMIT_AS, status("VmSize") + 95 * MiB);
  return 0;
}

/* ---- sandbox: nothing but what malloc needs is allowed any more ---- */

static pthread_barrier_t barrier;

/* Reallocates, grows, frees: small blocks and large ones. */
static void work(unsigned seed) {
  enum { BLOCKS = 300, ROUNDS = 6000 };
  unsigned char* blocks[BLOCKS] = {0};
  size_t sizes[BLOCKS] = {0};
  for (unsigned i = 0; i < ROUNDS; i++) {
    seed = seed * 1664525 + 1013904223;
    const unsigned at = (seed >> 8) % BLOCKS;
    const size_t size = i % 40 == 0 ? seed % (24 * MiB) + 1 : seed % 20000 + 1;
    CHECK(blocks[at] == NULL || (blocks[at][0] == at % 251 && blocks[at][sizes[at] - 1] == at % 251));
    blocks[at] = realloc(blocks[at], size);
    CHECK(blocks[at] != NULL);
    blocks[at][0] = blocks[at][size - 1] = (unsigned char)(at % 251);
    sizes[at] = size;
  }
  for (unsigned i = 0; i < BLOCKS; i++) free(blocks[i]);
}

static void* sandboxed_thread(void* arg) {
  free(malloc(10));
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  work((unsigned)(uintptr_t)arg);
  pthread_barrier_wait(&barrier); /* it stays: a thread's end needs other calls */
  pthread_barrier_wait(&barrier);
  return NULL;
}

#define ALLOWED(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int sandbox(void) {
  enum { GIB_4 = 4096 };
  static char* blocks[GIB_4];
  struct sock_filter calls[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                                ALLOWED(SYS_mmap),
                                ALLOWED(SYS_munmap),
                                ALLOWED(SYS_mremap),
                                ALLOWED(SYS_brk),
                                ALLOWED(SYS_madvise),
                                ALLOWED(SYS_futex),
                                ALLOWED(SYS_write),
                                ALLOWED(SYS_exit),
                                ALLOWED(SYS_exit_group),
                                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
  struct sock_fprog filter = {sizeof calls / sizeof calls[0], calls};
  pthread_t threads[2];
  free(malloc(1));
  CHECK(pthread_barrier_init(&barrier, NULL, 3) == 0);
  for (size_t i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, sandboxed_thread, (void*)(i + 1)) == 0);
  pthread_barrier_wait(&barrier); /* they have begun: that needs other calls, too */
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  /* for all threads */
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0) return NOT_HERE;
  pthread_barrier_wait(&barrier);
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < GIB_4; i++) {
      blocks[i] = malloc(MiB);
      CHECK(blocks[i] != NULL);
      blocks[i][0] = 1;
    }
    for (int i = 0; i < GIB_4; i++) free(blocks[i]);
  }
  work(7);
  pthread_barrier_wait(&barrier);
  return 0;
}

/* ---- mappings: however large blocks are resized ---- */

static int bounded_mappings(void) {
  enum { BLOCKS = 60, ROUNDS = 20000 };
  static unsigned char* blocks[BLOCKS];
  unsigned seed = 1;
  size_t most = 0;
  const size_t before = mappings();
  for (unsigned i = 0; i < ROUNDS; i++) {
    seed = seed * 1664525 + 1013904223;
    const unsigned at = (seed >> 8) % BLOCKS;
    seed = seed * 1664525 + 1013904223;
    const size_t size = MiB + (seed >> 8) % 63 * MiB;
    blocks[at] = realloc(blocks[at], size);
    CHECK(blocks[at] != NULL);
    blocks[at][0] = blocks[at][size / 2] = 1;
    if (i % 500 != 0) continue;
    const size_t now = mappings();
    if (now > most) most = now;
  }
  CHECK(most <= before + 300 + 2 * BLOCKS);
  for (unsigned i = 0; i < BLOCKS; i++) free(blocks[i]);
  CHECK(mappings() <= before + 60);
  return 0;
}

/* ---- core: what is private, writable and not left out of dumps ---- */

static int core(void) {
  char line[512];
  size_t all = 0, size = 0;
  int writable = 0;
  char* volatile block = malloc(MiB);
  memset(block, 1, MiB);
  FILE* file = fopen("/proc/self/smaps", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) {
    if (strstr(line, " rw-p ") != NULL || strstr(line, " ---p ") != NULL || strstr(line, " r--p ") != NULL ||
        strstr(line, " r-xp ") != NULL)
      writable = strstr(line, " rw-p ") != NULL || strstr(line, " ---p ") != NULL;
    if (strncmp(line, "Size:", 5) == 0) size = strtoul(line + 5, NULL, 10) * KiB;
    if (strncmp(line, "VmFlags:", 8) == 0 && writable && strstr(line, " dd") == NULL) all += size;
  }
  fclose(file);
  CHECK(all > MiB && all <= 8 * MiB);
  free(block);
  return 0;
}

/* ---- each a run of its own ---- */

typedef struct limit_run_s {
  const char* name;
  int (*run)(void);
} limit_run_t;

static const limit_run_t runs[] = {
    {"locked", locked}, {"data", data}, {"addresses", addresses}, {"sandbox", sandbox}, {"mappings", bounded_mappings},
    {"core", core}};

static void start(const char* program, const limit_run_t* run) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    hang_limit();
    setenv("MICA_SHOW_ERRORS", "0", 1);
    execl(program, program, run->name, (char*)NULL);
    _exit(3);
  }
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE) {
    say(1, run->name);
    SHOWN(": not tried, as the system does not allow it");
  } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    say(2, run->name);
    say(2, WIFSIGNALED(status) ? ": killed\n" : ": failed\n");
    _exit(1);
  }
}

int main(int argc, char** argv) {
  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    if (argc == 1) start(argv[0], &runs[i]);
    if (argc == 2 && strcmp(argv[1], runs[i].name) == 0) _exit(runs[i].run());
  }
  SHOWN("system_limits: locked, limited, in a sandbox, resized and dumped, a process is little more than what it uses");
  return 0;
}
