/* cancelled.c -- a thread that is to be cancelled leaves each call of mica's alive, whatever that has to say or to read; the
 * first point of cancellation is the program's own. */
#include <fcntl.h>
#include <malloc.h>
#include <mica.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/check.h"

static FILE* file;
static mi_pool_t* pool;
static mi_heap_t* heap;
static volatile size_t many = 3;

static void failing_malloc(void) { CHECK(malloc((size_t)PTRDIFF_MAX - 100000) == NULL); }
static void failing_calloc(void) { CHECK(calloc(SIZE_MAX / 2, many) == NULL); }
static void failing_realloc(void) {
  void* p = malloc(10);
  CHECK(realloc(p, (size_t)PTRDIFF_MAX - 100000) == NULL);
  free(p);
}
static void failing_aligned(void) { CHECK(mi_malloc_aligned((size_t)PTRDIFF_MAX - 100000, 64) == NULL); }
static void failing_in_heap(void) { CHECK(mi_heap_malloc(heap, 1 << 20) == NULL); }
static void failing_below_limit(void) {
  mi_process_set_limit((size_t)64 << 20);
  CHECK(malloc((size_t)100 << 20) == NULL);
  mi_process_set_limit(0);
}
static void info_to_stream(void) { CHECK(malloc_info(0, file) == 0); }
static void info(void) { CHECK(mallinfo2().arena != 0); }
static void trim(void) { malloc_trim(0); }
static void print(void) { mi_stats_print(NULL); }
static void print_options(void) { mi_options_print(); }
static void print_arenas(void) { mi_arenas_print(); }
static void print_process(void) { mi_process_info_print(); }
static void print_where(void) { mica_where_print(pool); }
static void print_where_foreign(void) { mica_where_print(stdout); }
static void print_pool(void) { mi_pool_print(pool, NULL, NULL); }
static void process(void) {
  size_t now = 0;
  mi_process_info(NULL, NULL, NULL, &now, NULL, NULL, NULL, NULL);
  CHECK(now != 0);
}
static void json(void) {
  char* text = mi_stats_get_json(0, NULL);
  CHECK(text != NULL);
  free(text);
}
static int opened;
static void ends_pool_with_file(void) {
  mi_pool_t* own = mi_pool_create(4096);
  mi_pool_cleanup_t* cleanup = mi_pool_cleanup_add(own, sizeof(mi_pool_file_t));
  ((mi_pool_file_t*)cleanup->data)->fd = opened;
  cleanup->handler = mi_pool_file_close;
  mi_pool_destroy(own);
}
static void warns(void) {
  mi_pool_file_t none = {.fd = 12345};
  mi_pool_file_close(&none);
}
static void path(void) {
  char* found = mi_realpath("/dev/../dev/null", NULL);
  CHECK(found != NULL);
  free(found);
}
static void output(const char* text, void* arg) { (void)text, (void)arg; }
static void registers(void) {
  mi_register_output(output, NULL);
  mi_register_output(NULL, NULL);
}
static void reserves(void) { CHECK(mi_reserve_os_memory((size_t)8 << 20, true, false) == 0); }
static void makes_heap(void) {
  mi_heap_t* own = mi_heap_new();
  CHECK(mi_heap_malloc(own, 100) != NULL);
  mi_heap_destroy(own);
}
static void ends_thread(void) { mi_thread_done(); }

static const struct {
  const char* name;
  void (*act)(void);
} acts[] = {
    {"malloc_stats", malloc_stats},
    {"failing malloc", failing_malloc},
    {"failing calloc", failing_calloc},
    {"failing realloc", failing_realloc},
    {"failing mi_malloc_aligned", failing_aligned},
    {"failing mi_heap_malloc", failing_in_heap},
    {"malloc beyond the limit", failing_below_limit},
    {"malloc_info", info_to_stream},
    {"mallinfo2", info},
    {"malloc_trim", trim},
    {"mi_stats_print", print},
    {"mi_options_print", print_options},
    {"mi_arenas_print", print_arenas},
    {"mi_process_info_print", print_process},
    {"mica_where_print", print_where},
    {"mica_where_print of another's", print_where_foreign},
    {"mi_pool_print", print_pool},
    {"mi_process_info", process},
    {"mi_stats_get_json", json},
    {"mi_pool_destroy", ends_pool_with_file},
    {"mi_pool_file_close", warns},
    {"mi_realpath", path},
    {"mi_register_output", registers},
    {"mi_reserve_os_memory", reserves},
    {"mi_heap_destroy", makes_heap},
    {"mi_thread_done", ends_thread},
};
enum { ACTS = sizeof acts / sizeof acts[0] };

static int present;
static bool done, outlived;
static pthread_barrier_t cancelled;

static void* body(void* arg) {
  pthread_barrier_wait(&cancelled);
  acts[present].act();
  done = true;
  pthread_testcancel();
  outlived = true;
  return arg;
}

int main(void) {
  int failed = 0;
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  CHECK((file = fopen("/dev/null", "w")) != NULL && setvbuf(file, NULL, _IONBF, 0) == 0);
  CHECK((pool = mi_pool_create(4096)) != NULL && (heap = mi_heap_new()) != NULL && mi_heap_set_limit(heap, 1 << 19));
  mi_option_enable(mi_option_show_errors);
  CHECK((opened = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
  CHECK(nowhere >= 0 && dup2(nowhere, STDERR_FILENO) == STDERR_FILENO);
  CHECK(pthread_barrier_init(&cancelled, NULL, 2) == 0);
  for (present = 0; present < ACTS; present++) {
    pthread_t thread;
    void* result = NULL;
    done = outlived = false;
    CHECK(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_cancel(thread) == 0);
    pthread_barrier_wait(&cancelled);
    CHECK(pthread_join(thread, &result) == 0);
    const bool right = done && !outlived && result == PTHREAD_CANCELED;
    if (!right) printf("%s: %s\n", acts[present].name, done ? "no cancellation behind it" : "cancelled inside");
    failed += !right;
  }
  CHECK(fcntl(opened, F_GETFD) < 0); /* the pool has closed it */
  return failed != 0;
}
