/* test_samples.c -- samples noted and ended, by the room's own interface: the blocks here are addresses, nothing is
 * allocated. */
#include <mica.h>
#include <stdlib.h>
#include <string.h>

#include "profile/dump.h"
#include "profile/profile.h"
#include "profile/switch.h"
#include "profile/table.h"
#include "segment/os.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

static const void* at(size_t i) { return (const void*)(0x10000 + 16 * i); }

/* Two places, whatever the compiler does. */
static __attribute__((noinline)) uint32_t take_here(size_t i, size_t size, uint64_t every) {
  const uint32_t number = mica_profile_take(at(i), size, size, every, NULL);
  __asm__ volatile("" ::: "memory");
  return number;
}
static __attribute__((noinline)) uint32_t take_there(size_t i, size_t size, uint64_t every) {
  const uint32_t number = mica_profile_take(at(i), size, size, every, NULL);
  __asm__ volatile("" ::: "memory");
  return number;
}

Test(profile_samples, taken_and_gone) {
  const uint32_t one = take_here(1, 100, 1), two = take_here(2, 50, 1);
  REQUIRE(one != 0 && two != 0 && one != two, "numbers");
  REQUIRE(mica_profile_is(one, at(1)) && mica_profile_is(two, at(2)), "they are");
  REQUIRE(!mica_profile_is(one, at(2)) && !mica_profile_is(two + 1, at(2)), "of another");
  REQUIRE(!mica_profile_is(0, at(1)) && !mica_profile_is(UINT32_MAX, at(1)) && !mica_profile_is(one, NULL), "of none");
  for (unsigned i = 0; i < 32; i++)
    REQUIRE(!mica_profile_is(((uint32_t)1 << i) + 2, at(1)) && !mica_profile_is(0 - ((uint32_t)1 << i), at(1)), "%u",
            i);
  mi_profile_sums_t sums = mica_profile_sums();
  REQUIRE(mica_profile_live() == 2 && sums.live_count == 2 && sums.live_bytes == 150, "live");
  REQUIRE(sums.samples == 2 && sums.dropped == 0, "samples");
  mica_profile_gone(one, at(2));
  REQUIRE(mica_profile_live() == 2, "not its block");
  mica_profile_gone(one, at(1));
  mica_profile_gone(one, at(1));
  sums = mica_profile_sums();
  REQUIRE(mica_profile_live() == 1 && sums.live_count == 1 && sums.live_bytes == 50, "one is gone, once");
  REQUIRE(sums.count == 2 && sums.bytes == 150, "cumulated");
  mica_profile_gone(two, at(2));
  REQUIRE(take_here(3, 1, 1) <= two, "records are used again");
}

Test(profile_samples, stacks_are_told_apart) {
  for (size_t i = 0; i < 100; i++) REQUIRE(take_here(i, 10, 1) != 0, "no room");
  REQUIRE(mica_profile_sums().stacks == 1, "one stack");
  for (size_t i = 100; i < 200; i++) REQUIRE(take_there(i, 10, 1) != 0, "no room");
  REQUIRE(mica_profile_sums().stacks == 2, "two");
}

Test(profile_samples, resized) {
  const uint32_t number = take_here(1, 100, 1);
  mica_profile_resized(number, at(1), 300);
  mi_profile_sums_t sums = mica_profile_sums();
  REQUIRE(sums.live_bytes == 300 && sums.bytes == 300 && sums.count == 1, "grown");
  mica_profile_resized(number, at(1), 200);
  sums = mica_profile_sums();
  REQUIRE(sums.live_bytes == 200 && sums.bytes == 300 && sums.live_count == 1, "shrunk");
  mica_profile_gone(number, at(1));
  mica_profile_resized(number, at(1), 1000);
  sums = mica_profile_sums();
  REQUIRE(sums.live_bytes == 0 && sums.live_count == 0 && sums.bytes == 300, "gone");
}

Test(profile_samples, weights_come_back_to_zero) {
  uint32_t numbers[1000];
  for (size_t i = 0; i < 1000; i++) numbers[i] = take_here(i, 1 + i * 77, 100000 + i);
  REQUIRE(mica_profile_sums().live_bytes > 1000 * 77 * 499, "they weigh more than they are");
  for (size_t i = 0; i < 1000; i += 3) mica_profile_resized(numbers[i], at(i), 5 + i);
  for (size_t i = 0; i < 1000; i++) mica_profile_gone(numbers[i], at(i));
  const mi_profile_sums_t sums = mica_profile_sums();
  REQUIRE(sums.live_bytes == 0 && sums.live_count == 0 && sums.bytes != 0, "exactly");
}

Test(profile_samples, reset) {
  const uint32_t number = take_here(1, 100, 1);
  mica_profile_restart();
  mi_profile_sums_t sums = mica_profile_sums();
  REQUIRE(sums.count == 0 && sums.bytes == 0 && sums.live_count == 1 && sums.live_bytes == 100, "reset");
  take_here(2, 30, 1);
  mica_profile_gone(number, at(1));
  sums = mica_profile_sums();
  REQUIRE(sums.count == 1 && sums.bytes == 30 && sums.live_count == 1 && sums.live_bytes == 30, "and on");
}

