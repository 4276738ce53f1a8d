/* signals.c -- a timer interrupts every slow path, at any instruction, and its handler calls what notes/calls.md says it may
 * always call: it gets right answers on blocks that are in use, and the interrupted calls do not notice. */
#include <errno.h>
#include <malloc.h>
#include <mica.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "stats/write.h"
#include "tests/support/check.h"
#include "tests/support/errno_mark.h"

enum { HELD = 9, BLOCKS = 3000, ENOUGH = 1000, MICROSECONDS = 150 };

static const size_t sizes[HELD] = {1, 16, 100, 1000, 2000, 9000, 60000, 100000, (size_t)9 << 20};
static char* held[HELD];
static size_t usable[HELD];
static mi_heap_t* heap;
static char* in_heap;
static mi_pool_t* pool;
static volatile sig_atomic_t signals, wrong;

static void expect(bool right) {
  if (!right) wrong++;
}
static void swallow(const char* text, void* arg) { (void)text, (void)arg; }

static void look_at_blocks(void) {
  for (int i = 0; i < HELD; i++) {
    mica_where_t where = {.size = sizeof where};
    expect(malloc_usable_size(held[i]) == usable[i] && mi_usable_size(held[i]) == usable[i]);
    expect(mi_heap_of(held[i]) == mi_heap_main() && mi_is_in_heap_region(held[i]) && mi_any_heap_contains(held[i]));
    if (i == signals % HELD) expect(mica_where(held[i], &where) && where.state == MICA_WHERE_IN_USE);
  }
  expect(mi_heap_of(in_heap) == heap && mi_heap_contains(heap, in_heap) && mi_heap_get_used(heap) != 0);
}

static void look_at_figures(void) {
  size_t now = 0;
  mi_pool_stat_t stat;
  mi_stats_t stats;
  mi_stats_init(&stats);
  expect(mallinfo2().uordblks != 0);
  expect(mi_stats_get(&stats) && mi_heap_stats_get(heap, &stats));
  mi_process_info(NULL, NULL, NULL, &now, NULL, NULL, NULL, NULL);
  expect(now != 0);
  mi_pool_stat(pool, &stat);
  expect(stat.blocks != 0 && mi_pool_get_used(pool) != 0);
  mi_stats_print_out(swallow, NULL);
  mi_pool_print(pool, swallow, NULL);
  malloc_stats(); /* to the function that is registered */
  mica_write_stats();
}

static void settings(void) {
  mi_option_set(mi_option_max_warnings, 10);
  expect(mi_option_get(mi_option_max_warnings) == 10 && mi_good_size(1000) == 1008);
  mi_register_output(swallow, NULL);
  mi_heap_set_limit(heap, 0);
  expect(mi_version() == MI_MALLOC_VERSION && mallopt(M_MXFAST, 64) == 1);
}

static void interrupt(int number) {
  (void)number;
  const int saved = errno;
  errno = ERRNO_MARK;
  signals++;
  look_at_blocks();
  if (signals % 4 == 0) look_at_figures();
  settings();
  expect(errno == ERRNO_MARK);
  errno = saved;
}

/* ---- what is interrupted ---- */

static char* blocks[BLOCKS];

