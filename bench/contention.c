/* contention.c -- what threads do to each other in the allocator: three patterns, with what each operation costs the system.
 *
 * usage: contention own|handed|ring THREADS OPERATIONS [get|release]         default own 2 2000000
 * An operation is one malloc and one free. Each of THREADS threads does OPERATIONS (rounded down to whole groups), after a
 * warm-up of 20,000.
 * own: 16 small blocks (16 to 143 bytes) are allocated, then given back; nothing is handed to anybody.
 * handed: each thread fills groups of 64 small blocks and sends them to the next thread, which frees them; up to 4,096 are on
 * the way to each (ring.h). One thread hands them to itself.
 * ring: each thread replaces the oldest of 512 blocks of its own of 16 to 4,096 bytes.
 * Each thread stays on one processor, thread after thread on the next one: so every hand-over is from one to another.
 * Every block has a stamp, which is checked before it goes, and got and released blocks are counted.
 *
 * The result line speaks of the measured part of all threads: `time` in nanoseconds of wall time an operation, `cpu` in
 * seconds without waiting for others' blocks, `operations`, `voluntary` and `involuntary` context switches (who waits for
 * blocks yields, which is an involuntary one), and the calls of `futex` and those for memory, as the kernel counts them, if
 * it does (`counted=1`). `peak_kib` and `faults` are of the whole program. No futex call is the program's own.
 * get, release: in a run under `locked`, every 16th malloc or free at random is marked (marks.h). */
#include "blocks_malloc.h"
#include "kernel_counts.h"
#include "pin.h"
#include "ring.h"
#include "stamp.h"
#include "team.h"

enum { OWN_BATCH = 16, RING_BLOCKS = 512, MIXED_SMALLEST = 16, MIXED_LARGEST = 4096, WARM = 20480, MARKED_OF = 16 };
enum mark { MARK_NONE, MARK_GET, MARK_RELEASE };

static const char* const system_calls[] = {"futex", "mmap", "munmap", "brk", "madvise", "mprotect", "mremap", NULL};

/* A thread's own. */
struct worker {
  _Alignas(128) uint64_t random;
  uint64_t lot;      /* which calls are marked */
  size_t got;        /* blocks */
  size_t released;   /* blocks, also those of other threads */
  size_t sent, seen; /* groups, in `handed` */
  size_t mark;       /* the stamp of the next block, in `ring` */
  char** slots;
  struct rusage begun, ended; /* of the measured part, as are the processor seconds */
  double cpu;
  int waits; /* for another thread */
};

struct contention {
  void (*pattern)(struct contention* c, size_t number, size_t operations);
  size_t threads;
  size_t operations; /* of each thread */
  enum mark mark;    /* what is marked */
  int counting;      /* the kernel counts for us */
  struct counts counts;
  struct worker workers[TEAM_MOST];
  struct ring* rings;                    /* `handed`: the one that thread i fills has number i */
  double wall;                           /* seconds */
  _Alignas(128) _Atomic(size_t) arrived; /* at the gate, all gates together */
  _Atomic(int) marking;                  /* the warm-up is over */
};

static int is_marked(struct contention* c, struct worker* w, enum mark which) {
  if (c->mark != which) return 0;
  /* Relaxed: which calls are looked at, nothing else. */
  if (!atomic_load_explicit(&c->marking, memory_order_relaxed)) return 0;
  return random_below(random_next(&w->lot), MARKED_OF) == 0;
}

static char* get(struct contention* c, struct worker* w, size_t size) {
  w->got++;
  if (!is_marked(c, w, MARK_GET)) return block_get(size);
  mark_begin();
  char* p = block_get(size);
  mark_end();
  return p;
}

static void release(struct contention* c, struct worker* w, char* p) {
  w->released++;
  if (!is_marked(c, w, MARK_RELEASE)) {
    block_release(p);
  } else {
    block_release_remote(p);
  }
}

static void own(struct contention* c, size_t number, size_t operations) {
  struct worker* w = &c->workers[number];
  char* batch[OWN_BATCH];
  for (size_t done = 0; done < operations; done += OWN_BATCH) {
    for (size_t i = 0; i < OWN_BATCH; i++) {
      batch[i] = get(c, w, ring_size(&w->random));
      stamp_put(batch[i], number + done + i);
    }
    for (size_t i = 0; i < OWN_BATCH; i++) {
      stamp_check(batch[i], number + done + i);
      release(c, w, batch[i]);
    }
  }
}

