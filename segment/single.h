/* single.h -- pages of one block: large (a run in one segment), huge (a run of segments), or a mapping of its own.
 *
 *   run      | lead | block ........................ |        lead: at least 64 bytes, so that the block is not at base
 *            base   first                             base + extent, a multiple of SLICE
 *
 *   window   | words, tags, lines | .......... | block ... |  a 256 MiB-aligned header of an arena's form, all its own
 *            base                              first
 *
 * Such a page is ABANDONED from birth and has no owner: the thread that frees the block gives everything back (any push is
 * the last). The block's holder may resize the page, as nobody else may touch it. Used by heap/. */
#ifndef MICA_SINGLE_H
#define MICA_SINGLE_H
#include "segment/slices.h"

/* Larger blocks, or alignments, are not to be had on any machine. */
#define MICA_SINGLE_MAX ((size_t)1 << 46)

/* The block that a request of this size gets, in an arena. */
size_t mica_single_good_size(size_t size);

/* A page with a block of at least size bytes at first, (first + offset) % align == 0; align a power of two. page->zeroed
 * tells whether the block is known to be zero; want_clean asks for that. Memory of a reservation only (near->only) is never a
 * mapping of its own. NULL: no memory; or align is 256 MiB or more and the offset would have the block begin in its own
 * header. */
mica_page_t* mica_single_make(size_t size, size_t align, size_t offset, bool want_clean, mica_hint_t* near);

/* The block is free and the page ours (pw_push said PW_EMPTY). */
void mica_single_give(mica_page_t* page);

/* Holder of the block: it gets size bytes where it is, or the slices that it does not need for them go back. False: it cannot
 * grow here. */
bool mica_single_resize(mica_page_t* page, size_t size);

/* Holder of a huge block: a new page of at least size bytes into which the OS pages of the old one are moved, at the same
 * offset from an OS page's start. leaving(page) is called when that is done, unless it is NULL; then the old page is gone. The
 * result NULL: it is untouched; copy instead. Memory of a reservation is not moved. */
mica_page_t* mica_single_move(mica_page_t* page, size_t size, mica_hint_t* near, void (*leaving)(mica_page_t* page));

#endif
