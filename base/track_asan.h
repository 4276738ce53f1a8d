/* track_asan.h -- the form of track.h for AddressSanitizer: hidden bytes are poisoned.
 *
 * Of each eight bytes the sanitizer can hide the last ones, not the first: a block's end is hidden to the byte. A block of no
 * bytes shows its first, so that a live block is never wholly hidden. */
#ifndef MICA_TRACK_ASAN_H
#define MICA_TRACK_ASAN_H
#include "base/config.h"
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { MICA_TRACKED = 1, MICA_PAD = 0 };
#define MICA_TRACK_PLACES 0
#define MICA_TRACK_IN_LINE

MICA_INLINE void mica_track_lines(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_fresh(const void* p, size_t n) { __asan_poison_memory_region(p, n); }
MICA_INLINE void mica_track_leave(const void* p, size_t n) { __asan_unpoison_memory_region(p, n); }
MICA_INLINE void mica_track_open(const void* p, size_t n) { __asan_unpoison_memory_region(p, n); }
MICA_INLINE void mica_track_close(const void* p, size_t n) { __asan_poison_memory_region(p, n); }
MICA_INLINE void mica_track_given(const void* p, size_t n, bool zero) {
  (void)zero;
  __asan_unpoison_memory_region(p, n == 0 ? 1 : n);
}
MICA_INLINE void mica_track_taken(const void* p, size_t n) { __asan_poison_memory_region(p, n == 0 ? 1 : n); }
MICA_INLINE void mica_track_lent(const void* p, size_t n) { __asan_unpoison_memory_region(p, n); }
MICA_INLINE void mica_track_back(const void* p, size_t n) { __asan_poison_memory_region(p, n); }
_Noreturn MICA_INLINE void mica_track_refuse(const void* p) { (void)p, abort(); }
MICA_INLINE bool mica_track_hidden(const void* p) { return __asan_address_is_poisoned(p) != 0; }
MICA_INLINE bool mica_track_dead(const void* p) { return __asan_address_is_poisoned(p) != 0; }
MICA_INLINE void mica_track_passed(const void* at) { (void)at; }
MICA_INLINE void mica_track_got(const void* at) { (void)at; }
MICA_INLINE void mica_track_mismatch(const void* p) { (void)p; }

#endif
