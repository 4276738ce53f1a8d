/* misuse_ends.c -- no misuse of blocks makes a call hang, in any variant: blocks freed twice, and memory overwritten after its
 * free, at every place where a freed block can be. */
#include "tests/support/misuse.h"

/* ---- in the thread's own cache ---- */

static void twice_at_once(void) {
  take(1);
  give(0, 1);
  give(0, 1);
}
static void twice_at_once_and_trim(void) {
  twice_at_once();
  malloc_trim(0);
}
static void twice_then_taken(void) { /* the count of the list goes below nothing */
  twice_at_once();
  for (int i = 0; i < MANY; i++) blocks[i] = malloc(size);
  malloc_trim(0);
}
static void twice_then_figures(void) {
  twice_at_once();
  malloc_stats();
}
static void twice_with_one_between(void) {
  take(2);
  give(0, 2);
  give(0, 1);
}
static void twice_many(void) {
  take(10);
  for (int round = 0; round < 200; round++) give(0, 10);
}
static void ring_of_one(void) {
  take(10);
  give(0, 10);
  link_to(blocks[9], blocks[9]);
}
static void ring_of_all(void) {
  take(10);
  give(0, 10);
  link_to(blocks[0], blocks[9]);
}
static void cut_short(void) {
  take(10);
  give(0, 10);
  link_to(blocks[5], NULL);
}
static void led_astray(void) {
  take(10);
  give(0, 10);
  memset(blocks[9], 43, size);
}
static void led_below(void) { /* as an overflow by a word, and an underflow */
  take(3);
  give(0, 2);
  memset(blocks[2] - 8, 41, size);
  give(2, 3);
  give(2, 3);
}
static void borrowed(void) { /* a smaller class takes from the ring */
  take(20);
  give(0, 20);
  link_to(blocks[0], blocks[19]);
  for (int i = 0; i < MANY; i++) blocks[i] = malloc(size - 1);
}

/* ---- a long cache, and at home ---- */

static void long_ring(void) {
  take(600);
  give(0, 600);
  for (int i = 0; i < 600; i++) link_to(blocks[i], blocks[(i + 1) % 600]);
}
static void home_twice(void) {
  take(MANY);
  give(0, MANY - 1);
  malloc_trim(0);
  give(0, MANY - 1);
}
static void home_one_twice(void) { /* the page has a block less than it counts */
  take(MANY);
  give(0, MANY / 2);
  malloc_trim(0);
  give(0, 1);
  malloc_trim(0);
  for (int i = 0; i < MANY; i++) blocks[i] = malloc(size);
}
static void home_ring(void) {
  take(MANY);
  give(0, MANY - 1);
  malloc_trim(0);
  for (int i = 0; i < MANY - 1; i++) link_to(blocks[i], blocks[i == 0 ? 1 : i - 1]);
}
static void home_ring_visited(void) {
  home_ring();
  mi_heap_visit_blocks(mi_heap_main(), true, seen, NULL);
}
static void never_carved(void) {
  take(1);
  release(blocks[0] + 100 * size);
}
static void every_class(void) {
  for (size = 16; size <= 40000; size += size / 2) {
    keep_some();
    twice_with_one_between();
    use_all();
  }
  size = 48;
}

/* ---- by other threads ---- */

static void* give_twice(void* arg) {
  give(0, 2);
  give(0, 2);
  return arg;
}
static void* give_in_turn(void* arg) {
  give(0, 100);
  give(20, 60);
  give(0, 100);
  return arg;
}
static void parcel_twice(void) {
  take(MANY);
  in_thread(give_twice, NULL);
}
static void parcel_ring(void) {
  take(MANY);
  in_thread(give_in_turn, NULL);
}
static void pushed_ring(void) { /* to a page that has blocks on its own list as well: they are joined, link by link */
  int n = MANY / 2;
  take(MANY);
  give(n, n + 300);
  malloc_trim(0);
  in_thread(give_all, &n);
  for (int i = 0; i < n; i++) link_to(blocks[i], blocks[i]);
  malloc_trim(0);
}
static void pushed_then_again(void) {
  int n = MANY / 2;
  take(MANY);
  in_thread(give_all, &n);
  give(0, n);
}

/* ---- of a thread that has ended ---- */

