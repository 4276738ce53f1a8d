/* measure.h -- what the measuring programs share: random numbers, clocks, resident sizes, tables outside of malloc.
 *
 * Nothing here calls malloc, directly or through stdio, so that what is measured is the program's own allocation.
 * Used by the programs of bench/ and tests/memory/ only; include it first, it asks for the system's full interface. */
#ifndef MICA_BENCH_MEASURE_H
#define MICA_BENCH_MEASURE_H
#define _GNU_SOURCE 1
/* The compiler checks the arguments of what prints. */
#define MEASURE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* xorshift64: fast enough not to hide the allocator; the state must not be 0. */
static inline uint64_t random_next(uint64_t* state) {
  uint64_t x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

/* A number below n (n < 2^32), from the upper half of a random word. */
static inline size_t random_below(uint64_t word, size_t n) { return (size_t)(((word >> 32) * (uint64_t)n) >> 32); }

static inline uint64_t random_seed(size_t number) { return 0x9E3779B97F4A7C15u * (uint64_t)(number + 1); }

/* Write one formatted line; through a buffer on the stack, because stdout's own would come from malloc. */
MEASURE_PRINTF(1, 2) static inline void say(const char* format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  size_t whole = length < 0 ? 0 : (size_t)length;
  if (write(STDOUT_FILENO, line, whole < sizeof line ? whole : sizeof line - 1) < 0) _exit(3);
}

/* End the program as broken (status 2), as against failed (status 1). */
static inline _Noreturn void give_up(const char* what) {
  say("BROKEN %s\n", what);
  _exit(2);
}

static inline double wall_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline struct rusage usage_now(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) give_up("getrusage");
  return usage;
}

static inline double cpu_seconds(void) {
  struct rusage u = usage_now();
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static inline long page_faults(void) {
  struct rusage u = usage_now();
  return u.ru_minflt + u.ru_majflt;
}

static inline void read_proc(const char* path, char* buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) give_up(path);
  ssize_t length = read(fd, buffer, size - 1);
  close(fd);
  if (length <= 0) give_up(path);
  buffer[length] = 0;
}

/* Resident size now, in KiB. */
static inline size_t resident_kib(void) {
  char text[256];
  read_proc("/proc/self/statm", text, sizeof text);
  const char* second = strchr(text, ' ');
  if (second == NULL) give_up("/proc/self/statm");
  return (size_t)strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Largest resident size of this program so far, in KiB (not ru_maxrss, which remembers what ran before exec). */
static inline size_t peak_kib(void) {
  char text[4096];
  read_proc("/proc/self/status", text, sizeof text);
  const char* line = strstr(text, "VmHWM:");
  if (line == NULL) give_up("/proc/self/status");
  return (size_t)strtoul(line + strlen("VmHWM:"), NULL, 10);
}

/* A zeroed, already touched table that is not the allocator's. */
static inline void* table_new(size_t count, size_t entry_size) {
  void* p = mmap(NULL, count * entry_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (p == MAP_FAILED) give_up("mmap of a table");
  return p;
}

static inline void table_delete(void* table, size_t count, size_t entry_size) { munmap(table, count * entry_size); }

/* Write the first and the last byte of a block. */
static inline char* block_touch(char* p, size_t size) {
  volatile char* touched = p;
  touched[0] = 1;
  touched[size - 1] = 1;
  return p;
}

/* A block of malloc's whose first and last byte have been written. */
static inline char* block_new(size_t size) {
  char* p = malloc(size);
  if (p == NULL) give_up("malloc returned NULL");
  return block_touch(p, size);
}

/* What a measured part took: from its beginning to report(). */
struct measured {
  double wall;
  double cpu;
};

static inline struct measured measured_begin(void) { return (struct measured){wall_seconds(), cpu_seconds()}; }

/* The result line of a program: `time` in the unit that the program states, processor seconds of the measured part, peak
 * resident KiB and page faults of the whole program. */
static inline void report(const struct measured* begun, double time) {
  double cpu = cpu_seconds() - begun->cpu;
  say("time=%.4f cpu=%.4f peak_kib=%zu faults=%ld\n", time, cpu, peak_kib(), page_faults());
}

/* The same, and what is resident at a moment that the program states. */
static inline void report_resident(const struct measured* begun, double time, size_t kib) {
  double cpu = cpu_seconds() - begun->cpu;
  say("time=%.4f cpu=%.4f peak_kib=%zu faults=%ld resident_kib=%zu\n", time, cpu, peak_kib(), page_faults(), kib);
}

/* The same, and a share that a program of two threads states: of what was taken on the processor where it was made. */
static inline void report_share(const struct measured* begun, double time, double together) {
  double cpu = cpu_seconds() - begun->cpu;
  say("time=%.4f cpu=%.4f peak_kib=%zu faults=%ld together=%.3f\n", time, cpu, peak_kib(), page_faults(), together);
}

/* `report` with the wall time since measured_begin, multiplied: 1e9 / n for nanoseconds each of n, 1e3 for milliseconds. */
static inline void report_wall(const struct measured* begun, double factor) {
  report(begun, (wall_seconds() - begun->wall) * factor);
}

/* The n-th argument as a number, or what to take when it is not given. */
static inline size_t argument(int argc, char** argv, int n, size_t otherwise) {
  return n < argc ? (size_t)strtoull(argv[n], NULL, 10) : otherwise;
}

#endif
