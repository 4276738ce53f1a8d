/* sharing.c -- do the tiny blocks of different threads lie in one cache line?
 *
 * usage: sharing [passive|active [THREADS [BLOCKS [WRITES]]]]         default active 2 20000000 100
 * Each thread gets a block of 8 bytes, counts up in it WRITES times, gives it back, and does so BLOCKS times. Where two
 * threads' blocks share a line, each write waits for the other processor. active: the allocator alone decides where the
 * blocks lie. passive: the main thread has got one block for each, next to one another, and each thread begins by giving
 * back the one that it was handed; an allocator that gives it the same block again shares the line for good.
 * `time` is nanoseconds of wall time per block of each thread. */
#include BENCH_BLOCKS

#include "team.h"

enum { TINY = 8 };

struct sharing {
  char* first[TEAM_MOST]; /* the block that each thread was handed, or NULL */
  size_t blocks;
  size_t writes;
};

static void hand_back(size_t number, char* block) {
  if (number == 0) {
    block_release(block); /* the main thread's own */
  } else {
    block_release_remote(block);
  }
}

static void work(size_t number, void* context) {
  const struct sharing* s = context;
  if (s->first[number] != NULL) hand_back(number, s->first[number]);
  for (size_t i = 0; i < s->blocks; i++) {
    char* block = block_get(TINY);
    volatile uint64_t* counter = (volatile uint64_t*)(void*)block;
    *counter = i;
    for (size_t write = 0; write < s->writes; write++) (*counter)++;
    if (*counter != i + s->writes) give_up("two threads count in one block");
    block_release(block);
  }
}

int main(int argc, char** argv) {
  marks_begin();
  static struct sharing s;
  int passive = argc > 1 && strcmp(argv[1], "passive") == 0;
  struct team t = {.count = argument(argc, argv, 2, 2), .work = work, .context = &s};
  s.blocks = argument(argc, argv, 3, 20000000);
  s.writes = argument(argc, argv, 4, 100);
  if (s.blocks == 0 || t.count > TEAM_MOST) give_up("arguments");
  blocks_begin(64, 0); /* the floor gives each block a line of its own */
  for (size_t i = 0; passive && i < t.count; i++) s.first[i] = block_get(TINY);
  team_go(&t);
  team_report(&t, 1e9 / (double)s.blocks);
  return 0;
}