static void* take_many(void* arg) {
  take(MANY);
  return arg;
}
static void orphan_twice(void) {
  in_thread(take_many, NULL);
  give(0, MANY);
  give(0, MANY);
}
static void orphan_ring(void) {
  in_thread(take_many, NULL);
  give(0, MANY / 2);
  malloc_trim(0);
  for (int i = 0; i < MANY / 2; i++) link_to(blocks[i], blocks[i]);
  mi_abandoned_visit_blocks(mi_subproc_main(), 0, true, seen, NULL);
}
static void* cached_then_ended(void* arg) { /* the ring is met when the thread's cache goes home */
  keep_some();
  twice_with_one_between();
  return arg;
}
static void ended_with_ring(void) { in_thread(cached_then_ended, NULL); }

/* ---- large blocks ---- */

static void large_twice(void) {
  char* volatile p = malloc((size_t)1 << 20);
  char* volatile q = malloc((size_t)1 << 20);
  release(p);
  release(p);
  release(q);
}
static void huge_twice(void) {
  char* volatile p = malloc((size_t)300 << 20);
  release(p);
  release(p);
}

/* ---- first-class heaps ---- */

static void heap_twice(void (*ends)(mi_heap_t* heap)) {
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < 100; i++) CHECK((blocks[i] = mi_heap_malloc(heap, size)) != NULL);
  give(0, 50);
  give(0, 50);
  for (int i = 0; i < 1000; i++) (void)!mi_heap_malloc(heap, size);
  mi_heap_visit_blocks(heap, true, seen, NULL);
  ends(heap);
}
static void collect_heap(mi_heap_t* heap) { mi_heap_collect(heap, true); }
static void heap_collected(void) { heap_twice(collect_heap); }
static void heap_deleted(void) { heap_twice(mi_heap_delete); }
static void heap_destroyed(void) { heap_twice(mi_heap_destroy); }
static void heap_pushed(void) {
  int n = 50;
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < 100; i++) CHECK((blocks[i] = mi_heap_malloc(heap, size)) != NULL);
  in_thread(give_all, &n);
  in_thread(give_all, &n);
  for (int i = 0; i < 1000; i++) (void)!mi_heap_malloc(heap, size);
  mi_heap_delete(heap);
}

static const misuse_t kinds[] = {
    {"freed twice at once", twice_at_once, LINE},
    {"freed twice at once, and trim", twice_at_once_and_trim, LINE},
    {"freed twice, and taken many times", twice_then_taken, LINE},
    {"freed twice, and figures", twice_then_figures, LINE},
    {"freed twice with one between", twice_with_one_between, LINE},
    {"ten freed again and again", twice_many, LINE},
    {"a cache's link leads to itself", ring_of_one, LINE},
    {"a cache is a ring", ring_of_all, LINE},
    {"a cache is cut short", cut_short, ANY},
    {"a cache leads astray", led_astray, ANY},
    {"overflow, underflow, freed twice", led_below, ANY},
    {"a cache that is lent is a ring", borrowed, ANY},
    {"a long cache is a ring", long_ring, LINE},
    {"all freed, sent home, and freed", home_twice, ANY},
    {"freed, sent home, and freed", home_one_twice, ANY},
    {"a page's list is a ring", home_ring, LINE},
    {"a page's list is a ring, and visited", home_ring_visited, LINE},
    {"freed where no block was yet", never_carved, ANY},
    {"freed twice in every class", every_class, LINE},
    {"freed twice into a parcel", parcel_twice, ANY},
    {"freed in turns into parcels", parcel_ring, ANY},
    {"a pushed list is a ring", pushed_ring, LINE},
    {"freed by another thread and again", pushed_then_again, ANY},
    {"an ended thread's, freed twice", orphan_twice, ANY},
    {"an ended thread's page is a ring", orphan_ring, LINE},
    {"a thread ends with a ring", ended_with_ring, LINE},
    {"large, freed twice", large_twice, ANY},
    {"huge, freed twice", huge_twice, ANY},
    {"a heap's, freed twice, collected", heap_collected, LINE},
    {"a heap's, freed twice, deleted", heap_deleted, LINE},
    {"a heap's, freed twice, destroyed", heap_destroyed, ANY},
    {"a heap's, pushed twice", heap_pushed, ANY},
};

int main(int argc, char** argv) {
  return misuse_all(kinds, (int)(sizeof kinds / sizeof kinds[0]), argc > 1 ? argv[1] : "") != 0;
}
