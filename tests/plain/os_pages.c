/* os_pages.c -- OS pages of 4, 16 and 64 KiB: this program's calls of the system are answered as a kernel with such pages does.
 *
 * The linker leads mica's calls here (--wrap, tests/CMakeLists.txt). An address that is no multiple of the OS page is EINVAL, a
 * length is rounded up, and what is mapped begins with an OS page. Huge blocks grow in place, move, fail to move, and shrink;
 * alignments above a window, theaps, a visit and giving back: all without one call that is refused for its address. The
 * pages of the machine itself are the smallest that can be had. */

#include <errno.h>
#include <mica.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "heap/tracked.h"
#include "tests/support/check.h"
#include "tests/support/hang.h"
#include "tests/support/pattern.h"

#define MiB ((size_t)1 << 20)
enum { STEP = 3000, THREADS = 4, HEAP_BLOCKS = 3000 };
enum { PARTS = 1000, PART = 20000 }; /* many in a page that is larger than any OS page */

/* ---- the system ---- */

void* __real_mmap(void* addr, size_t size, int rights, int flags, int file, off_t offset);
int __real_munmap(void* addr, size_t size);
void* __real_mremap(void* from, size_t size, size_t new_size, int flags, ...);
int __real_madvise(void* addr, size_t size, int advice);
int __real_mprotect(void* addr, size_t size, int rights);
unsigned long __real_getauxval(unsigned long type);
long __real_sysconf(int name);

void* __wrap_mmap(void* addr, size_t size, int rights, int flags, int file, off_t offset);
int __wrap_munmap(void* addr, size_t size);
void* __wrap_mremap(void* from, size_t size, size_t new_size, int flags, ...);
int __wrap_madvise(void* addr, size_t size, int advice);
int __wrap_mprotect(void* addr, size_t size, int rights);
unsigned long __wrap_getauxval(unsigned long type);
long __wrap_sysconf(int name);

static size_t page = 65536; /* the first mappings are made before main */
static unsigned misplaced, extended, moved, looked;
static bool moves_fail; /* to a fixed address */

static size_t whole(size_t size) { return (size + page - 1) & ~(page - 1); }

static bool begins_page(const void* addr) {
  if (((uintptr_t)addr & (page - 1)) == 0) return true;
  misplaced++;
  errno = EINVAL;
  return false;
}

/* Of a larger mapping only the part that begins with an OS page stays. */
static void* map_anywhere(size_t size, int rights, int flags, int file, off_t offset) {
  char* p = __real_mmap(NULL, size + page, rights, flags, file, offset);
  if (p == MAP_FAILED) return p;
  char* at = (char*)whole((uintptr_t)p);
  if (at != p) __real_munmap(p, (size_t)(at - p));
  if (p + page != at) __real_munmap(at + size, (size_t)(p + page - at));
  return at;
}

/* An address that is only wished for is rounded, and another one may come of it. */
void* __wrap_mmap(void* addr, size_t size, int rights, int flags, int file, off_t offset) {
  const bool fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  if (fixed && !begins_page(addr)) return MAP_FAILED;
  void* at =
      addr == NULL ? MAP_FAILED : __real_mmap((void*)whole((uintptr_t)addr), whole(size), rights, flags, file, offset);
  if (fixed || (at != MAP_FAILED && ((uintptr_t)at & (page - 1)) == 0)) return at;
  if (at != MAP_FAILED) __real_munmap(at, whole(size));
  return map_anywhere(whole(size), rights, flags, file, offset);
}

int __wrap_munmap(void* addr, size_t size) { return begins_page(addr) ? __real_munmap(addr, whole(size)) : -1; }
int __wrap_madvise(void* addr, size_t size, int advice) {
  if (advice == MADV_NORMAL) looked++;
  return begins_page(addr) ? __real_madvise(addr, whole(size), advice) : -1;
}
int __wrap_mprotect(void* addr, size_t size, int rights) {
  return begins_page(addr) ? __real_mprotect(addr, whole(size), rights) : -1;
}

static void* free_address(size_t size) {
  void* p = map_anywhere(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p != MAP_FAILED) __real_munmap(p, size);
  return p;
}

void* __wrap_mremap(void* from, size_t size, size_t new_size, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  void* to = va_arg(rest, void*);
  va_end(rest);
  const bool fixed = (flags & MREMAP_FIXED) != 0;
  if (!begins_page(from) || (fixed && !begins_page(to))) return MAP_FAILED;
  if (fixed && moves_fail) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  if (!fixed && (flags & MREMAP_MAYMOVE) != 0) { /* the machine takes the hint, and has none of its own that would do */
    if (!begins_page(to)) return MAP_FAILED;
    if (to == NULL) to = free_address(whole(new_size));
  }
  char* at = __real_mremap(from, whole(size), whole(new_size), flags, to);
  if (at == MAP_FAILED) return at;
  if (flags == 0) extended++;
  if (fixed) moved++;
  return at;
}

unsigned long __wrap_getauxval(unsigned long type) { return type == AT_PAGESZ ? page : __real_getauxval(type); }
long __wrap_sysconf(int name) { return name == _SC_PAGESIZE ? (long)page : __real_sysconf(name); }

/* ---- what is done with it ---- */

