/* stack.c -- how much stack calls take, on a thread's painted stack: malloc, free and their kin no more than 1 KiB, whatever
 * they have to do; those that look far or print more, each within its bound. A first thread goes everywhere and is not judged:
 * in a program that is linked lazily the linker looks functions up when they are called first. */
#include <malloc.h>
#include <mica.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/config.h"
#include "tests/support/check.h"

enum { STACK = 1 << 18, PAINTED = 1 << 14, GAP = 192, BLOCKS = 4000 };
enum { LITTLE = 1024, MUCH = 2560, WHERE = 4096, FIGURES = 8192, UNOPTIMISED = 4 };

static size_t deepest;
static void* volatile result;
static void* blocks[BLOCKS];

static void swallow(const char* text, void* arg) { (void)text, (void)arg; }

/* What the call writes below this function's own frame. */
#define MEASURE(call) \
  do { \
    volatile char* const here = __builtin_frame_address(0); \
    volatile char* at = here - PAINTED; \
    for (volatile char* paint = at; paint < here - GAP; paint++) *paint = 0x5a; \
    call; \
    while (*at == 0x5a) at++; \
    if ((size_t)(here - at) > deepest) deepest = (size_t)(here - at); \
  } while (0)

static MICA_NOINLINE void* take(size_t size) {
  MEASURE(result = malloc(size));
  return result;
}
static MICA_NOINLINE void* take_zeroed(size_t size) {
  MEASURE(result = calloc(1, size));
  return result;
}
static MICA_NOINLINE void* take_aligned(size_t size) {
  MEASURE(result = aligned_alloc(64, size));
  return result;
}
static MICA_NOINLINE void* take_in_heap(mi_heap_t* heap, size_t size) {
  MEASURE(result = mi_heap_malloc(heap, size));
  return result;
}
static MICA_NOINLINE void* resize(void* p, size_t size) {
  MEASURE(result = realloc(p, size));
  return result;
}
static MICA_NOINLINE void give(void* p) { MEASURE(free(p)); }
static MICA_NOINLINE void end_heap(mi_heap_t* heap, bool destroy) {
  MEASURE((destroy ? mi_heap_destroy : mi_heap_delete)(heap));
}
static MICA_NOINLINE void usable(const void* p) { MEASURE(CHECK(malloc_usable_size((void*)p) != 0)); }
static MICA_NOINLINE void where(const void* p) {
  MEASURE(mica_where(p, &(mica_where_t){.size = sizeof(mica_where_t)}));
}
static MICA_NOINLINE void figures(void) { MEASURE(malloc_stats()); }
static MICA_NOINLINE void trim(void) { MEASURE(malloc_trim(0)); }

static int over;
static bool judged;
static void judge(const char* what, size_t most) {
  if (MICA_CHECKS) most *= UNOPTIMISED;
  if (judged && deepest > most) printf("%s: %zu bytes of stack, more than %zu\n", what, deepest, most), over++;
  if (judged && getenv("MICA_STACKS") != NULL) printf("%-40s %6zu\n", what, deepest);
  deepest = 0;
}

static size_t size_of(int i) { return 16 + (size_t)(i % 97) * 40; }
static void take_all(void* (*how)(size_t size)) {
  for (int i = 0; i < BLOCKS; i++) CHECK((blocks[i] = how(size_of(i))) != NULL);
}
static void give_all(void) {
  for (int i = 0; i < BLOCKS; i++) give(blocks[i * 7 % BLOCKS]);
}
static void* take_elsewhere(void* arg) {
  for (int i = 0; i < BLOCKS; i++) CHECK((blocks[i] = malloc(size_of(i))) != NULL);
  return arg;
}
static void* give_elsewhere(void* arg) {
  for (int i = 0; i < BLOCKS; i += 3) free(blocks[i]);
  return arg;
}
static void in_thread(void* (*body)(void*)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static void own_blocks(void) {
  free(take(16));
  judge("a thread's first malloc", LITTLE);
  take_all(take);
  judge("malloc", LITTLE);
  usable(blocks[0]);
  judge("malloc_usable_size", LITTLE);
  where(blocks[0]);
  judge("mica_where", WHERE);
  for (int i = 0; i < BLOCKS; i++) CHECK((blocks[i] = resize(blocks[i], 2 * size_of(i))) != NULL);
  judge("realloc", LITTLE);
  give_all();
  judge("free", LITTLE);
  take_all(take_zeroed);
  judge("calloc", LITTLE);
  give_all();
  take_all(take_aligned);
  judge("aligned_alloc", LITTLE);
  give_all();
  deepest = 0;
  for (int i = 0; i < 1000; i++) blocks[i] = take(10000 + (size_t)i * 50);
  judge("malloc, up to 60 KiB", LITTLE);
  for (int i = 0; i < 1000; i++) give(blocks[i]);
  judge("free, up to 60 KiB", LITTLE);
  trim();
  judge("malloc_trim", LITTLE);
}

static void others_blocks(void) {
  in_thread(take_elsewhere);
  give_all();
  judge("free of an ended thread's", LITTLE);
  take_all(take);
  in_thread(give_elsewhere);
  for (int i = 0; i < BLOCKS; i += 3) blocks[i] = take(size_of(i));
  judge("malloc of what others freed", LITTLE);
  give_all();
  deepest = 0;
}

static void large_blocks(void) {
  for (int i = 0; i < 60; i++) CHECK((blocks[i] = take(70000 + (size_t)i * 200000)) != NULL);
  judge("malloc of large blocks", MUCH);
  for (int i = 0; i < 60; i++) CHECK((blocks[i] = resize(blocks[i], 140000 + (size_t)i * 300000)) != NULL);
  judge("realloc of large blocks", MUCH);
  for (int i = 0; i < 60; i++) give(blocks[i]);
  judge("free of large blocks", LITTLE);
}

static void heaps(void) {
  for (int destroy = 0; destroy < 2; destroy++) {
    mi_heap_t* heap = mi_heap_new();
    for (int i = 0; i < BLOCKS; i++) CHECK((blocks[i] = take_in_heap(heap, size_of(i))) != NULL);
    judge("mi_heap_malloc", LITTLE);
    end_heap(heap, destroy == 1);
    judge(destroy == 1 ? "mi_heap_destroy" : "mi_heap_delete", LITTLE);
    if (destroy == 0) give_all();
    deepest = 0;
  }
}

static void* body(void* arg) {
  own_blocks();
  others_blocks();
  large_blocks();
  heaps();
  figures();
  judge("malloc_stats", FIGURES);
  return arg;
}

int main(void) {
  mi_register_output(swallow, NULL);
  for (int round = 0; round < 2; round++) {
    pthread_attr_t attributes;
    pthread_t thread;
    void* stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED && pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, stack, STACK) == 0);
    judged = round == 1;
    CHECK(pthread_create(&thread, &attributes, body, NULL) == 0 && pthread_join(thread, NULL) == 0);
  }
  return over != 0;
}