static size_t size_of(int i) { return 1 + (size_t)(i * 37 % 3000); }
static void take(int i, char* p) {
  CHECK(p != NULL);
  blocks[i] = memset(p, i, size_of(i));
}
static void give(int i) {
  CHECK(blocks[i][0] == (char)i && blocks[i][size_of(i) - 1] == (char)i);
  free(blocks[i]);
}
static void take_all(void) {
  for (int i = 0; i < BLOCKS; i++) take(i, malloc(size_of(i)));
}
static void give_all(void) {
  for (int i = 0; i < BLOCKS; i++) give(i * 7 % BLOCKS); /* in another order: 7 and BLOCKS have no divisor in common */
}
static void* take_in_thread(void* arg) {
  take_all();
  return arg;
}
static void* give_in_thread(void* arg) {
  give_all();
  return arg;
}
static void in_thread(void* (*body)(void*)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static void own(void) {
  take_all();
  give_all();
}
static void collected(void) {
  take_all();
  malloc_trim(0);
  give_all();
  mi_collect(true);
}
static void by_others(void) { /* what another thread frees comes back */
  take_all();
  in_thread(give_in_thread);
}
static void of_others(void) { /* of a thread that has ended: pages are reclaimed */
  in_thread(take_in_thread);
  give_all();
}
static void zeroed_and_aligned(void) {
  for (int i = 0; i < BLOCKS; i++) {
    char* p = i % 2 == 0 ? calloc(1, size_of(i)) : aligned_alloc((size_t)16 << i % 9, size_of(i));
    take(i, p);
  }
  give_all();
}
static void resized(void) {
  char* p = NULL;
  for (size_t size = 1; size < (size_t)20 << 20; size += size / 2 + 1) CHECK((p = realloc(p, size)) != NULL);
  for (size_t size = (size_t)20 << 20; size > 1; size /= 2) CHECK((p = realloc(p, size)) != NULL);
  free(p);
}
static void heaps(void) {
  mi_heap_t *one = mi_heap_new(), *other = mi_heap_new();
  CHECK(one != NULL && other != NULL);
  for (int i = 0; i < BLOCKS; i++) take(i, mi_heap_malloc(i % 2 == 0 ? one : other, size_of(i)));
  mi_heap_destroy(one);
  for (int i = 1; i < BLOCKS; i += 2) give(i);
  mi_heap_delete(other);
}
static void pools(void) {
  mi_pool_t* own_pool = mi_pool_create(4096);
  for (int i = 0; i < BLOCKS; i++) CHECK(memset(mi_pool_alloc(own_pool, size_of(i)), i, size_of(i)) != NULL);
  mi_pool_reset(own_pool);
  for (int i = 0; i < 100; i++) CHECK(mi_pool_alloc(pool, 100) != NULL);
  mi_pool_destroy(own_pool);
}
static void failing(void) { CHECK(malloc((size_t)PTRDIFF_MAX - 100000) == NULL); }

static void (*const ways[])(void) = {own,     collected, by_others, of_others, zeroed_and_aligned,
                                     resized, heaps,     pools,     failing};

/* What the handler wrote last is whole. */
static char file[] = "/tmp/mica-signals-XXXXXX.json";
static void look_at_file(void) {
  char end[5] = "";
  FILE* from = fopen(file, "r");
  CHECK(from != NULL && fseek(from, -4, SEEK_END) == 0 && fread(end, 1, 4, from) == 4 && strcmp(end, "]\n}\n") == 0);
  fclose(from);
  unlink(file);
}

static void prepare(void) {
  close(mkstemps(file, 5));
  CHECK(mica_write_to(file));
  for (int i = 0; i < HELD; i++) {
    CHECK((held[i] = malloc(sizes[i])) != NULL);
    usable[i] = malloc_usable_size(held[i]);
  }
  CHECK((heap = mi_heap_new()) != NULL && (in_heap = mi_heap_malloc(heap, 100)) != NULL);
  CHECK((pool = mi_pool_create(4096)) != NULL && mi_pool_alloc(pool, 100) != NULL);
  mi_register_output(swallow, NULL);
  mi_option_enable(mi_option_show_errors);
}

int main(void) {
  prepare();
  const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
  const struct itimerval often = {{0, MICROSECONDS}, {0, MICROSECONDS}}, never = {{0, 0}, {0, 0}};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
    const int before = signals;
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (signals - before < ENOUGH) ways[way]();
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    if (wrong != 0) printf("way %zu: %d wrong answers\n", way, (int)wrong);
    CHECK(wrong == 0);
  }
  look_at_file();
  return 0;
}
