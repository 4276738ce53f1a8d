/* block.h -- a free block and the lists it is linked into.
 *
 * A free block's first word is its link. A list ends with NULL. Nothing else of a free block is read or written. Only the
 * block's holder touches this word.
 *
 * The life of a block (notes/life-of-a-block.md; mica_where says in which state one is):
 *
 *   NEVER CARVED --1--> CACHED ---2---> LENT
 *                        ^ | ^ |         |
 *                        | | | +----8----|-----------> ON THE PAGE'S LIST <--10, 11--> VACANT
 *                        | | +------9----|---------------+      ^
 *                        4 3             3                      |
 *                        | v             v                      7
 *                      IN THE PROGRAM <--+                      |
 *                        |      |                               |
 *                        5      +--------6--------------+       |
 *                        v                              v       |
 *                      IN A PARCEL ----------6------> PUSHED ---+
 *
 *    1  carved with its neighbours up to the end of an OS page      mica_page_carve; for calloc alone: mica_page_carve_zero
 *    2  half a list goes to a class an eighth smaller at most       mica_cache_borrow, of a refill
 *    3  malloc                                                      mica_cache_pop
 *    4  free, when the thread owns the page: to the class of        mica_cache_push
 *       its page, also what was lent
 *    5  free, when it does not                                      mica_parcel_add
 *    6  the parcel goes; what may not wait in one goes alone        mica_outbox_flush, mica_outbox_send: pw_push
 *    7  the owner, old or new, takes what was pushed                pw_collect, pw_reclaim; pw_absorb
 *    8  overflow, collect, the thread's end; of a page that was     send_home: mica_bin_return, or mica_outbox_send
 *       abandoned meanwhile: 5
 *    9  a refill draws from the page                                draw, of mica_refill
 *   10  a trim: nobody has a block that shares an OS page with it   mica_page_vacate
 *   11  a refill, when the page has nothing else to give            mica_page_occupy_next
 *
 * A page that is abandoned (pw_abandon_full, pw_abandon) takes the blocks on its list and its word along, for its next owner.
 * When every block is on one of these two, or vacant, mica_page_give ends the page with all of them.
 */
#ifndef MICA_BLOCK_H
#define MICA_BLOCK_H
#include "base/config.h"
#include "base/track.h"
#include <stddef.h>
#include <stdint.h>

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

#endif
