/* tracked.h -- where the interface meets base/track.h: blocks given to the program, taken back, resized.
 *
 * In the variants without a checker all of it is constants, and no code comes of it. With a record (MICA_PAD != 0) a
 * block knows what was asked for and by which family of functions:
 *
 *   p                     p + size                          end of the block
 *   | the program's bytes | hidden ...............| record  |
 *
 * For the functions that give blocks to the program or take them back: inside, blocks are bare, that is hidden. */
#ifndef MICA_TRACKED_H
#define MICA_TRACKED_H
#include "base/config.h"
#include "base/track.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which functions gave a block out; the same family takes it back. */
typedef enum mica_family_e { MICA_FAMILY_MALLOC, MICA_FAMILY_NEW, MICA_FAMILY_NEW_ARRAY } mica_family_t;

/* Whether a block that is resized always moves, so that a pointer kept by mistake leads to a dead one. */
#define MICA_ALWAYS_MOVES (MICA_PAD != 0)

/* What to allocate for a request. One that is too large stays so. */
MICA_INLINE size_t mica_padded(size_t size) { return MICA_PAD == 0 || size > PTRDIFF_MAX ? size : size + MICA_PAD; }

/* What is to become of a block that the program gives back. */
typedef enum mica_tracked_e {
  MICA_TRACKED_TAKEN,
  MICA_TRACKED_MISMATCHED, /* likewise, but another family gave it out */
  MICA_TRACKED_REFUSED,    /* it is no block in use */
} mica_tracked_t;

/* The parts of what stands below that tell the checker nothing: it notes the stack where it is told, and that is to begin with
 * the function that the program called. *size: what the program had of the block. */
struct pw_page_s;
void mica_tracked_give(void* p, size_t size);
mica_tracked_t mica_tracked_take(void* p, mica_family_t family, size_t* size);
bool mica_tracked_in_use(const void* p);
size_t mica_tracked_size(const void* p);
void mica_tracked_resize(void* p, size_t size);
void mica_tracked_name(void* p, mica_family_t family);
void mica_tracked_forget(struct pw_page_s* page);
size_t mica_tracked_seen(char** block, size_t size);

/* The last step of an allocation: p, a bare block for mica_padded(size) bytes or NULL, is the program's. zero: it was made
 * zero. Returns p. */
MICA_INLINE void* mica_given(void* p, size_t size, bool zero) {
  if (!MICA_TRACKED || p == NULL) return p;
  mica_tracked_give(p, size);
  mica_track_given(p, size, zero);
  return p;
}

/* The first step of free: p, not NULL, is a bare block now. False: the checker was told that it was no block in use; it must
 * be left alone. */
MICA_INLINE bool mica_taken(void* p, mica_family_t family) {
  if (!MICA_TRACKED) return true;
  size_t size;
  const mica_tracked_t what = mica_tracked_take(p, family, &size);
  if (what == MICA_TRACKED_REFUSED) {
    mica_track_refuse(p);
    return false;
  }
  if (what == MICA_TRACKED_MISMATCHED) mica_track_mismatch(p);
  mica_track_taken(p, size);
  return true;
}

/* The first step of everything else that is done to a block: false as above. */
MICA_INLINE bool mica_in_use(const void* p) {
  if (!MICA_TRACKED || mica_tracked_in_use(p)) return true;
  mica_track_refuse(p);
  return false;
}

/* The last step of resizing a block in place, after mica_usable_size has shown all of it. Returns p. */
MICA_INLINE void* mica_resized(void* p, size_t size) {
  if (MICA_TRACKED) mica_tracked_resize(p, size);
  return p;
}

/* Every block of the page is gone, those in the program's hands too. The page is the caller's alone. */
static inline void mica_forgotten(struct pw_page_s* page) {
  if (MICA_TRACKED) mica_tracked_forget(page);
}

/* Given out by this family, not by malloc's. Returns p. */
MICA_INLINE void* mica_given_by(void* p, mica_family_t family) {
  if (MICA_PAD != 0 && p != NULL) mica_tracked_name(p, family);
  return p;
}

#endif
