/* track.h -- what a checker of memory is told about blocks, links and metadata. In most variants: nothing.
 *
 * Three forms, chosen in config.h: track_none.h, track_asan.h (AddressSanitizer), track_valgrind.h (memcheck, helgrind, DRD).
 * Each defines the same names:
 *
 *   MICA_TRACKED   1 if anything is told
 *   MICA_TRACK_PLACES   1 if memory is to lie where the system puts it: the checker is slow elsewhere
 *   MICA_TRACK_IN_LINE  of a static function: in line where the checker would show it as a call
 *   MICA_PAD       bytes behind each block that are not the program's; the last 16 are its record (heap/tracked.h).
 *                  0: there is no record
 *   mica_track_lines(p, n)   metadata are here, or the library's own data: words that are shared by design
 *   mica_track_fresh(p, n)   a page's body: nobody may touch these bytes, they are hidden
 *   mica_track_leave(p, n)   these bytes are no blocks' any longer
 *   mica_track_open(p, n), mica_track_close(p, n)
 *                            around the allocator's own touch of hidden bytes: a link, a block made zero. Contents
 *                            stay, and count as set. For the block's holder
 *   mica_track_hidden(p)     whether p is to be opened for such a touch; true where the checker does not say
 *   mica_track_given(p, n, zero)
 *                            the program gets these bytes: a block is born. zero: they are zero, not unset
 *   mica_track_taken(p, n)   the program gave the block back: its n bytes are dead
 *   mica_track_lent(p, n)    the program gets these bytes, a pool's block in a chunk that was given as a whole
 *   mica_track_back(p, n)    such bytes are nobody's again, or were not lent yet: they are hidden
 *   mica_track_refuse(p)     the program frees p, which is no block in use. Returns if that can be lived with
 *   mica_track_dead(p)       whether the checker knows that the program must not touch p
 *   mica_track_passed(at), mica_track_got(at)
 *                            what threads did before they passed `at` on comes before what the one that got it does: the
 *                            interface promises so, by atomics that the checker may not know
 *   mica_track_mismatch(p)   the program frees the block at p by the wrong function
 *
 * The life of a byte: fresh, that is hidden; given; taken, that is hidden again. Any file may include this
 * one; heap/tracked.h joins it to the interface. */
#ifndef MICA_TRACK_H
#define MICA_TRACK_H
#include "base/config.h"
#include MICA_TRACK_FORM

#endif
