/* test_sites.c -- the table of sites with stacks that are made up: so many that buckets and chunks are shared. */
#include <pthread.h>
#include <string.h>

#include "profile/sites.h"
#include "segment/os.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { STACKS = 60000, DEEP = 7 };

/* The i-th stack: they differ in one place each, of different depths. */
static unsigned stack_of(unsigned i, uintptr_t frames[MICA_PROFILE_DEPTH]) {
  const unsigned depth = 1 + i % DEEP;
  for (unsigned k = 0; k < depth; k++) frames[k] = 0x1000 + k;
  frames[i % depth] += (uintptr_t)i << 16;
  return depth;
}

static uint32_t site_of(unsigned i) {
  uintptr_t frames[MICA_PROFILE_DEPTH];
  const unsigned depth = stack_of(i, frames);
  return mica_site_of(frames, depth);
}

static bool count(mica_site_t* site, void* arg) {
  REQUIRE(site->depth >= 1 && site->depth <= DEEP, "a depth of %u", site->depth);
  ++*(unsigned*)arg;
  return true;
}

static void are_there(const uint32_t* numbers, unsigned n) {
  uintptr_t frames[MICA_PROFILE_DEPTH];
  unsigned found = 0;
  for (unsigned i = 0; i < n; i++) {
    const unsigned depth = stack_of(i, frames);
    const mica_site_t* const site = mica_site_at(numbers[i]);
    REQUIRE(site->depth == depth && memcmp(site->frame, frames, depth * sizeof *frames) == 0, "stack %u", i);
    REQUIRE(site_of(i) == numbers[i], "stack %u is another site", i);
  }
  mica_sites_visit(count, &found);
  REQUIRE(found == n, "%u sites of %u stacks", found, n);
}

Test(profile_sites, each_stack_is_one) {
  static uint32_t numbers[STACKS];
  for (unsigned i = 0; i < STACKS; i++) REQUIRE((numbers[i] = site_of(i)) != 0, "no place");
  are_there(numbers, STACKS);
}

/* ---- threads that find the same ---- */

enum { THREADS = 4 };
static uint32_t of_thread[THREADS][STACKS / 4];

static void* find_all(void* arg) {
  for (unsigned i = 0; i < STACKS / 4; i++) of_thread[(size_t)arg][i] = site_of(i);
  return NULL;
}

Test(profile_sites, threads_get_the_same) {
  pthread_t threads[THREADS];
  for (size_t t = 0; t < THREADS; t++) REQUIRE(pthread_create(&threads[t], NULL, find_all, (void*)t) == 0, "no thread");
  for (size_t t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
  for (size_t t = 1; t < THREADS; t++)
    REQUIRE(memcmp(of_thread[0], of_thread[t], sizeof of_thread[0]) == 0, "another site");
  are_there(of_thread[0], STACKS / 4);
}

/* ---- no more memory ---- */

static bool refuse(mica_os_call_t call) { return call == MICA_OS_MMAP; }

Test(profile_sites, a_chunk_that_cannot_be_had) {
  static uint32_t numbers[STACKS];
  unsigned n = 0;
  REQUIRE((numbers[n] = site_of(n)) != 0, "no place");
  mica_os_set_fault(refuse);
  do n++;
  while ((numbers[n] = site_of(n)) != 0);
  REQUIRE(n > 7000 && n < 11000, "%u sites in a chunk", n);
  are_there(numbers, n);
  mica_os_set_fault(NULL);
  REQUIRE((numbers[n] = site_of(n)) != 0, "now there is a place");
  are_there(numbers, n + 1);
}

Test(profile_sites, the_table_is_bounded) {
  uintptr_t frames[MICA_PROFILE_DEPTH] = {0};
  unsigned n = 0;
  for (; n < 200000; n++) {
    frames[0] = n + 1;
    if (mica_site_of(frames, MICA_PROFILE_DEPTH) == 0) break;
  }
  REQUIRE(n > 100000 && n < 120000, "%u deep sites", n);
  frames[0] = 1;
  REQUIRE(mica_site_of(frames, MICA_PROFILE_DEPTH) != 0, "what is there is found");
}
