/* reserve_at_start.c -- MICA_RESERVE_OS_MEMORY, MICA_RESERVE_HUGE_OS_PAGES and MICA_DISALLOW_OS_ALLOC: the memory is there when
 * main begins, is used, and nothing beyond it is. Huge pages are real where the system has them; else ordinary memory does.
 *
 * Runs itself again with these in the environment. */

#include <errno.h>
#include <mica.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "segment/arena.h"
#include "segment/reserve.h"
#include "tests/support/check.h"
#include "tests/support/hang.h"

#define MiB ((size_t)1 << 20)

/* Slices' worth of blocks of 1 MiB until there are no more, all of them written. How much lies in the reservation goes to
 * *inside. A block is a little smaller, so that 16 slices hold it. */
static size_t take_all(mi_arena_id_t id, size_t most, size_t* inside) {
  size_t sum = 0;
  *inside = 0;
  for (void **list = NULL, **p; sum < most; list = p, sum += MiB) {
    p = malloc(MiB - 64);
    if (p == NULL) {
      CHECK(errno == ENOMEM);
      return sum;
    }
    memset(p, 1, MiB - 64);
    *p = list;
    if (mi_arena_contains(id, p)) *inside += MiB;
  }
  return sum;
}

/* 500 MiB reserved, and nothing else allowed: of the arena that was there before the options were read some is used, too. */
static int only_what_is_reserved(void) {
  size_t size = 0, inside = 0;
  mi_arena_id_t id = mica_reserve_id(1);
  CHECK(mi_arena_area(id, &size) != NULL && size == 500 * MiB);
  const size_t mapped = mica_mapped_bytes();
  const size_t sum = take_all(id, SIZE_MAX, &inside);
  CHECK(inside >= 460 * MiB && sum <= mapped && sum - inside <= 256 * MiB);
  CHECK(mica_mapped_bytes() == mapped);
  CHECK(malloc(300 * MiB) == NULL && errno == ENOMEM);
  return 0;
}

static int huge_pages(void) {
  size_t size = 0, inside = 0;
  mi_arena_id_t id = mica_reserve_id(1);
  CHECK(mi_arena_area(id, &size) != NULL && size == 1024 * MiB);
  take_all(id, 400 * MiB, &inside);
  CHECK(inside >= 100 * MiB);
  size_t pages = 77;
  CHECK(mi_reserve_huge_os_pages(1, 1.0, &pages) == 0 && pages <= 1);
  const unsigned arenas = mica_arena_count();
  CHECK(mi_reserve_huge_os_pages_interleave(1, 2, 100) == 0 && mica_arena_count() == arenas + 4);
  CHECK(mi_reserve_huge_os_pages_at(1, 0, 100) == 0 && mica_arena_count() == arenas + 8);
  return 0;
}

static void run(const char* program, const char* what, const char* name, const char* value) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    hang_limit();
    setenv("MICA_SHOW_ERRORS", "0", 1);
    setenv(name, value, 1);
    if (*what == 'o') setenv("MICA_DISALLOW_OS_ALLOC", "1", 1);
    execl(program, program, what, (char*)NULL);
    _exit(3);
  }
  int result = -1;
  CHECK(waitpid(pid, &result, 0) == pid);
  CHECK(WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

int main(int argc, char** argv) {
  if (argc == 2) return *argv[1] == 'o' ? only_what_is_reserved() : huge_pages();
  run(argv[0], "only", "MICA_RESERVE_OS_MEMORY", "500M");
  run(argv[0], "huge", "MICA_RESERVE_HUGE_OS_PAGES", "1");
  SHOWN("reserve_at_start: what is reserved at start is used, huge pages or not, and nothing beyond where that is "
        "forbidden");
  return 0;
}