static bool is_aligned(const void* p, size_t align, size_t offset) { return ((uintptr_t)p + offset) % align == 0; }

static void* resized(void* p, size_t from, size_t to, unsigned seed) {
  void* q = realloc(p, to);
  CHECK(q != NULL && pattern_kept(q, from < to ? from : to, STEP, seed, false));
  pattern_set(q, to, STEP, seed);
  return q;
}

/* Addresses that a mapping has left are free, so it can have them again. */
static void grow_and_shrink(void) {
  void* p = malloc(400 * MiB);
  CHECK(p != NULL);
  pattern_set(p, 400 * MiB, STEP, 1);
  p = resized(p, 400 * MiB, 280 * MiB, 1);
  const unsigned before = extended;
  void* q = resized(p, 280 * MiB, 400 * MiB, 1);
  CHECK(MICA_ALWAYS_MOVES || (q == p && extended == before + 1));
  free(q);
}

/* Two that grow by turns stand in one another's way. */
static void move(bool fail) {
  const unsigned before = moved, looked_before = looked;
  void* p[2] = {aligned_alloc(8192, 5 * MiB), malloc(5 * MiB)}; /* one begins within a larger OS page */
  for (unsigned i = 0; i < 2; i++) pattern_set(p[i], 5 * MiB, STEP, i);
  moves_fail = fail;
  for (size_t size = 5 * MiB; size < 100 * MiB; size += size / 2)
    for (unsigned i = 0; i < 2; i++) p[i] = resized(p[i], size, size + size / 2, i);
  moves_fail = false;
  for (unsigned i = 0; i < 2; i++) free(p[i]);
  CHECK(MICA_ALWAYS_MOVES || (fail ? looked > looked_before : moved > before));
}

static void align(void) {
  for (size_t alignment = page; alignment <= 1024 * MiB; alignment *= 4) {
    for (size_t offset = 0; offset < 70000; offset = offset * 3 + 16) {
      void* p = mi_malloc_aligned_at(3 * MiB, alignment, offset);
      CHECK(alignment > 256 * MiB || p != NULL); /* above that, some offsets cannot be had */
      CHECK(p == NULL || is_aligned(p, alignment, offset));
      mi_free(p);
    }
  }
  void *p = valloc(100), *q = mi_pvalloc(page + 1);
  CHECK(is_aligned(p, page, 0) && is_aligned(q, page, 0) && mi_usable_size(q) >= 2 * page);
  free(p);
  free(q);
}

static void* in_a_thread(void* unused) {
  for (size_t size = 1; size < 4 * MiB; size *= 5) {
    void* p = calloc(1, size);
    CHECK(p != NULL && all_zero(p, size));
    pattern_set(p, size, STEP, 3);
    free(p);
  }
  return unused;
}

static void threads(void) {
  pthread_t thread[THREADS];
  for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, in_a_thread, NULL) == 0);
  for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_join(thread[i], NULL) == 0);
}

static bool count(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* n) {
  (void)heap, (void)area, (void)size;
  *(unsigned*)n += block != NULL;
  return true;
}

static void visit(void) {
  mi_heap_t* heap = mi_heap_new();
  unsigned n = 0;
  for (unsigned i = 0; i < HEAP_BLOCKS; i++) CHECK(mi_heap_malloc(heap, i % 3 == 0 ? 100000 : 100) != NULL);
  CHECK(mi_heap_visit_blocks(heap, true, count, &n) && n == HEAP_BLOCKS);
  mi_heap_destroy(heap);
}

static bool is_vacant(const void* p) {
  mica_where_t where = {.size = sizeof where};
  return mica_where(p, &where) && where.state == MICA_WHERE_VACANT;
}

/* One block in 20 stays. What goes back beside it is whole OS pages. */
static void give_back_parts(void) {
  static char* blocks[PARTS];
  unsigned vacant = 0;
  for (unsigned i = 0; i < PARTS; i++) pattern_set(blocks[i] = malloc(PART), PART, STEP, i);
  for (unsigned i = 0; i < PARTS; i++)
    if (i % 20 != 0) free(blocks[i]);
  mi_collect(true);
  for (unsigned i = 0; i < PARTS; i++) vacant += is_vacant(blocks[i]);
  CHECK(vacant > PARTS / 4);
  for (unsigned i = 0; i < PARTS; i++) {
    CHECK(i % 20 != 0 || pattern_kept(blocks[i], PART, STEP, i, true));
    if (i % 20 != 0) pattern_set(blocks[i] = malloc(PART), PART, STEP, i);
  }
  for (unsigned i = 0; i < PARTS; i++) {
    CHECK(pattern_kept(blocks[i], PART, STEP, i, true));
    free(blocks[i]);
  }
}

static void work(void) {
  grow_and_shrink();
  move(false);
  move(true);
  align();
  threads();
  visit();
  give_back_parts();
  mi_collect(true);
  in_a_thread(NULL);
  CHECK(misplaced == 0);
}

int main(void) {
  static const size_t sizes[] = {65536, 16384, 4096};
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    if (sizes[i] < (size_t)getpagesize()) continue;
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
      hang_limit();
      page = sizes[i];
      work();
      _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  SHOWN("OS pages of 4, 16 and 64 KiB");
  return 0;
}
