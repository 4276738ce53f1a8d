/* watch_none.h -- the form of watch.h that tells nobody anything: every variant but asan and valgrind. No code comes of it. */
#ifndef MICA_WATCH_NONE_H
#define MICA_WATCH_NONE_H
#include <mica/config.h>
#include <stdbool.h>
#include <stddef.h>

enum { MICA_WATCHED = 0, MICA_PAD = 0 };

MICA_INLINE void mica_watch_lines(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_fresh(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_leave(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_open(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_close(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_given(const void* p, size_t n, bool zero) { (void)p, (void)n, (void)zero; }
MICA_INLINE void mica_watch_taken(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_lent(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_back(const void* p, size_t n) { (void)p, (void)n; }
MICA_INLINE void mica_watch_refuse(const void* p) { (void)p; }
MICA_INLINE bool mica_watch_dead(const void* p) { return (void)p, false; }
MICA_INLINE void mica_watch_passed(const void* at) { (void)at; }
MICA_INLINE void mica_watch_got(const void* at) { (void)at; }
MICA_INLINE void mica_watch_mismatch(const void* p) { (void)p; }

#endif
