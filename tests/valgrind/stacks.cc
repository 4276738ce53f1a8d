/* stacks.cc -- a function for each way to get a block, by_NAME for NAME; each block is lost. Others are read after
 * they were freed, by freed_NAME. Run by stacks.py, which looks at where the stacks of the reports begin. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <mica.h>
#include <new>

#define APART __attribute__((noinline))
#define BY(name, expression) \
  APART static void by_##name() { \
    for (int i = 0; i < 3; i++) lose(expression); \
  }

/* Nothing refers to it any more. */
APART static void lose(void* p) {
  if (p == nullptr) std::abort();
  memset(p, 1, 10);
}

BY(malloc, malloc(100))
BY(calloc, calloc(10, 10))
BY(realloc, realloc(malloc(10), 200))
BY(aligned_alloc, aligned_alloc(64, 128))
BY(memalign, memalign(64, 100))
BY(mi_malloc, mi_malloc(100))
BY(mi_calloc, mi_calloc(10, 10))
BY(mi_zalloc, mi_zalloc(1000))
BY(mi_realloc, mi_realloc(mi_malloc(10), 200))
BY(mi_memalign, mi_memalign(64, 100))
BY(mi_new, mi_new(100))

APART static void by_posix_memalign() {
  for (int i = 0; i < 3; i++) {
    void* p = nullptr;
    if (posix_memalign(&p, 64, 200) == 0) lose(p);
  }
}
APART static void by_mi_posix_memalign() {
  for (int i = 0; i < 3; i++) {
    void* p = nullptr;
    if (mi_posix_memalign(&p, 64, 200) == 0) lose(p);
  }
}
BY(operator_new, ::operator new(100))
BY(operator_new_array, ::operator new[](100))
BY(operator_new_nothrow, ::operator new(100, std::nothrow))
BY(operator_new_array_nothrow, ::operator new[](100, std::nothrow))
BY(operator_new_aligned, ::operator new(100, std::align_val_t(64)))

static volatile int read_value;
#define FREED(name, expression) \
  APART static void freed_##name(void* p) { \
    expression; \
    __asm__ volatile("" : "+r"(p)); \
    read_value = *(volatile char*)p; \
  }
FREED(free, free(p))
FREED(realloc, lose(realloc(p, 5000)))
FREED(mi_free, mi_free(p))
FREED(operator_delete, ::operator delete(p))
FREED(operator_delete_array, ::operator delete[](p))

int main() {
  by_malloc(), by_calloc(), by_realloc(), by_aligned_alloc(), by_memalign(), by_posix_memalign();
  by_mi_malloc(), by_mi_calloc(), by_mi_zalloc(), by_mi_realloc(), by_mi_memalign(), by_mi_posix_memalign(),
      by_mi_new();
  by_operator_new(), by_operator_new_array(), by_operator_new_nothrow(), by_operator_new_array_nothrow();
  by_operator_new_aligned();
  /* Of other sizes, and beside one that stays: memcheck names the block that was freed first at an address. */
  static void* volatile beside[] = {malloc(300), malloc(700), malloc(1500), malloc(3000)};
  (void)beside;
  freed_free(malloc(100));
  freed_realloc(malloc(300));
  freed_mi_free(mi_malloc(700));
  freed_operator_delete(::operator new(1500));
  freed_operator_delete_array(::operator new[](3000));
  volatile char room[4096]; /* no pointer is left on the stack */
  for (size_t i = 0; i < sizeof room; i++) room[i] = 0;
  return 0;
}
