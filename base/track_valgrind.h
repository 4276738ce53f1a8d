/* track_valgrind.h -- the form of track.h for valgrind: requests to whichever of its tools runs the program, no-ops elsewhere.
 *
 * Transparent to helgrind and DRD: the allocator's own words are exempt from their checks, hidden bytes too, and a block
 * changes hands as if it were new, with no happens-before made up but what the interface promises (passed, got). So the
 * program's races stay visible. The orders of the allocator's atomics are not checked here; models and ThreadSanitizer do that.
 * To memcheck's search for leaks metadata is memory of the program: no pointer to a block in use may stand there. */
#ifndef MICA_TRACK_VALGRIND_H
#define MICA_TRACK_VALGRIND_H
#include "base/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <valgrind/memcheck.h>
/* After it: */
#include <valgrind/helgrind.h>
/* After that: */
#include <valgrind/drd.h>

enum { MICA_TRACKED = 1, MICA_PAD = 32 };
#define MICA_TRACK_PLACES 1
#define MICA_TRACK_IN_LINE __attribute__((always_inline)) inline

/* helgrind and DRD look at these bytes no more, or again. */
MICA_INLINE void mica_track_ignore(const void* p, size_t n) {
  VALGRIND_HG_DISABLE_CHECKING(p, n);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_START_SUPPRESSION, p, n, 0, 0, 0);
}
MICA_INLINE void mica_track_regard(const void* p, size_t n) {
  VALGRIND_HG_ENABLE_CHECKING(p, n);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_FINISH_SUPPRESSION, p, n, 0, 0, 0);
}

MICA_INLINE void mica_track_lines(const void* p, size_t n) { mica_track_ignore(p, n); }
MICA_INLINE void mica_track_fresh(const void* p, size_t n) {
  mica_track_ignore(p, n);
  VALGRIND_MAKE_MEM_NOACCESS(p, n);
}
MICA_INLINE void mica_track_leave(const void* p, size_t n) {
  mica_track_regard(p, n);
  VALGRIND_MAKE_MEM_DEFINED(p, n);
}
MICA_INLINE void mica_track_open(const void* p, size_t n) { VALGRIND_MAKE_MEM_DEFINED(p, n); }
MICA_INLINE void mica_track_close(const void* p, size_t n) { VALGRIND_MAKE_MEM_NOACCESS(p, n); }
/* DRD notes accesses to bytes that it ignores, and would report our own when the bytes are given: it is to forget them. */
MICA_INLINE void mica_track_given(const void* p, size_t n, bool zero) {
  mica_track_regard(p, n);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_CLEAN_MEMORY, p, n, 0, 0, 0);
  VALGRIND_MALLOCLIKE_BLOCK(p, n, 0, zero);
}
MICA_INLINE void mica_track_taken(const void* p, size_t n) {
  VALGRIND_FREELIKE_BLOCK(p, 0);
  mica_track_ignore(p, n);
}
MICA_INLINE void mica_track_lent(const void* p, size_t n) {
  mica_track_regard(p, n);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_CLEAN_MEMORY, p, n, 0, 0, 0);
  VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}
MICA_INLINE void mica_track_back(const void* p, size_t n) {
  mica_track_ignore(p, n);
  VALGRIND_MAKE_MEM_NOACCESS(p, n);
}
/* memcheck and DRD report it. */
MICA_INLINE void mica_track_refuse(const void* p) { VALGRIND_FREELIKE_BLOCK(p, 0); }
MICA_INLINE bool mica_track_hidden(const void* p) { return (void)p, true; }
MICA_INLINE bool mica_track_dead(const void* p) { return (void)p, false; }
MICA_INLINE void mica_track_passed(const void* at) {
  DO_CREQ_v_W(_VG_USERREQ__HG_USERSO_SEND_PRE, const void*, at);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, at, 0, 0, 0, 0);
}
MICA_INLINE void mica_track_got(const void* at) {
  DO_CREQ_v_W(_VG_USERREQ__HG_USERSO_RECV_POST, const void*, at);
  DO_CREQ_v_W(_VG_USERREQ__HG_USERSO_FORGET_ALL, const void*, at);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, at, 0, 0, 0, 0);
}
/* memcheck has no error for this that could be asked for; a byte that must not be touched gives one with the call's stack. */
MICA_INLINE void mica_track_mismatch(const void* p) {
  static const char forbidden;
  VALGRIND_PRINTF_BACKTRACE("mica: mismatched free() / delete / delete[] of the block at %p:\n", (void*)(uintptr_t)p);
  VALGRIND_MAKE_MEM_NOACCESS(&forbidden, 1);
  (void)VALGRIND_CHECK_MEM_IS_ADDRESSABLE(&forbidden, 1);
}

#endif
