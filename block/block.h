/* block.h -- a free block and the lists it is linked into.
 *
 * A free block's first word is its link; nothing else of it is read or written. A list ends with NULL. Who may touch a
 * link: whoever holds the block, and nobody else. */
#ifndef MICA_BLOCK_H
#define MICA_BLOCK_H
#include <mica/config.h>
#include <mica/watch.h>
#include <stddef.h>

typedef struct mica_block_s {
  struct mica_block_s* next;
} mica_block_t;

/* Every touch of a link goes through these two. */
MICA_INLINE mica_block_t* mica_link_get(const mica_block_t* b) {
  mica_watch_open(b, sizeof *b);
  mica_block_t* next = b->next;
  mica_watch_close(b, sizeof *b);
  return next;
}
MICA_INLINE void mica_link_set(mica_block_t* b, mica_block_t* next) {
  mica_watch_open(b, sizeof *b);
  b->next = next;
  mica_watch_close(b, sizeof *b);
}

/* The nth block of a list that has at least n. */
static inline mica_block_t* mica_block_nth(mica_block_t* b, unsigned n) {
  while (--n != 0) b = mica_link_get(b);
  return b;
}

#endif
