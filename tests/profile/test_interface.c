/* test_interface.c -- mica/profile.h, as far as it does not depend on which blocks are drawn. */
#include <errno.h>
#include <fcntl.h>
#include <mica.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/track.h"
#include "profile/profile.h"
#include "tests/support/require.h"

static const char block[64];

Test(profile_interface, start_and_stop) {
  REQUIRE(mi_profile_rate() == 0, "it is off");
  if (MICA_TRACKED) {
    REQUIRE(!mi_profile_start(0) && mi_profile_rate() == 0, "it stays so");
    return;
  }
  REQUIRE(mi_profile_start(0) && mi_profile_rate() == 512 << 10, "the default");
  REQUIRE(mi_profile_start(1000) && mi_profile_rate() == 1000, "another rate");
  mi_profile_stop();
  REQUIRE(mi_profile_rate() == 0, "off");
  const uint32_t epoch = atomic_load_explicit(&mica_profile_epoch, memory_order_acquire);
  mi_profile_stop();
  REQUIRE(atomic_load_explicit(&mica_profile_epoch, memory_order_acquire) == epoch, "no change, no epoch");
}

Test(profile_interface, sums_and_reset) {
  mi_profile_sums_t sums;
  const uint32_t number = mica_profile_take(block, 40, 48, 1, NULL);
  REQUIRE(!mi_profile_sums(NULL, sizeof sums) && !mi_profile_sums(&sums, sizeof sums - 1), "refused");
  REQUIRE(mi_profile_sums(&sums, sizeof sums), "given");
  REQUIRE(sums.live_count == 1 && sums.live_bytes == 40 && sums.count == 1 && sums.bytes == 40, "one");
  mi_profile_reset();
  REQUIRE(mi_profile_sums(&sums, sizeof sums) && sums.live_bytes == 40 && sums.bytes == 0, "reset");
  mica_profile_gone(number, block);
  REQUIRE(mi_profile_sums(&sums, sizeof sums) && sums.live_bytes == 0 && sums.samples == 1, "gone");
}

/* ---- the program's function ---- */

static unsigned taken, freed;
static double weights;

static uint32_t take_and_tell(const void* p, size_t size, size_t block_size, uint64_t every) {
  const uint32_t number = mica_profile_take(p, size, block_size, every, NULL);
  mica_profile_tell(number, p);
  return number;
}

static void told(mi_profile_event_t event, const void* p, size_t size, double weight, void* arg) {
  REQUIRE(arg == &taken && p == block, "what it is told");
  REQUIRE(size == (event == mi_profile_taken ? 10u : 12u), "the size, %zu", size);
  event == mi_profile_taken ? taken++ : freed++;
  weights += weight;
  free(malloc(size)); /* what it does itself is not told of, */
  const uint32_t own = take_and_tell(block + 1, 1, 16, 1);
  mica_profile_gone(own, block + 1);
  errno = EDOM; /* and leaves no trace */
}

Test(profile_interface, program_is_told) {
  mi_profile_register(told, &taken);
  errno = 0;
  const uint32_t number = take_and_tell(block, 10, 16, 100000);
  REQUIRE(taken == 1 && freed == 0 && weights > 6250 && weights < 6251 && errno == 0, "taken: %g", weights);
  mica_profile_resized(number, block, 12);
  mica_profile_gone(number, block);
  REQUIRE(taken == 1 && freed == 1 && weights > 12500 && weights < 12502 && errno == 0, "freed: %g", weights);
  mi_profile_register(NULL, NULL);
  mica_profile_gone(take_and_tell(block, 10, 16, 1), block);
  mica_profile_tell(0, block);
  REQUIRE(taken == 1 && freed == 1, "no more");
}

/* ---- text ---- */

static char all[1 << 20];

static void gather(const char* text, void* arg) {
  REQUIRE(arg == all, "its argument");
  REQUIRE(strlen(all) + strlen(text) < sizeof all, "too long");
  strcat(all, text);
}

static char* slurp(const char* path) {
  static char text[1 << 20];
  FILE* file = fopen(path, "r");
  REQUIRE(file != NULL, "no %s", path);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return text;
}

/* The lines before the mappings, which change. */
static size_t stacks_end(const char* text) {
  const char* const end = strstr(text, "\nMAPPED_LIBRARIES:\n");
  REQUIRE(end != NULL, "no mappings");
  return (size_t)(end - text);
}

