/* forking.c -- a process with many idle threads forks, again and again.
 *
 * usage: forking [THREADS [FORKS]]         default 200 300
 * Each thread has allocated 1,000 blocks of 16 to 1,039 bytes, has freed every other one, and sleeps. A child replaces 100
 * blocks of its own and ends; the parent waits for it. `time` is microseconds of wall time per fork, `resident_kib` what is
 * resident in the parent at the end. */
#include "measure.h"

#include <pthread.h>
#include <sys/wait.h>

enum { BLOCKS = 1000, IN_CHILD = 100, SMALLEST = 16, SIZES = 1024, MOST = 1000 };

static pthread_barrier_t ready, ended;

static char* any_block(uint64_t* random) { return block_new(SMALLEST + (size_t)(random_next(random) & (SIZES - 1))); }

static void* idle(void* number_of_thread) {
  char* blocks[BLOCKS];
  uint64_t random = random_seed(*(size_t*)number_of_thread);
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = any_block(&random);
  for (size_t i = 0; i < BLOCKS; i += 2) free(blocks[i]);
  pthread_barrier_wait(&ready);
  pthread_barrier_wait(&ended);
  for (size_t i = 1; i < BLOCKS; i += 2) free(blocks[i]);
  return NULL;
}

static _Noreturn void child(uint64_t random) {
  char* blocks[IN_CHILD];
  for (size_t i = 0; i < IN_CHILD; i++) blocks[i] = any_block(&random);
  for (size_t i = 0; i < IN_CHILD; i++) free(blocks[i]);
  _exit(0);
}

int main(int argc, char** argv) {
  static pthread_t ids[MOST];
  static size_t numbers[MOST];
  size_t threads = argument(argc, argv, 1, 200), forks = argument(argc, argv, 2, 300);
  if (threads > MOST || forks == 0) give_up("arguments");
  pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
  pthread_barrier_init(&ended, NULL, (unsigned)threads + 1);
  for (size_t i = 0; i < threads; i++) {
    numbers[i] = i;
    if (pthread_create(&ids[i], NULL, idle, &numbers[i]) != 0) give_up("pthread_create");
  }
  pthread_barrier_wait(&ready);
  struct measured begun = measured_begin();
  for (size_t i = 0; i < forks; i++) {
    pid_t started = fork();
    if (started == 0) child(random_seed(i));
    int status = 0;
    if (started < 0 || waitpid(started, &status, 0) != started || status != 0) give_up("a child failed");
  }
  report_resident(&begun, (wall_seconds() - begun.wall) * 1e6 / (double)forks, resident_kib());
  pthread_barrier_wait(&ended);
  for (size_t i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  return 0;
}
