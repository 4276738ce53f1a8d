/* look_known.c -- a program whose contents are known: to itself, by mi_stats_get_json and mica_where, and so to who looks at it
 * from outside (look.py).
 *
 * look_known FOLDER single|many: allocates and frees; writes FOLDER/json, and FOLDER/where with a line for each of many
 * addresses, the address and what lies there; says "ready", and waits for its standard input to end. single: one thread and the
 * main heap, of which every figure is exact. many: threads that wait with blocks in their caches, reserves and outboxes, and
 * heaps, of one of which parts went back to the system. */
#include <fcntl.h>
#include <mica.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 6000, THREADS = 3, HEAPS = 2, ADDRESSES = 4096, LARGE = 13 };

static void* blocks[BLOCKS];
static void* theirs[THREADS][BLOCKS];
static void* in_heap[HEAPS][BLOCKS];
static void* large[LARGE];
static const void* addresses[ADDRESSES];
static unsigned address_count;
static char text[1 << 17];
static pthread_barrier_t made, freed;
static uint64_t state = 88172645463325252u;

static size_t below(size_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (size_t)(state % n);
}

static void ask(const void* p) {
  if (address_count < ADDRESSES) addresses[address_count++] = p;
}

/* Small ones as often as larger ones. */
static size_t size_of(unsigned i) { return 1 + (size_t)(i * 7919u % (16u << (i % 13))); }

static void fill(void** to, mi_heap_t* heap) {
  for (unsigned i = 0; i < BLOCKS; i++) to[i] = heap == NULL ? malloc(size_of(i)) : mi_heap_malloc(heap, size_of(i));
}

/* One in two, and all of some stretches, so that pages end, too. */
static void free_some(void** of) {
  for (unsigned i = 0; i < BLOCKS; i++)
    if (i % 2 == 1 || i / 500 % 3 == 0) free(of[i]);
}

/* A thread fills, frees some, and some of the thread's before; then it waits with what is ready in it. */
static void* wait_with_blocks(void* arg) {
  const unsigned n = (unsigned)(uintptr_t)arg;
  fill(theirs[n], NULL);
  pthread_barrier_wait(&made);
  free_some(theirs[(n + 1) % THREADS]);
  pthread_barrier_wait(&freed);
  for (;;) pause();
  return NULL;
}

static void make_many(void) {
  pthread_t thread;
  pthread_barrier_init(&made, NULL, THREADS + 1);
  pthread_barrier_init(&freed, NULL, THREADS + 1);
  for (unsigned i = 0; i < THREADS; i++) pthread_create(&thread, NULL, wait_with_blocks, (void*)(uintptr_t)i);
  pthread_barrier_wait(&made);
  pthread_barrier_wait(&freed);
  for (unsigned i = 0; i < HEAPS; i++) {
    mi_heap_t* heap = mi_heap_new();
    fill(in_heap[i], heap);
    free_some(in_heap[i]);
    if (i == 0) mi_heap_collect(heap, true); /* parts of its pages are vacant */
  }
  for (unsigned i = 0; i < BLOCKS / 4; i++) ask(theirs[i % THREADS][below(BLOCKS)]), i += 2;
  for (unsigned i = 0; i < BLOCKS / 4; i++) ask(in_heap[i % HEAPS][below(BLOCKS)]), i += 2;
}

/* Of a core: the inside of a block is of no interest. */
static void leave_out(char* p, size_t size) {
  const size_t step = 1u << 16;
  char* from = (char*)(((uintptr_t)p + 2 * step) & ~(step - 1));
  if (size > 4 * step) madvise(from, ((uintptr_t)p + size - (uintptr_t)from) & ~(step - 1), MADV_DONTDUMP);
}

/* The last one goes over whole words of the map of windows. It is not touched; where there are no such addresses it is NULL. */
static void make_large(void) {
  static const size_t sizes[LARGE] = {70000,     100000,     200000,     1u << 20, 5u << 20, 9u << 20,        70000,
                                      80u << 20, 300u << 20, 600u << 20, 65537,    4u << 20, (size_t)33 << 30};
  for (unsigned i = 0; i < LARGE; i++) {
    large[i] = malloc(sizes[i]);
    if (large[i] != NULL) leave_out(large[i], sizes[i]);
  }
  free(large[1]);
  free(large[5]);
  for (unsigned i = 0; i < LARGE; i++) {
    ask(large[i]);
    ask((char*)large[i] + 12345);
    ask((char*)large[i] - 64);
  }
  ask((char*)large[9] + (500u << 20));
  for (size_t at = 1; large[12] != NULL && at < 33; at += 4) ask((char*)large[12] + (at << 30));
}

static void choose(void) {
  for (unsigned i = 0; i < 1000; i++) ask((char*)blocks[below(BLOCKS)] + below(20));
  for (unsigned i = 0; i < 200; i++) /* the arena's head, and slices */
    ask((const void*)(((uintptr_t)blocks[0] & ~(uintptr_t)0xfffffff) + below(1u << 26)));
  ask(NULL);
  ask((const void*)16);
  ask((const void*)choose);
  ask((const void*)UINTPTR_MAX);
  ask((const void*)((uintptr_t)1 << 47));
}

static void put(int file, const char* what, size_t length) {
  if (write(file, what, length) != (ssize_t)length) abort();
}

static int create(const char* folder, const char* name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) abort();
  return file;
}

static void write_where(const char* folder) {
  const int file = create(folder, "where");
  char line[1024];
  for (unsigned i = 0; i < address_count; i++) {
    mica_where_t where = {.size = sizeof where};
    char words[512];
    mica_where(addresses[i], &where);
    mica_where_text(&where, words, sizeof words);
    put(file, line, (size_t)snprintf(line, sizeof line, "%#lx\t%s\n", (unsigned long)addresses[i], words));
  }
  put(file, line, (size_t)snprintf(line, sizeof line, "self\t%#lx\n", (unsigned long)pthread_self()));
  close(file);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int json = create(argv[1], "json");
  setvbuf(stdout, NULL, _IONBF, 0);
  fill(blocks, NULL);
  free_some(blocks);
  for (unsigned i = 0; i < 100; i++) ask(aligned_alloc(256, 300 + i));
  if (strcmp(argv[2], "many") == 0) make_many();
  make_large();
  choose();
  if (strcmp(argv[2], "many") == 0) mi_collect(true); /* what is ready in this thread would be left out */
  write_where(argv[1]);
  mi_stats_get_json(sizeof text, text);
  put(json, text, strlen(text));
  put(STDOUT_FILENO, "ready\n", 6);
  while (read(STDIN_FILENO, text, 1) > 0) continue;
  return 0;
}
