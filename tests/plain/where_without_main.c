/* where_without_main.c -- mica_where in a process whose first thread has ended: by that one's name the system shows neither
 * memory nor mappings. */
#include <fcntl.h>
#include <mica/where.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/check.h"

static pthread_t first;

static bool is_listed(void) {
  char byte;
  const int file = open("/proc/self/maps", O_RDONLY);
  CHECK(file >= 0);
  const ssize_t n = read(file, &byte, 1);
  close(file);
  return n > 0;
}

static void is(const void* p, mica_where_state_t state) {
  mica_where_t where = {.size = sizeof where};
  CHECK(mica_where(p, &where));
  CHECK(where.state == state && where.sure);
}

static void* look(void* p) {
  int here = 0;
  CHECK(pthread_join(first, NULL) == 0);
  while (is_listed()) sched_yield(); /* its end is under way */
  is(p, MICA_WHERE_IN_USE);
  free(p);
  void* own = malloc(100);
  is(own, MICA_WHERE_IN_USE);
  free(own);
  is(&here, MICA_WHERE_STACK);
  is(&first, MICA_WHERE_FOREIGN);
  is((const void*)16, MICA_WHERE_UNMAPPED);
  exit(0);
}

int main(void) {
  pthread_t other;
  first = pthread_self();
  CHECK(pthread_create(&other, NULL, look, calloc(1, 100)) == 0);
  pthread_exit(NULL);
}
