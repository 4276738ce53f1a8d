/* request.c -- a server's requests: each begins an area, allocates some blocks of mixed sizes in it, and ends it.
 *
 * usage: request [THREADS [BLOCKS [REQUESTS [ROUNDS]]]]         default 1 40 20000 10
 * Each thread serves REQUESTS requests a round, one after the other, each of BLOCKS blocks of 16 to 1,024 bytes, each doubling
 * half as frequent as the one before, and every eighth request has a buffer of 8 KiB besides. A pool is created for each
 * request and destroyed; malloc's blocks are freed one by one, in the order of allocation.
 * Every block has a stamp, which is checked at the end of every sixteenth request. `time` is wall nanoseconds per request of
 * a thread. */
#include BENCH_WAY

#include "bench/pools/rounds.h"

enum { LEAST = 16, MOST = 1024, BUFFER = 8192, KINDS = 64, BUFFERED = 8, CHECKED = 16 };

/* What a thread has. */
struct worker {
  char** blocks; /* of the request */
  size_t requests;
};

struct service {
  uint32_t* sizes; /* KINDS requests, one behind the other */
  size_t blocks;   /* of a request, without the buffer */
  size_t requests; /* of a thread in a round */
  struct worker workers[TEAM_MOST];
};

static void serve_one(const struct service* s, struct worker* w) {
  size_t id = w->requests++;
  const uint32_t* sizes = &s->sizes[id % KINDS * (s->blocks + 1)];
  size_t count = s->blocks + (id % BUFFERED == 0);
  struct area area;
  area_begin(&area);
  for (size_t i = 0; i < count; i++) {
    char* p = area_get(&area, sizes[i]);
    stamp_write(p, sizes[i], id * (s->blocks + 1) + i);
    w->blocks[i] = p;
  }
  for (size_t i = 0; i < count && id % CHECKED == 0; i++) {
    stamp_read(w->blocks[i], sizes[i], id * (s->blocks + 1) + i);
  }
  if (!AREA_AT_ONCE) area_release_all(&area, w->blocks, count);
  area_end(&area);
}

static void serve(size_t number, void* context) {
  struct service* s = context;
  for (size_t i = 0; i < s->requests; i++) serve_one(s, &s->workers[number]);
}

int main(int argc, char** argv) {
  static struct service s;
  size_t threads = argument(argc, argv, 1, 1);
  s.blocks = argument(argc, argv, 2, 40);
  s.requests = argument(argc, argv, 3, 20000);
  if (threads == 0 || threads > TEAM_MOST || s.blocks == 0 || s.requests == 0) give_up("arguments");
  uint64_t random = random_seed(0);
  s.sizes = table_new(KINDS * (s.blocks + 1), sizeof(uint32_t));
  for (size_t i = 0; i < KINDS * (s.blocks + 1); i++) {
    int last = i % (s.blocks + 1) == s.blocks;
    s.sizes[i] = (uint32_t)(last ? BUFFER : size_by_power(&random, LEAST, MOST));
  }
  for (size_t t = 0; t < threads; t++) s.workers[t].blocks = table_new(s.blocks + 1, sizeof(char*));
  struct rounds r = {.threads = threads, .count = argument(argc, argv, 4, 10), .fill = serve, .context = &s};
  rounds_go(&r, 1e9 / (double)s.requests);
  return 0;
}
