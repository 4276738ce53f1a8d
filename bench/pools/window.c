/* window.c -- blocks that are given back one by one, the oldest first, while a few are live: with one, allocate and free
 * alternate.
 *
 * usage: window [LIVE [SMALLEST [LARGEST [BLOCKS [ROUNDS]]]]]         default 1 32 32 1000000 10
 * Each round allocates BLOCKS blocks from one area, of SMALLEST to LARGEST bytes, each doubling as likely as any other. LIVE
 * of them are live at a time: the oldest is given back before the next is allocated. All are given back by the end.
 * One byte in each OS page of a block is written. Every block has a stamp, which is checked before it goes.
 * `time` is wall nanoseconds per block. */
#include BENCH_WAY

#include "bench/pools/rounds.h"
#include "bench/stamp.h"

enum { SIZES = 4096 }; /* drawn before; then they come again */

struct window {
  struct area area;
  char** live;
  uint32_t* of_live; /* their sizes */
  size_t places;
  uint32_t* sizes;
  size_t blocks;
};

static void put(struct window* w, size_t place, size_t i) {
  size_t size = w->sizes[i % SIZES];
  char* p = area_get(&w->area, size);
  if (size > STAMP_PAGE) stamp_pages(p, size);
  stamp_write(p, size, i);
  w->live[place] = p;
  w->of_live[place] = (uint32_t)size;
}

static void take(struct window* w, size_t place, size_t i) {
  stamp_read(w->live[place], w->of_live[place], i);
  area_release(&w->area, w->live[place]);
}

static void go_round(size_t number, void* context) {
  struct window* w = context;
  (void)number;
  for (size_t i = 0; i < w->places; i++) put(w, i, i);
  size_t place = 0;
  for (size_t i = w->places; i < w->blocks; i++) {
    take(w, place, i - w->places);
    put(w, place, i);
    place = place + 1 < w->places ? place + 1 : 0;
  }
  for (size_t i = w->blocks - w->places; i < w->blocks; i++) {
    take(w, place, i);
    place = place + 1 < w->places ? place + 1 : 0;
  }
}

int main(int argc, char** argv) {
  struct window w = {.places = argument(argc, argv, 1, 1)};
  size_t smallest = argument(argc, argv, 2, 32);
  size_t largest = argument(argc, argv, 3, smallest);
  w.blocks = argument(argc, argv, 4, 1000000);
  if (smallest < SMALLEST_BLOCK || largest < smallest || largest > UINT32_MAX) give_up("arguments");
  if (w.places == 0 || w.places > w.blocks || w.blocks > UINT32_MAX) give_up("arguments");
  uint64_t random = random_seed(0);
  w.live = table_new(w.places, sizeof(char*));
  w.of_live = table_new(w.places, sizeof(uint32_t));
  w.sizes = table_new(SIZES, sizeof(uint32_t));
  for (size_t i = 0; i < SIZES; i++) {
    w.sizes[i] = (uint32_t)(smallest == largest ? smallest : size_by_doubling(&random, smallest, largest));
  }
  area_begin(&w.area);
  struct rounds r = {.threads = 1, .count = argument(argc, argv, 5, 10), .fill = go_round, .context = &w};
  rounds_go(&r, 1e9 / (double)w.blocks);
  area_end(&w.area);
  return 0;
}
