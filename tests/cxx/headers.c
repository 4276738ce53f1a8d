/* headers.c -- mimalloc's four headers in C and in C++, in each standard, free of warnings: what they declare can be called,
 * and the C library's headers may come before and after. Built only, not run. */
#include <string.h>

#include <mimalloc.h>

#include <mimalloc-new-delete.h>
#include <mimalloc-stats.h>

#include <stdlib.h>

#include <mimalloc-override.h>

#include <stdio.h>
#include <wchar.h>

int use(void);

static bool mi_cdecl visit(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t size, void* arg) {
  (void)heap, (void)area, (void)block, (void)arg;
  return size != 0;
}

#ifdef __cplusplus
static_assert(noexcept(mi_free(0)) && noexcept(mi_heap_malloc(0, 1)) && !noexcept(mi_new(1)), "as mimalloc's");
#endif

static void count_line(const char* line, void* arg) { *(size_t*)arg += strlen(line); }

int use(void) {
  size_t letters = 0;
  size_t rss = 0;
  mi_heap_t* const heap = mi_heap_new();
  char* p = (char*)malloc(10);
  char* q = (char*)mi_heap_malloc(heap, MI_SMALL_SIZE_MAX);
  int version = MI_MALLOC_VERSION - mi_version();
  p = (char*)realloc(p, mi_good_size(100));
  mi_option_set_enabled(mi_option_verbose, mi_option_is_enabled(mi_option_verbose));
  mi_process_info(NULL, NULL, NULL, &rss, NULL, NULL, NULL, NULL);
  mi_stats_print_out(count_line, &letters);
  mi_heap_visit_blocks(heap, true, visit, NULL);
  free(p);
  mi_free(q);
  mi_heap_destroy(heap);
  return version == 0 && rss > 0 && letters > 0;
}
