/* block.h -- a free block and the lists it is linked into.
 *
 * A free block's first word is its link. A list ends with NULL. Whole lists can be piled up: then the first block of each has
 * a second word, which leads to the list below and says how long its own is. Nothing else of a free block is read or
 * written. Only the block's holder touches these words.
 *
 *   pile -> first block: | next block | length:16, list below:48 |
 *
 * The life of a block (notes/life-of-a-block.md; mica_where says in which state one is):
 *
 *                 NEVER CARVED
 *                      | 1
 *                      v
 *   IN RESERVE <--2-- CACHED ---4---> LENT
 *        |            ^ ^ | ^ |         |
 *        +-----3------+ | | | +---10----|-----------> ON THE PAGE'S LIST <--12, 13--> VACANT
 *                       | | +-----11----|---------------+      ^
 *                       6 5             5                      |
 *                       | v             v                      9
 *                     IN THE PROGRAM <--+                      |
 *                       |      |                               |
 *                       7      +--------8--------------+       |
 *                       v                              v       |
 *                     IN A PARCEL ----------8------> PUSHED ---+
 *
 *    1  carved with its neighbours up to the end of an OS page      mica_page_carve; for calloc alone: mica_page_carve_zero
 *    2  a long list is put aside whole                              put_aside, of mica_cache_overflow
 *    3  and taken back when the cache is empty                      mica_cache_take_reserve, of a refill
 *    4  half a list goes to a class an eighth smaller at most       mica_cache_borrow, of a refill
 *    5  malloc                                                      mica_cache_pop
 *    6  free, when the thread owns the page: to the class of        mica_cache_push
 *       its page, also what was lent
 *    7  free, when it does not                                      mica_parcel_add
 *    8  the parcel goes; what may not wait in one goes alone        mica_outbox_flush, mica_outbox_send: pw_push
 *    9  the owner, old or new, takes what was pushed                pw_collect, pw_reclaim; pw_absorb
 *   10  overflow, collect, the thread's end; of a page that was     send_home: mica_bin_return, or mica_outbox_send
 *       abandoned meanwhile: 7
 *   11  a refill draws from the page                                draw, of mica_refill
 *   12  a trim: nobody has a block that shares an OS page with it   mica_page_vacate
 *   13  a refill, when the page has nothing else to give            mica_page_occupy_next
 *
 * A page that is abandoned (pw_abandon_full, pw_abandon) takes the blocks on its list and its word along, for its next owner.
 * When every block is on one of these two, mica_page_give ends the page with all of them.
 */
#ifndef MICA_BLOCK_H
#define MICA_BLOCK_H
#include "base/config.h"
#include "base/track.h"
#include <stddef.h>
#include <stdint.h>

enum { MICA_PILE_SHIFT = 48 }; /* addresses have no more bits */

typedef struct mica_block_s {
  struct mica_block_s* next;
} mica_block_t;

/* Every touch of a link goes through these two. A link that is open already is being read by a call that this one, of a signal
 * handler, has interrupted: it stays open. */
MICA_INLINE mica_block_t* mica_link_get(const mica_block_t* b) {
  const bool hidden = mica_track_hidden(b);
  if (hidden) mica_track_open(b, sizeof *b);
  mica_block_t* next = b->next;
  if (hidden) mica_track_close(b, sizeof *b);
  return next;
}
MICA_INLINE void mica_link_set(mica_block_t* b, mica_block_t* next) {
  mica_track_open(b, sizeof *b);
  b->next = next;
  mica_track_close(b, sizeof *b);
}

/* The nth block of a list that has at least n. */
static inline mica_block_t* mica_block_nth(mica_block_t* b, unsigned n) {
  while (--n != 0) b = mica_link_get(b);
  return b;
}

/* A list of n blocks, fewer than 65536, goes onto a pile of lists. */
static inline void mica_pile_put(mica_block_t** pile, mica_block_t* list, unsigned n) {
  uint64_t* word = (uint64_t*)(void*)(list + 1);
  mica_track_open(word, sizeof *word);
  *word = (uint64_t)n << MICA_PILE_SHIFT | (uintptr_t)*pile;
  mica_track_close(word, sizeof *word);
  *pile = list;
}

/* Takes the list that was put onto the pile last; *n: its length. The pile is not empty. */
static inline mica_block_t* mica_pile_take(mica_block_t** pile, unsigned* n) {
  mica_block_t* list = *pile;
  uint64_t* word = (uint64_t*)(void*)(list + 1);
  mica_track_open(word, sizeof *word);
  *n = (unsigned)(*word >> MICA_PILE_SHIFT);
  *pile = (mica_block_t*)(uintptr_t)(*word & (((uint64_t)1 << MICA_PILE_SHIFT) - 1));
  *word = 0;
  mica_track_close(word, sizeof *word);
  return list;
}

/* The list below the first of a pile, which is not empty; NULL: there is none. */
static inline mica_block_t* mica_pile_below(const mica_block_t* list) {
  const uint64_t* word = (const uint64_t*)(const void*)(list + 1);
  const bool hidden = mica_track_hidden(word);
  if (hidden) mica_track_open(word, sizeof *word);
  const uint64_t below = *word & (((uint64_t)1 << MICA_PILE_SHIFT) - 1);
  if (hidden) mica_track_close(word, sizeof *word);
  return (mica_block_t*)(uintptr_t)below;
}

#endif
