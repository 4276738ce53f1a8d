/* rounds.h -- a workload of bench/pools as rounds of a team: what is timed, and what is not; and the blocks' sizes and stamps.
 *
 * The first round is the first use of the memory, with its page faults; it is reported by itself. The later ones are the
 * steady state, and are `time`. In each round all threads do `fill` together, then `check`, which is not timed, then
 * `release`; between these they wait for each other. A thread's end is read from the clock by itself, so that the waiting is
 * not in the time. Used by the programs of bench/pools only. */
#ifndef MICA_BENCH_ROUNDS_H
#define MICA_BENCH_ROUNDS_H
#include "bench/team.h"

enum { SMALLEST_BLOCK = 8, STAMP = 4 };

typedef void(round_part)(size_t number, void* context);

/* The program sets what stands first; the rest is not its concern. */
struct rounds {
  size_t threads;
  size_t count; /* rounds behind the first one */
  round_part* fill;
  round_part* check;   /* NULL: nothing */
  round_part* release; /* likewise */
  void* context;       /* of these */
  struct team team;
  struct measured begun;
  struct measured sum;   /* of the first round, or of the later ones */
  double end[TEAM_MOST]; /* of each thread */
  double first;          /* wall seconds of the first round */
  long faults, first_faults;
};

static inline void rounds_timed(struct rounds* r, size_t number, round_part* part) {
  if (part == NULL) return;
  pthread_barrier_wait(&r->team.together);
  if (number == 0) r->begun = measured_begin();
  pthread_barrier_wait(&r->team.together); /* nobody begins before the clock has been read */
  part(number, r->context);
  r->end[number] = wall_seconds();
  pthread_barrier_wait(&r->team.together);
  if (number == 0) {
    double last = r->end[0];
    for (size_t i = 1; i < r->team.count; i++) last = r->end[i] > last ? r->end[i] : last;
    r->sum.wall += last - r->begun.wall;
    r->sum.cpu += cpu_seconds() - r->begun.cpu;
  }
  pthread_barrier_wait(&r->team.together); /* nor goes on before the other clock has */
}

/* What a thread of the team does. */
static inline void rounds_run(size_t number, void* rounds) {
  struct rounds* r = rounds;
  for (size_t round = 0; round <= r->count; round++) {
    rounds_timed(r, number, r->fill);
    if (r->check != NULL) r->check(number, r->context);
    rounds_timed(r, number, r->release);
    if (number == 0 && round == 0) {
      r->first = r->sum.wall;
      r->first_faults = page_faults() - r->faults;
      r->sum = (struct measured){0, 0};
    }
  }
}

/* Run it all, and print the result line with the times of a round multiplied by `factor`. */
static inline void rounds_go(struct rounds* r, double factor) {
  if (r->count == 0) give_up("arguments: a first round and at least another");
  r->team.count = r->threads;
  r->team.work = rounds_run;
  r->team.context = r;
  r->faults = page_faults();
  team_go(&r->team);
  say("time=%.4f cpu=%.4f peak_kib=%zu faults=%ld first=%.4f first_faults=%ld\n",
      r->sum.wall / (double)r->count * factor, r->sum.cpu, peak_kib(), page_faults(), r->first * factor,
      r->first_faults);
}

/* ---- Sizes ---- */

/* From `least` to about `most` bytes, each doubling half as frequent as the one before. */
static inline size_t size_by_power(uint64_t* random, size_t least, size_t most) {
  size_t size = least;
  for (uint64_t word = random_next(random); size < most && (word & 1) != 0; word >>= 1) size *= 2;
  size += random_below(random_next(random), size);
  return size < most ? size : most;
}

/* As likely in each doubling from least to most bytes as in any other. */
static inline size_t size_by_doubling(uint64_t* random, size_t least, size_t most) {
  size_t doublings = 1;
  while (least << doublings < most) doublings++;
  size_t size = least << random_below(random_next(random), doublings);
  size += random_below(random_next(random), size);
  return size < most ? size : most;
}

/* ---- Stamps: four bytes at the front of a block that tell it from all others, and the last byte ---- */

static inline void stamp_write(char* p, size_t size, size_t mark) {
  if (p == NULL) give_up("no memory");
  uint32_t word = (uint32_t)mark;
  memcpy(p, &word, STAMP);
  p[size - 1] = (char)mark;
}

static inline void stamp_read(const char* p, size_t size, size_t mark) {
  uint32_t word = 0;
  memcpy(&word, p, STAMP);
  if (word != (uint32_t)mark || p[size - 1] != (char)mark) give_up("a block has lost its content");
  if ((uintptr_t)p % 16 != 0) give_up("a block is not aligned");
}

#endif