/* Whether a group may be sent without waiting. */
static int has_room(struct ring* r) {
  /* Relaxed: the producer's own figure. */
  size_t sent = atomic_load_explicit(&r->sent, memory_order_relaxed);
  /* Acquire: as in ring_table. */
  if (sent == r->room) r->room = atomic_load_explicit(&r->done, memory_order_acquire) + ring_groups(r);
  return sent != r->room;
}

/* The stamp of a block on its way. */
static size_t handed_stamp(size_t from, size_t group, size_t k) { return (group * RING_GROUP + k) * TEAM_MOST + from; }

static void hand_over(struct contention* c, struct worker* w, size_t from) {
  char** table = ring_table(&c->rings[from]);
  for (size_t k = 0; k < RING_GROUP; k++) {
    table[k] = get(c, w, ring_size(&w->random));
    stamp_put(table[k], handed_stamp(from, w->sent, k));
  }
  ring_send(&c->rings[from]);
  w->sent++;
}

static void take_over(struct contention* c, struct worker* w, size_t from, char** table) {
  for (size_t k = 0; k < RING_GROUP; k++) {
    stamp_check(table[k], handed_stamp(from, w->seen, k));
    release(c, w, table[k]);
  }
  ring_done(&c->rings[from]);
  w->seen++;
}

static double thread_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* What a thread spends on waiting for the others is none of the allocator's: it is taken off. */
static void wait_a_moment(struct worker* w) {
  if (!w->waits) w->cpu += thread_seconds();
  w->waits = 1;
  sched_yield();
}

static void waits_no_more(struct worker* w) {
  if (w->waits) w->cpu -= thread_seconds();
  w->waits = 0;
}

static void handed(struct contention* c, size_t number, size_t operations) {
  struct worker* w = &c->workers[number];
  size_t before = (number + c->threads - 1) % c->threads;
  size_t end = w->sent + operations / RING_GROUP;
  while (w->sent < end || w->seen < end) {
    int sends = w->sent < end && has_room(&c->rings[number]);
    char** table = ring_receive(&c->rings[before]);
    if (sends || table != NULL) waits_no_more(w);
    if (sends) hand_over(c, w, number);
    if (table != NULL) take_over(c, w, before, table);
    if (!sends && table == NULL) wait_a_moment(w);
  }
}

static char* mixed_block(struct contention* c, struct worker* w) {
  size_t size = MIXED_SMALLEST + random_below(random_next(&w->random), MIXED_LARGEST - MIXED_SMALLEST + 1);
  char* p = get(c, w, size);
  stamp_pages(p, size);
  stamp_put(p, w->mark++);
  return p;
}

static void replaced(struct contention* c, size_t number, size_t operations) {
  struct worker* w = &c->workers[number];
  if (w->mark == 0) {
    for (size_t i = 0; i < RING_BLOCKS; i++) w->slots[i] = mixed_block(c, w);
  }
  for (size_t i = 0; i < operations; i++) {
    char** oldest = &w->slots[w->mark % RING_BLOCKS];
    stamp_check(*oldest, w->mark - RING_BLOCKS);
    release(c, w, *oldest);
    *oldest = mixed_block(c, w);
  }
}

/* Wait, by yielding, until all threads have come to their gate-th gate. */
static void gate_pass(struct contention* c, size_t gate) {
  /* Acquire, release: whoever passes sees what the others did before. */
  atomic_fetch_add_explicit(&c->arrived, 1, memory_order_acq_rel);
  while (atomic_load_explicit(&c->arrived, memory_order_acquire) < gate * c->threads) sched_yield();
}

static struct rusage thread_usage(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_THREAD, &usage) != 0) give_up("getrusage");
  return usage;
}

static void warm_up(size_t number, void* context) {
  struct contention* c = context;
  pin(number);
  c->workers[number].random = random_seed(number);
  c->workers[number].lot = random_seed(TEAM_MOST + number);
  if (c->pattern == replaced) c->workers[number].slots = table_new(RING_BLOCKS, sizeof(char*));
  c->pattern(c, number, WARM);
}

