/* frames.c -- see frames.h. The free pages are a list through their first bytes, with a lock that is held for as long as it
 * takes to cut off or to put on what one file has. */
#include "frames.h"

#include "memory.h"

#include <pthread.h>

struct frame {
  struct frame* next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct frame* kept; /* by the lock */
static size_t page_size;

/* The store had no page for this thread. None will ever come back to it, and being refused costs an allocator more than
 * anything else: so it is not asked again. */
static _Thread_local bool is_full;

void frames_start(size_t page) { page_size = page; }

static size_t take_kept(char** blocks, size_t count) {
  size_t taken = 0;
  pthread_mutex_lock(&lock);
  for (; taken < count && kept != NULL; taken++) {
    blocks[taken] = (char*)kept;
    kept = kept->next;
  }
  pthread_mutex_unlock(&lock);
  return taken;
}

size_t frames_get(char** blocks, size_t count, size_t size) {
  if (count == 0) return 0;
  bool is_page = size == page_size;
  size_t taken = is_page ? take_kept(blocks, count) : 0;
  if (is_page && is_full) return taken;
  while (taken < count && (blocks[taken] = store_get(size)) != NULL) taken++;
  is_full = is_page && taken < count;
  return taken;
}

void frames_put(char** blocks, size_t count, size_t size) {
  if (size != page_size) {
    for (size_t i = 0; i < count; i++) store_put(blocks[i], size);
    return;
  }
  if (count == 0) return;
  for (size_t i = 0; i + 1 < count; i++) ((struct frame*)(void*)blocks[i])->next = (struct frame*)(void*)blocks[i + 1];
  pthread_mutex_lock(&lock);
  ((struct frame*)(void*)blocks[count - 1])->next = kept;
  kept = (struct frame*)(void*)blocks[0];
  pthread_mutex_unlock(&lock);
}

void frames_stop(void) {
  while (kept != NULL) {
    struct frame* next = kept->next;
    store_put(kept, page_size);
    kept = next;
  }
}
