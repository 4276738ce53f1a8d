/* profile_unwinder.cc -- samples that are taken while the program's unwinder allocates: for an exception, and for the table
 * of code that a program registers by itself, which it makes under a lock of its own. A sample that asked the same unwinder
 * would wait for ever. */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <link.h>
#include <mica.h>

#include "tests/support/check.h"
#include "tests/support/hang.h"

extern "C" {
extern void __register_frame(void* begin);
extern void __deregister_frame(void* begin);
}

/* The table of the program itself, which ends with a zero: by its index, whose second word leads there. */
static int find(struct dl_phdr_info* info, size_t size, void* arg) {
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_GNU_EH_FRAME) continue;
    const unsigned char* const index =
        reinterpret_cast<const unsigned char*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    int32_t distance;
    __builtin_memcpy(&distance, index + 4, sizeof distance);
    if (index[1] == 0x1b) *static_cast<void**>(arg) = const_cast<unsigned char*>(index + 4 + distance);
    return 1;
  }
  return 0;
}

struct thing {
  char bytes[200];
};

static __attribute__((noinline)) void raise_it(unsigned levels) {
  if (levels == 0) throw thing();
  char* const held = static_cast<char*>(malloc(10));
  try {
    raise_it(levels - 1);
  } catch (...) {
    free(held);
    throw;
  }
}

static void catch_it() {
  bool caught = false;
  try {
    raise_it(20);
  } catch (const thing&) {
    caught = true;
  }
  CHECK(caught);
}

static size_t samples() {
  mi_profile_sums_t sums;
  CHECK(mi_profile_sums(&sums, sizeof sums));
  return sums.samples;
}

int main() {
  void* table = nullptr;
  dl_iterate_phdr(find, &table);
  if (!mi_profile_start(1)) {
    SHOWN("this build does not profile");
    return 0;
  }
  hang_limit();
  alarm(120);
  const size_t first = samples();
  catch_it();
  CHECK(samples() >= first + 21); /* the exception, and what was held */
  if (table != nullptr) {
    const size_t before = samples();
    __register_frame(table);
    const size_t registered = samples();
    catch_it(); /* sorts the table, in memory from malloc */
    CHECK(registered > before && samples() >= registered + 22);
    __deregister_frame(table);
  }
  mi_profile_stop();
  SHOWN("samples while the unwinder allocates");
  return 0;
}
