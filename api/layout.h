/* layout.h -- a number that changes when a structure does that a reader of another process's memory copies (roots.h).
 *
 * The library and the reader are compiled with this file; unless both come to the same number, the reader does not read. Sizes
 * of whole structures, the places of the members that are read, and lengths of tables. A constant expression. */
#ifndef MICA_LAYOUT_H
#define MICA_LAYOUT_H
#include <mica/base.h>
#include <stddef.h>
#include <stdint.h>

#include "api/roots.h"
#include "heap/shadow.h"
#include "heap/theap.h"
#include "observe/counters.h"
#include "observe/options.h"
#include "profile/table.h"
#include "segment/arena.h"

#define MICA_FOLD(h, x) ((h)*UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)(x))
#define MICA_FOLD4(h, a, b, c, d) MICA_FOLD(MICA_FOLD(MICA_FOLD(MICA_FOLD(h, a), b), c), d)

#define MICA_LAYOUT_THEAP(h) \
  MICA_FOLD4(MICA_FOLD4(MICA_FOLD4(h, sizeof(mica_theap_t), offsetof(mica_theap_t, owned_bytes), \
                                   offsetof(mica_theap_t, all_next), offsetof(mica_theap_t, base)), \
                        offsetof(mica_theap_t, thread), offsetof(mica_theap_t, bin), offsetof(mica_theap_t, tables), \
                        offsetof(mica_theap_t, sub)), \
             sizeof(mica_bin_t), offsetof(mica_bin_t, bound), sizeof(mica_parcel_t), MICA_OUTBOX_SETS)

#define MICA_LAYOUT_HEAP(h) \
  MICA_FOLD4(h, sizeof(mi_heap_t), offsetof(mica_theap_t, sub.first), offsetof(mica_theap_t, sub.annex), \
             offsetof(mica_theap_t, sub.registry))

#define MICA_LAYOUT_ARENA(h) \
  MICA_FOLD4(MICA_FOLD4(h, sizeof(mica_arena_t), offsetof(mica_arena_t, number), offsetof(mica_arena_t, slices_free), \
                        offsetof(mica_arena_t, reserve)), \
             MICA_ARENAS_MAX, MICA_HEAD, MICA_WORDS, MICA_ARENA_SHIFT)

#define MICA_LAYOUT_PAGE(h) \
  MICA_FOLD4(MICA_FOLD4(MICA_FOLD(h, offsetof(mica_page_t, vacant)), offsetof(mica_page_t, capacity), \
                        offsetof(mica_page_t, place), offsetof(mica_page_t, registry), offsetof(mica_remote_t, lead)), \
             offsetof(mica_remote_t, extent), offsetof(mica_remote_t, kind), offsetof(mica_remote_t, back), \
             sizeof(mica_remote_t))

/* The class table's parts. */
#define MICA_LAYOUT_REST(h) \
  MICA_FOLD4(MICA_FOLD4(h, sizeof mica_classes, MICA_CLASSES_SMALL, MICA_CLASSES_INNER, MICA_CLASS_MAX), \
             sizeof(mica_counter_shard_t), MICA_COUNTER_COUNT, MICA_PEAK_COUNT, MICA_OPTION_COUNT)

#define MICA_LAYOUT_PROFILE(h) \
  MICA_FOLD4(h, sizeof(mica_profile_table_t), sizeof(mica_site_t), sizeof(mica_record_t), MICA_PROFILE_VERSION)

#define MICA_LAYOUT_SHADOW(h) \
  MICA_FOLD4(h, offsetof(mica_theap_t, shadow), offsetof(mica_theap_t, heap), \
             offsetof(mica_theap_thread_t, outbox_credit), sizeof(mica_shadow_t))

#define MICA_LAYOUT \
  MICA_LAYOUT_SHADOW(MICA_LAYOUT_PROFILE(MICA_LAYOUT_REST( \
      MICA_LAYOUT_PAGE(MICA_LAYOUT_ARENA(MICA_LAYOUT_HEAP(MICA_LAYOUT_THEAP((uint64_t)sizeof(mica_roots_t))))))))

#endif
