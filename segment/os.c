/* os.c -- every system call that mica makes for memory, and nothing else.
 *
 * Invariants: errno is the same before and after; a refused munmap leaves the range on `refused`, linked through its own
 * first bytes, until a later call gets it unmapped. */
#include "segment/os.h"

#include "base/geometry.h"
#include "base/track.h"
#include "observe/counters.h"
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

typedef struct range_s {
  struct range_s* next;
  size_t size;
} range_t;

typedef range_t list_item_t;
#define LIST_NEXT(range) ((range)->next)
#include "base/push_list.h"

enum { BELOW_TRIES = 3, BELOW_TRIES_LAST = 64 };
enum { PLACE_PART = 8 };             /* of the addresses below the stack, that much is left to the system */
enum { HUGE_2M = 21, HUGE_1G = 30 }; /* sizes of huge OS pages, as powers of two */

#define PLACE_MOST ((uintptr_t)1 << 47) /* above, nothing is ours */

static _Atomic(mica_os_fault_t*) fault_hook; /* [F3] */
static _Atomic(mica_os_clock_t*) clock_hook; /* [F3] */
static _Atomic(range_t*) refused;

void mica_os_set_fault(mica_os_fault_t* fault) {
  atomic_store_explicit(&fault_hook, fault, memory_order_relaxed); /* relaxed: set by a test before its threads start */
}

static bool faulty(mica_os_call_t call) {
  mica_os_fault_t* hook = atomic_load_explicit(&fault_hook, memory_order_relaxed); /* relaxed: as above */
  return hook != NULL && hook(call);
}

/* The kernel tells every process, in memory that is there before any code runs: no state is needed to ask seldom. */
size_t mica_os_page(void) {
  const int saved = errno;
  const size_t page = getauxval(AT_PAGESZ);
  errno = saved;
  return page != 0 ? page : MICA_OS_PAGE;
}

