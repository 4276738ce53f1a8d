/* heap_race_destroy.c -- a heap is destroyed while another thread, which nothing orders before, has last used a block of it. */
#include "tests/bugs/heaps.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;
static char* block;

static void* run(void* unused) {
  if (!bug) pthread_mutex_lock(&lock);
  block[9]++;
  if (!bug) pthread_mutex_unlock(&lock);
  bug_signal_send();
  return unused;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  bug_signal_make();
  mi_heap_t* heap = heap_make();
  block = heap_block(heap, 40);
  const pthread_t thread = bug_start(run, NULL);
  bug_signal_wait();
  if (!bug) pthread_mutex_lock(&lock);
  block[9]++;
  heap_destroy(heap);
  if (!bug) pthread_mutex_unlock(&lock);
  bug_join(thread);
  return 0;
}
