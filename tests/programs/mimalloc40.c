/* mimalloc40.c -- a program written to mimalloc: it includes its header alone and uses more than 40 of its functions, those
 * that its versions 2 and 3 have in common. It prints what it did, the same every time, and ends with 1 if something was
 * not so.
 *
 * mimalloc40.sh compiles it against mica's header, and against mimalloc's where that is installed. */
#include <mimalloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures;

#define EXPECT(condition) \
  do { \
    if (!(condition)) { \
      printf("line %d: not so: %s\n", __LINE__, #condition); \
      failures++; \
    } \
  } while (0)

static int all(const void* p, unsigned char byte, size_t n) {
  const unsigned char* bytes = p;
  for (size_t i = 0; i < n; i++)
    if (bytes[i] != byte) return 0;
  return 1;
}

static int aligned(const void* p, size_t alignment, size_t offset) {
  return p != NULL && ((uintptr_t)p + offset) % alignment == 0;
}

/* ---- options and hooks ---- */

static size_t output_bytes, deferred;
static int last_error;

static void on_output(const char* msg, void* arg) { *(size_t*)arg += strlen(msg); }

static void on_error(int error, void* arg) { *(int*)arg = error; }

static void on_deferred(bool force, unsigned long long heartbeat, void* arg) {
  (void)force, (void)heartbeat;
  ++*(size_t*)arg;
}

static void options_and_hooks(void) {
  EXPECT(mi_version() > 0);
  mi_register_output(on_output, &output_bytes);
  mi_register_error(on_error, &last_error);
  mi_register_deferred_free(on_deferred, &deferred);
  mi_option_disable(mi_option_show_errors);
  EXPECT(!mi_option_is_enabled(mi_option_show_errors));
  mi_option_set(mi_option_max_warnings, 5);
  EXPECT(mi_option_get(mi_option_max_warnings) == 5);
  mi_option_set_enabled(mi_option_verbose, false);
  mi_option_set_default(mi_option_max_errors, 100);
  printf("options and hooks\n");
}

/* ---- blocks ---- */

typedef struct point_s {
  int x, y;
} point_t;

static void blocks(void) {
  point_t* point = mi_malloc_tp(point_t);
  point_t* points = mi_calloc_tp(point_t, 100);
  EXPECT(point != NULL && points != NULL && all(points, 0, 100 * sizeof *points));
  for (int i = 0; i < 100; i++) points[i] = (point_t){i, -i};
  points = mi_reallocn(points, 1000, sizeof *points);
  EXPECT(points[99].x == 99 && points[99].y == -99);
  points = mi_reallocf(points, 10 * sizeof *points);
  EXPECT(points[9].x == 9);
  EXPECT(mi_usable_size(points) >= 10 * sizeof *points);
  mi_free(points);
  mi_free_size(point, sizeof *point);

  char* text = mi_zalloc(300);
  EXPECT(all(text, 0, 300));
  memset(text, 'a', 300);
  text = mi_rezalloc(text, 5000);
  EXPECT(all(text, 'a', 300) && all(text + mi_good_size(300), 0, 5000 - mi_good_size(300)));
  text = mi_recalloc(text, 2000, 10);
  EXPECT(all(text, 'a', 300) && all(text + 5000, 0, 15000));
  EXPECT(mi_expand(text, 10000) == text);
  mi_free(text);

  void* p = mi_malloc_small(100);
  void* q = mi_zalloc_small(100);
  EXPECT(all(q, 0, 100));
  mi_free(p);
  mi_free(q);
  p = mi_mallocn(100, 100);
  p = mi_reallocarray(p, 200, 100);
  EXPECT(p != NULL && mi_is_in_heap_region(p) && !mi_is_in_heap_region(&p));
  p = mi_realloc(p, 0);
  mi_free(p);
  p = mi_new_nothrow(100);
  EXPECT(p != NULL);
  mi_free(p);
  volatile size_t half = SIZE_MAX / 2 + 1;
  EXPECT(mi_calloc(half, 2) == NULL && mi_mallocn(2, half) == NULL);
  printf("blocks\n");
}

/* ---- aligned blocks ---- */

static void aligned_blocks(void) {
  for (size_t alignment = 8; alignment <= 65536; alignment *= 2) {
    char* p = mi_malloc_aligned(1000, alignment);
    EXPECT(aligned(p, alignment, 0));
    memset(p, 'b', 1000);
    p = mi_realloc_aligned(p, 9000, alignment);
    EXPECT(aligned(p, alignment, 0) && all(p, 'b', 1000));
    mi_free_aligned(p, alignment);
    p = mi_zalloc_aligned(1000, alignment);
    EXPECT(aligned(p, alignment, 0) && all(p, 0, 1000));
    mi_free_size_aligned(p, 1000, alignment);
    p = mi_malloc_aligned_at(1000, alignment, 24);
    EXPECT(aligned(p, alignment, 24));
    mi_free(p);
    p = mi_calloc_aligned(10, 100, alignment);
    EXPECT(aligned(p, alignment, 0) && all(p, 0, 1000));
    p = mi_recalloc_aligned(p, 20, 100, alignment);
    EXPECT(aligned(p, alignment, 0) && all(p, 0, 2000));
    p = mi_rezalloc_aligned(p, 50000, alignment);
    EXPECT(aligned(p, alignment, 0) && all(p, 0, 50000));
    mi_free(p);
    p = mi_memalign(alignment, 100);
    EXPECT(aligned(p, alignment, 0));
    mi_free(p);
    p = mi_aligned_alloc(alignment, alignment);
    EXPECT(aligned(p, alignment, 0));
    mi_free(p);
    void* q = NULL;
    EXPECT(mi_posix_memalign(&q, alignment, 100) == 0 && aligned(q, alignment, 0));
    mi_free(q);
  }
  void* p = mi_valloc(100);
  void* q = mi_pvalloc(100);
  EXPECT(aligned(p, 4096, 0) && aligned(q, 4096, 0) && mi_usable_size(q) >= 4096);
  mi_free(p);
  mi_free(q);
  printf("aligned blocks\n");
}

/* ---- texts ---- */

static void texts(void) {
  char* copy = mi_strdup("to be copied");
  char* part = mi_strndup("to be copied", 5);
  EXPECT(strcmp(copy, "to be copied") == 0 && strcmp(part, "to be") == 0);
  mi_free(copy);
  mi_free(part);
  unsigned char* bytes = mi_mbsdup((const unsigned char*)"bytes");
  EXPECT(strcmp((char*)bytes, "bytes") == 0);
  mi_free(bytes);
  char* path = mi_realpath("/usr/../", NULL);
  EXPECT(path != NULL && strcmp(path, "/") == 0);
  mi_free(path);
  char* value = NULL;
  size_t size = 0;
  EXPECT(mi_dupenv_s(&value, &size, "NO_SUCH_VARIABLE_OF_MIMALLOC40") == 0 && value == NULL);
  printf("texts\n");
}

/* ---- heaps ---- */

typedef struct node_s {
  struct node_s *left, *right;
  const char* key;
  int value;
} node_t;

static node_t* insert(mi_heap_t* heap, node_t* tree, const char* key, int value) {
  if (tree == NULL) {
    node_t* node = mi_heap_zalloc_tp(heap, node_t);
    node->key = mi_heap_strdup(heap, key);
    node->value = value;
    return node;
  }
  const int order = strcmp(key, tree->key);
  if (order < 0) tree->left = insert(heap, tree->left, key, value);
  if (order > 0) tree->right = insert(heap, tree->right, key, value);
  if (order == 0) tree->value += value;
  return tree;
}

static void print(const node_t* tree) {
  if (tree == NULL) return;
  print(tree->left);
  printf(" %s=%d", tree->key, tree->value);
  print(tree->right);
}

typedef struct visited_s {
  size_t areas, blocks, small;
} visited_t;

static bool visit(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t block_size, void* arg) {
  visited_t* visited = arg;
  EXPECT(heap != NULL && area != NULL);
  if (block == NULL) {
    visited->areas++;
    return true;
  }
  EXPECT((char*)block >= (char*)area->blocks && (char*)block < (char*)area->blocks + area->reserved);
  visited->blocks++;
  visited->small += block_size >= 500;
  return true;
}

static void heaps(void) {
  static const char* const words[] = {"the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "the"};
  mi_heap_t* heap = mi_heap_new();
  node_t* tree = NULL;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) tree = insert(heap, tree, words[i], 1);
  printf("words:");
  print(tree);
  printf("\n");
  mi_heap_destroy(heap);

  heap = mi_heap_new();
  void* kept[300];
  for (size_t i = 0; i < 300; i++) kept[i] = mi_heap_malloc(heap, 500);
  for (size_t i = 0; i < 100; i++) mi_free(kept[i]);
  visited_t visited = {0, 0, 0};
  EXPECT(mi_heap_visit_blocks(heap, true, visit, &visited));
  EXPECT(visited.areas > 0);
  printf("visited: %zu blocks, %zu of 500 bytes or more\n", visited.blocks, visited.small);
  kept[100] = mi_heap_realloc(heap, kept[100], 70000);
  kept[101] = mi_heap_rezalloc(heap, kept[101], 700);
  mi_heap_collect(heap, true);
  mi_heap_delete(heap);
  for (size_t i = 100; i < 300; i++) {
    memset(kept[i], 1, 500);
    mi_free(kept[i]);
  }

  heap = mi_heap_new();
  int* table = mi_heap_calloc(heap, 1000, sizeof(int));
  EXPECT(all(table, 0, 1000 * sizeof(int)));
  table = mi_heap_recalloc(heap, table, 5000, sizeof(int));
  EXPECT(all(table, 0, 5000 * sizeof(int)));
  EXPECT(aligned(mi_heap_malloc_aligned(heap, 100, 4096), 4096, 0));
  EXPECT(aligned(mi_heap_zalloc_aligned_at(heap, 100, 256, 8), 256, 8));
  EXPECT(mi_heap_mallocn(heap, 10, 10) != NULL && mi_heap_malloc_small(heap, 10) != NULL);
  EXPECT(strcmp(mi_heap_strndup(heap, "abcdef", 3), "abc") == 0);
  EXPECT(mi_heap_malloc(heap, 5 << 20) != NULL);
  mi_heap_destroy(heap);
  printf("heaps\n");
}

/* ---- arenas ---- */

static void arenas(void) {
  mi_arena_id_t arena;
  EXPECT(mi_reserve_os_memory_ex((size_t)64 << 20, true, false, true, &arena) == 0);
  size_t size = 0;
  char* area = mi_arena_area(arena, &size);
  EXPECT(area != NULL && size >= (size_t)64 << 20);
  mi_heap_t* heap = mi_heap_new_in_arena(arena);
  EXPECT(heap != NULL);
  for (size_t i = 0; heap != NULL && i < 1000; i++) {
    char* p = mi_heap_zalloc(heap, 100 + i);
    EXPECT(p >= area && p < area + size && all(p, 0, 100 + i));
    if (i % 2 == 0) mi_free(p);
  }
  if (heap != NULL) mi_heap_destroy(heap);
  printf("arenas\n");
}

/* ---- figures ---- */

static void figures(void) {
  size_t bytes = 0, elapsed, user, system, rss, peak_rss = 0, commit, peak_commit, faults;
  mi_thread_init();
  mi_stats_merge();
  mi_stats_print_out(on_output, &bytes);
  EXPECT(bytes > 100);
  mi_process_info(&elapsed, &user, &system, &rss, &peak_rss, &commit, &peak_commit, &faults);
  EXPECT(peak_rss > 1 << 20);
  mi_stats_reset();
  mi_collect(true);
  EXPECT(deferred > 0);
  mi_register_deferred_free(NULL, NULL);
  mi_register_error(NULL, NULL);
  mi_register_output(NULL, NULL);
  printf("figures\n");
}

int main(void) {
  options_and_hooks();
  blocks();
  aligned_blocks();
  texts();
  heaps();
  arenas();
  figures();
  printf("%s\n", failures == 0 ? "all so" : "not all so");
  return failures == 0 ? 0 : 1;
}