static void* sys_mmap_counted(void* addr, size_t size, int flags) {
  if (faulty(MICA_OS_MMAP)) return NULL;
  const int saved = errno;
  mica_count(MICA_COUNTER_MMAP, 1);
  void* p = mmap(addr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  errno = saved;
  return p == MAP_FAILED ? NULL : p;
}

static void* sys_mmap(void* addr, size_t size, int flags) {
  return sys_mmap_counted(addr, size, MAP_NORESERVE | flags);
}

static bool sys_munmap(void* addr, size_t size) {
  if (faulty(MICA_OS_MUNMAP)) return false;
  const int saved = errno;
  mica_count(MICA_COUNTER_MUNMAP, 1);
  const bool ok = munmap(addr, size) == 0;
  errno = saved;
  return ok;
}

static void refuse(range_t* range, size_t size) {
  range->size = size;
  list_push(&refused, range);
}

/* Tries the refused ranges once more. */
static void retry_refused(void) {
  range_t* range = list_take(&refused);
  while (range != NULL) {
    range_t* next = range->next;
    const size_t size = range->size;
    if (!sys_munmap(range, size)) refuse(range, size);
    range = next;
  }
}

bool mica_os_map_at(void* addr, size_t size) {
  retry_refused();
  void* p = sys_mmap(addr, size, MAP_FIXED_NOREPLACE);
  if (p == NULL || p == addr) return p != NULL;
  mica_os_unmap(p, size); /* a kernel that takes the address for a hint */
  return false;
}

static uintptr_t align_down(uintptr_t a, size_t align, size_t offset) { return ((a + offset) & ~(align - 1)) - offset; }

/* The address that the kernel chose was not aligned: the aligned ones below it are most likely free. */
static void* map_below(uintptr_t near, size_t size, size_t align, size_t offset, int tries) {
  uintptr_t at = align_down(near, align, offset);
  for (int i = 0; i < tries && at > align && at < near + align; i++, at -= align)
    if (mica_os_map_at((void*)at, size)) return (void*)at;
  return NULL;
}

/* More than needed, and the ends given back. */
static void* map_and_trim(size_t size, size_t align, size_t offset) {
  if (size > SIZE_MAX - align) return NULL;
  char* p = sys_mmap(NULL, size + align, 0);
  if (p == NULL) return NULL;
  char* at = (char*)align_down((uintptr_t)p + align - 1, align, offset);
  if (at < p) at += align;
  const size_t head = (size_t)(at - p), tail = align - head;
  if (head != 0) mica_os_unmap(p, head);
  if (tail != 0) mica_os_unmap(at + size, tail);
  return at;
}

uintptr_t mica_os_place(void) {
  if (MICA_TRACKED) return 0;
  const char here = 0; /* on a stack: near the top of what addresses there are */
  const uintptr_t stack = (uintptr_t)&here, at = stack < PLACE_MOST ? stack : PLACE_MOST, part = at / PLACE_PART;
  /* What the system's choice of addresses is made of, stirred: the same in no two processes, unless it makes no choice. */
  const uint64_t stirred = (at ^ (uintptr_t)&fault_hook) / MICA_OS_PAGE * UINT64_C(0x9e3779b97f4a7c15);
  return at - part - (uintptr_t)(stirred >> 16) % part;
}

void* mica_os_map(uintptr_t near, size_t size, size_t align, size_t offset) {
  retry_refused();
  void* p = sys_mmap((void*)near, size, 0);
  if (p == NULL) return NULL;
  if ((((uintptr_t)p + offset) & (align - 1)) == 0) return p;
  mica_os_unmap(p, size);
  void* at = map_below((uintptr_t)p, size, align, offset, BELOW_TRIES);
  if (at == NULL) at = map_and_trim(size, align, offset);
  return at != NULL ? at : map_below((uintptr_t)p, size, align, offset, BELOW_TRIES_LAST);
}

/* Addresses are found for ordinary memory first. Another thread may map there meanwhile. */
void* mica_os_map_kind(size_t size, size_t align, mica_os_kind_t kind) {
  static const int flags[] = {MAP_NORESERVE, 0, MAP_HUGETLB | HUGE_2M << MAP_HUGE_SHIFT,
                              MAP_HUGETLB | HUGE_1G << MAP_HUGE_SHIFT};
  void* addr = mica_os_map(0, size, align, 0);
  if (addr == NULL || kind == MICA_OS_ORDINARY) return addr;
  mica_os_unmap(addr, size);
  void* p = sys_mmap_counted(addr, size, MAP_FIXED_NOREPLACE | flags[kind]);
  if (p == NULL || p == addr) return p;
  mica_os_unmap(p, size);
  return NULL;
}

void mica_os_unmap(void* addr, size_t size) {
  if (!mica_os_try_unmap(addr, size)) refuse(addr, size);
}

bool mica_os_try_unmap(void* addr, size_t size) {
  mica_track_leave(addr, size); /* whoever maps it next knows nothing of us */
  return sys_munmap(addr, size);
}

static bool sys_madvise(void* addr, size_t size, int advice) {
  if (faulty(MICA_OS_MADVISE)) return false;
  const int saved = errno;
  mica_count(MICA_COUNTER_MADVISE, 1);
  const bool ok = madvise(addr, size, advice) == 0;
  errno = saved;
  return ok;
}

bool mica_os_purge(void* addr, size_t size) { return sys_madvise(addr, size, MADV_DONTNEED); }

bool mica_os_advise_huge(void* addr, size_t size) { return sys_madvise(addr, size, MADV_HUGEPAGE); }

bool mica_os_allow(void* addr, size_t size) {
  if (faulty(MICA_OS_MPROTECT)) return false;
  const int saved = errno;
  const bool ok = mprotect(addr, size, PROT_READ | PROT_WRITE) == 0;
  errno = saved;
  return ok;
}

static void* sys_mremap(void* from, size_t size, size_t new_size, int flags, void* to) {
  const int saved = errno;
  if (faulty(MICA_OS_MREMAP)) {
    if ((flags & MREMAP_FIXED) != 0) munmap(to, new_size);
    errno = saved;
    return NULL;
  }
  mica_count(MICA_COUNTER_MREMAP, 1);
  void* p = mremap(from, size, new_size, flags, to);
  errno = saved;
  return p == MAP_FAILED ? NULL : p;
}

bool mica_os_extend(void* addr, size_t size, size_t new_size) {
  return sys_mremap(addr, size, new_size, 0, NULL) != NULL;
}

void* mica_os_move_away(void* from, size_t size, void* near) {
  return sys_mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, near);
}

bool mica_os_move_onto(void* from, size_t size, void* to, size_t more_size) {
  return sys_mremap(from, size, more_size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != NULL;
}

bool mica_os_is_mapped(void* at) {
  const int saved = errno;
  const size_t page = mica_os_page();
  const uintptr_t start = (uintptr_t)at & ~(page - 1);
  const bool mapped = madvise((void*)start, page, MADV_NORMAL) == 0 || errno != ENOMEM;
  errno = saved;
  return mapped;
}

mica_os_renewed_t mica_os_renew(void* addr, size_t size, bool large) {
  const bool renewed = sys_mmap(addr, size, MAP_FIXED) != NULL;
  if (!renewed && mica_os_is_mapped(addr)) return MICA_OS_UNCHANGED;
  if (!renewed && !mica_os_map_at(addr, size)) return MICA_OS_GONE;
  if (large) mica_os_advise_huge(addr, size);
  return MICA_OS_RENEWED;
}

void mica_os_set_clock(mica_os_clock_t* clock) {
  atomic_store_explicit(&clock_hook, clock, memory_order_relaxed); /* relaxed: as fault_hook */
}

uint64_t mica_os_clock(void) {
  struct timespec t;
  mica_os_clock_t* hook = atomic_load_explicit(&clock_hook, memory_order_relaxed); /* relaxed: as fault_hook */
  if (hook != NULL) return hook();
  if (clock_gettime(CLOCK_MONOTONIC_COARSE, &t) != 0) return 0;
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