static void work(size_t number, void* context) {
  struct contention* c = context;
  gate_pass(c, 1);
  double begun = wall_seconds();
  if (number == 0) {
    atomic_store_explicit(&c->marking, 1, memory_order_relaxed);
    if (c->counting) counts_start(&c->counts);
    begun = wall_seconds();
  }
  gate_pass(c, 2);
  struct worker* w = &c->workers[number];
  w->begun = thread_usage();
  w->cpu = -thread_seconds();
  c->pattern(c, number, c->operations);
  w->cpu += thread_seconds();
  w->ended = thread_usage();
  gate_pass(c, 3);
  if (number == 0) {
    c->wall = wall_seconds() - begun;
    if (c->counting) counts_stop(&c->counts);
  }
  gate_pass(c, 4);
}

/* What each thread left; then nothing may be missing. */
static void clear(struct contention* c) {
  size_t got = 0, released = 0;
  for (size_t i = 0; i < c->threads; i++) {
    struct worker* w = &c->workers[i];
    for (size_t k = 0; k < RING_BLOCKS && w->slots != NULL; k++, w->mark++) {
      stamp_check(w->slots[w->mark % RING_BLOCKS], w->mark - RING_BLOCKS);
      release(c, w, w->slots[w->mark % RING_BLOCKS]);
    }
    got += w->got;
    released += w->released;
  }
  if (got != released) give_up("blocks were lost");
  if (got < c->threads * (c->operations + WARM)) give_up("there were fewer operations than was said");
}

static void tell(const struct contention* c) {
  double cpu = 0, operations = (double)(c->threads * c->operations);
  long voluntary = 0, involuntary = 0;
  for (size_t i = 0; i < c->threads; i++) {
    const struct worker* w = &c->workers[i];
    cpu += w->cpu;
    voluntary += w->ended.ru_nvcsw - w->begun.ru_nvcsw;
    involuntary += w->ended.ru_nivcsw - w->begun.ru_nivcsw;
  }
  char counted[256] = "";
  size_t at = 0;
  for (size_t i = 0; c->counting && system_calls[i] != NULL; i++) {
    int length = snprintf(counted + at, sizeof counted - at, " %s=%llu", system_calls[i],
                          (unsigned long long)c->counts.total[i]);
    if (length < 0 || at + (size_t)length >= sizeof counted) give_up("the counts are too long");
    at += (size_t)length;
  }
  say("time=%.4f cpu=%.4f peak_kib=%zu faults=%ld operations=%.0f voluntary=%ld involuntary=%ld counted=%d%s\n",
      c->wall * 1e9 / operations, cpu, peak_kib(), page_faults(), operations, voluntary, involuntary, c->counting,
      counted);
}

static size_t group_of(const struct contention* c) {
  return c->pattern == own ? OWN_BATCH : c->pattern == handed ? RING_GROUP : 1;
}

static void read_arguments(struct contention* c, int argc, char** argv) {
  const char* pattern = argc > 1 ? argv[1] : "own";
  const char* marked = argc > 4 ? argv[4] : "";
  c->pattern = strcmp(pattern, "own") == 0 ? own : strcmp(pattern, "handed") == 0 ? handed : replaced;
  if (c->pattern == replaced && strcmp(pattern, "ring") != 0) give_up("a pattern is own, handed or ring");
  c->threads = argument(argc, argv, 2, 2);
  c->operations = argument(argc, argv, 3, 2000000) / group_of(c) * group_of(c);
  if (c->threads == 0 || c->threads > TEAM_MOST || c->operations == 0) give_up("1 to 64 threads, and some operations");
  c->mark = strcmp(marked, "get") == 0 ? MARK_GET : strcmp(marked, "release") == 0 ? MARK_RELEASE : MARK_NONE;
  if (c->mark == MARK_NONE && marked[0] != 0) give_up("what is marked is get or release");
}

int main(int argc, char** argv) {
  static struct contention c;
  marks_begin();
  read_arguments(&c, argc, argv);
  c.counting = counts_open(&c.counts, system_calls);
  c.rings = table_new(c.threads, sizeof *c.rings);
  for (size_t i = 0; i < c.threads; i++) c.rings[i].group = RING_GROUP;
  struct team team = {.count = c.threads, .prepare = warm_up, .work = work, .context = &c};
  team_go(&team);
  tell(&c);
  clear(&c);
  return 0;
}