Test(profile_samples, epoch_and_rate) {
  REQUIRE(atomic_load_explicit(&mica_profile_epoch, memory_order_acquire) == 0 && mica_profile_every() == 0,
          "never started");
  mica_profile_set(4096);
  REQUIRE(atomic_load_explicit(&mica_profile_epoch, memory_order_acquire) == 1 && mica_profile_every() == 4096,
          "started");
  mica_profile_set(0);
  REQUIRE(atomic_load_explicit(&mica_profile_epoch, memory_order_acquire) == 2 && mica_profile_every() == 0, "stopped");
}

/* An epoch is never 0, which says that no sample was ever taken, nor what a profiled thread has noted. */
Test(profile_samples, epochs_come_round) {
  uint32_t before = MICA_EPOCH_NONE - 3;
  atomic_store_explicit(&mica_profile_epoch, before, memory_order_relaxed); /* relaxed: there is one thread */
  for (int i = 0; i < 6; i++) {
    mica_profile_set(4096);
    const uint32_t epoch = atomic_load_explicit(&mica_profile_epoch, memory_order_acquire);
    REQUIRE(epoch != 0 && epoch != MICA_EPOCH_NONE && epoch != before, "epoch %u behind %u", epoch, before);
    before = epoch;
  }
  REQUIRE(before == 4, "epoch %u", before);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 20000 };

static __attribute__((noinline)) uint32_t deep(unsigned levels, size_t i) {
  const uint32_t number = levels == 0 ? mica_profile_take(at(i), 16, 16, 1, NULL) : deep(levels - 1, i);
  __asm__ volatile("" ::: "memory");
  return number;
}

/* Each thread takes at many depths, some of them its own to find first, and ends the older half as it goes. */
static void* churn(void* arg) {
  const size_t base = (size_t)arg * ROUNDS;
  uint32_t numbers[ROUNDS / 100];
  for (size_t i = 0; i < ROUNDS; i++) {
    const size_t place = i % (ROUNDS / 100);
    if (i >= ROUNDS / 100) mica_profile_gone(numbers[place], at(base + i - ROUNDS / 100));
    numbers[place] = deep((unsigned)(i % 90), base + i);
    REQUIRE(mica_profile_is(numbers[place], at(base + i)), "a record of two blocks");
  }
  return NULL;
}

Test(profile_samples, threads) {
  pthread_t threads[THREADS];
  for (size_t t = 0; t < THREADS; t++) REQUIRE(pthread_create(&threads[t], NULL, churn, (void*)t) == 0, "no thread");
  for (size_t t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
  const mi_profile_sums_t sums = mica_profile_sums();
  REQUIRE(sums.count == THREADS * ROUNDS && sums.bytes == THREADS * ROUNDS * 16, "cumulated");
  REQUIRE(sums.live_count == THREADS * ROUNDS / 100 && mica_profile_live() == sums.live_count, "live");
  REQUIRE(sums.stacks <= 91, "%zu stacks: the deepest are alike", sums.stacks);
  REQUIRE(sums.stacks >= 50, "%zu stacks", sums.stacks);
}

/* ---- the text ---- */

Test(profile_samples, text) {
  take_here(1, 1000, 1);
  uint32_t number = 0;
  for (volatile size_t i = 2; i <= 3; i++) number = take_there(i, 24, 1);
  mica_profile_gone(number, at(3));
  char* const text = mi_profile_get_text(0, NULL);
  static const char head[] = "heap profile: 2: 1024 [3: 1048] @ heapprofile\n";
  REQUIRE(text != NULL && strncmp(text, head, strlen(head)) == 0, "it begins: %.60s", text);
  REQUIRE(strstr(text, "\n1: 1000 [1: 1000] @ 0x") != NULL, "the first");
  REQUIRE(strstr(text, "\n1: 24 [2: 48] @ 0x") != NULL, "the second");
  REQUIRE(strstr(text, "\n\nMAPPED_LIBRARIES:\n") != NULL && strstr(text, "[stack]") != NULL, "the mappings");
  REQUIRE(mi_profile_get_text(100, (char[100]){0}) == NULL, "it does not fit");
  free(text);
}

static bool refuse(mica_os_call_t call) { return call == MICA_OS_MMAP; }

Test(profile_samples, room_runs_out) {
  size_t i = 0;
  take_here(i++, 1, 1);
  mica_os_set_fault(refuse);
  while (take_here(i, 1, 1) != 0) i++;
  REQUIRE(i == MICA_RECORDS, "%zu records in a chunk", i);
  REQUIRE(mica_profile_sums().dropped == 1 && mica_profile_live() == i, "it is told of");
  mica_profile_gone(77, at(76));
  REQUIRE(take_here(i, 1, 1) == 77, "one is free again");
  mica_os_set_fault(NULL);
  REQUIRE(take_here(i, 1, 1) == MICA_RECORDS + 1, "and there is more");
}

/* No site can be made where its chunk cannot be mapped. */
Test(profile_samples, no_room_at_all) {
  mica_os_set_fault(refuse);
  REQUIRE(take_here(1, 1, 1) == 0 && mica_profile_sums().dropped == 1, "nothing");
  mica_os_set_fault(NULL);
  REQUIRE(take_here(1, 1, 1) == 1, "now there is");
}
