/* test_arenas.c -- memory brought along, and huge OS pages asked for where there may be none: by the calls that give no id. */
#define _GNU_SOURCE 1
#include "stats/usage.h"
#include <criterion/criterion.h>
#include <mica.h>
#include <sys/mman.h>

#include "tests/support/errno_mark.h"
#include "tests/support/pointers.h"

#define MiB ((size_t)1 << 20)
enum { BLOCKS = 2000 };

static void quiet(void) { mi_option_disable(mi_option_show_errors); }

TestSuite(arenas_by_call, .init = quiet);

/* An address at the beginning of a window, with addresses behind it that nobody has. */
static char* window(size_t size) {
  char* const map = mmap(NULL, 512 * MiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  cr_assert_neq((void*)map, MAP_FAILED);
  char* const start = map + (256 * MiB - (uintptr_t)map % (256 * MiB)) % (256 * MiB);
  cr_assert_eq(mprotect(start, size, PROT_READ | PROT_WRITE), 0);
  return start;
}

Test(arenas_by_call, memory_brought_along_is_given_out_once) {
  static void* blocks[BLOCKS];
  const size_t size = 64 * MiB;
  char* const start = window(size);
  KEEPS_ERRNO(cr_assert(mi_manage_os_memory(start, size, true, true, true, -1)));
  cr_assert(mi_is_in_heap_region(start + 8 * MiB));
  KEEPS_ERRNO(cr_assert_not(mi_manage_os_memory(start, size, true, true, true, -1), "it is mica's already"));
  size_t within = 0;
  for (size_t i = 0; i < BLOCKS; i++) {
    char* const p = blocks[i] = opaque(mi_zalloc(MiB));
    cr_assert(p != NULL && p[0] == 0 && p[MiB - 1] == 0);
    p[0] = p[MiB - 1] = 1;
    within += p >= start && p < start + size;
  }
  cr_assert_geq(within, (size_t)48, "%zu blocks of 1 MiB are from the 64 MiB", within);
  for (size_t i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
}

Test(arenas_by_call, memory_without_a_whole_segment_is_refused) {
  char* const start = window(16 * MiB);
  KEEPS_ERRNO(cr_assert_not(mi_manage_os_memory(start + MiB, 2 * MiB, true, false, true, 0)));
  cr_assert_not(mi_is_in_heap_region(start + MiB));
}

Test(arenas_by_call, huge_os_pages_over_all_nodes_are_had_or_replaced) {
  const size_t before = mica_usage().mapped;
  int said = -1;
  KEEPS_ERRNO(said = mi_reserve_huge_os_pages_interleave(0, 2, 100));
  cr_assert_eq(said, 0, "no pages are no failure");
  cr_assert_eq(mica_usage().mapped, before);
  KEEPS_ERRNO(said = mi_reserve_huge_os_pages_interleave(1, 2, 100));
  cr_assert_eq(said, 0);
  cr_assert_geq(mica_usage().mapped, before + 1024 * MiB, "1 GiB is reserved");
}