Test(profile_interface, texts_are_alike) {
  char folder[] = "/tmp/mica-profile-XXXXXX", path[100];
  REQUIRE(mkdtemp(folder) != NULL, "no folder");
  snprintf(path, sizeof path, "%s/a", folder);
  mica_profile_take(block, 10, 16, 100000, NULL);
  mi_profile_dump_out(gather, all);
  REQUIRE(strncmp(all, "heap profile: 6251: 625", 22) == 0, "%.50s", all);
  for (int round = 0; round < 2; round++) {
    REQUIRE(mi_profile_dump(path), "not written");
    const char* const text = slurp(path);
    REQUIRE(stacks_end(text) == stacks_end(all) && memcmp(text, all, stacks_end(all)) == 0, "the file");
  }
  REQUIRE(unlink(path) == 0 && rmdir(folder) == 0, "something stays beside it");
  char* const text = mi_profile_get_text(0, NULL);
  REQUIRE(text != NULL && memcmp(text, all, stacks_end(all)) == 0, "the string");
  mi_free(text);
}

/* What was begun beside it goes. */
Test(profile_interface, a_file_that_cannot_be_written_to_its_end) {
  char folder[] = "/tmp/mica-profile-XXXXXX", path[100];
  REQUIRE(mkdtemp(folder) != NULL, "no folder");
  snprintf(path, sizeof path, "%s/a", folder);
  const struct rlimit little = {100, 100};
  REQUIRE(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &little) == 0, "no limit");
  errno = 0;
  REQUIRE(!mi_profile_dump(path) && errno == EFBIG, "written");
  REQUIRE(rmdir(folder) == 0, "something stays");
}

Test(profile_interface, a_file_that_cannot_be_written) {
  errno = 0;
  REQUIRE(!mi_profile_dump("/nowhere/a") && errno == ENOENT, "no folder");
  char path[5000];
  memset(path, 'a', sizeof path);
  path[sizeof path - 1] = '\0';
  REQUIRE(!mi_profile_dump(path) && errno == ENAMETOOLONG, "a long name");
}

static __attribute__((noinline)) uint32_t deep(unsigned levels) {
  const uint32_t number = levels == 0 ? mica_profile_take(block, 1, 16, 1, NULL) : deep(levels - 1);
  __asm__ volatile("" ::: "memory");
  return number;
}

/* In parts, as messages are no longer than 500 bytes. */
static void to_message(const char* text, void* arg) { gather(text, arg); }
Test(profile_interface, as_a_message) {
  static char other[sizeof all];
  deep(100);
  mi_register_output(to_message, all);
  all[0] = '\0';
  mi_profile_dump_out(NULL, NULL);
  mi_register_output(NULL, NULL);
  strcpy(other, all);
  all[0] = '\0';
  mi_profile_dump_out(gather, all);
  REQUIRE(strlen(strchr(all, '\n')) > 64 * 15, "a long line");
  REQUIRE(stacks_end(other) == stacks_end(all) && memcmp(other, all, stacks_end(all)) == 0, "alike");
}

/* What is no ordinary file is written to, and stays what it is. */
Test(profile_interface, to_a_pipe_by_name) {
  char folder[] = "/tmp/mica-profile-XXXXXX", path[100];
  struct stat there;
  REQUIRE(mkdtemp(folder) != NULL, "no folder");
  snprintf(path, sizeof path, "%s/a", folder);
  REQUIRE(mkfifo(path, 0600) == 0, "no pipe");
  const int reader = open(path, O_RDWR);
  REQUIRE(reader >= 0 && fcntl(reader, F_SETPIPE_SZ, 1 << 20) > 0, "not open");
  REQUIRE(mi_profile_dump(path) && stat(path, &there) == 0 && S_ISFIFO(there.st_mode), "replaced");
  REQUIRE(read(reader, all, sizeof all - 1) > 0 && strncmp(all, "heap profile: 0", 15) == 0, "%.50s", all);
  REQUIRE(unlink(path) == 0 && rmdir(folder) == 0, "something stays beside it");
}

Test(profile_interface, to_stderr) {
  int ends[2];
  REQUIRE(pipe(ends) == 0 && fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) > 0, "no pipe");
  const int saved = dup(2);
  dup2(ends[1], 2);
  const bool done = mi_profile_dump(NULL);
  dup2(saved, 2);
  REQUIRE(done && read(ends[0], all, sizeof all - 1) > 0, "nothing");
  REQUIRE(strncmp(all, "heap profile: 0: 0 [0: 0] @ heapprofile\n", 40) == 0, "%.50s", all);
}
