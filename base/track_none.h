/* track_none.h -- the form of track.h without a checker: every variant but asan and valgrind. No code comes of it. */
#ifndef MICA_TRACK_NONE_H
#define MICA_TRACK_NONE_H
#include "base/config.h"
#include <stdbool.h>
#include <stddef.h>

enum { MICA_TRACKED = 0, MICA_PAD = 0 };
#define MICA_TRACK_PLACES 0
#define MICA_TRACK_IN_LINE

MICA_INLINE void mica_track_lines(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_fresh(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_leave(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_open(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_close(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_given(const void* p, size_t n, bool zero) { (void)p, (void)n, (void)zero; }
MICA_INLINE void mica_track_taken(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_lent(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_back(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_track_refuse(const void* p) { (void)p; }
MICA_INLINE bool mica_track_hidden(const void* p) { return (void)p, false; }
MICA_INLINE bool mica_track_dead(const void* p) { return (void)p, false; }
MICA_INLINE void mica_track_passed(const void* at) { (void)at; }
MICA_INLINE void mica_track_got(const void* at) { (void)at; }
MICA_INLINE void mica_track_mismatch(const void* p) { (void)p; }

#endif
