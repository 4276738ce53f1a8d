/* roots.c -- the note and the structure by which others find mica's data in a process (roots.h).
 *
 * Constant. No code of mica's comes here. */
#include "api/roots.h"

#include <mica/base.h>

#include "api/layout.h"
#include "base/config.h"
#include "observe/counters.h"
#include "observe/options.h"
#include "profile/table.h"
#include "segment/limit.h"

/* Not const: in a program linked statically that would be a page of the file, which cores leave out. */
extern MICA_HIDDEN mica_roots_t mica_roots;
mica_roots_t mica_roots = {
    .size = sizeof(mica_roots_t),
    .layout = MICA_LAYOUT,
    .self = &mica_roots,
    .theaps = &mica_all_theaps,
    .theap_empty = &mica_theap_empty,
    .main_heap = &mica_main,
    .arenas = mica_arenas,
    .arena_count = &mica_arenas_made,
    .arena_windows = mica_arena_windows,
    .single_windows = mica_single_windows,
    .first_windows = mica_first_windows,
    .mapped_bytes = &mica_mapped,
    .used_slices = &mica_used_slices,
    .dirty_slices = &mica_dirty_slices,
    .charged = &mica_charged_slices,
    .shards = mica_counter_shards,
    .counter_bases = mica_counter_bases,
    .peaks = mica_peaks,
    .options = mica_option_words,
    .profile = &mica_profile_table,
};

MICA_USED static void note(void) {
  MICA_NOTE(MICA_NOTE_NAME, MICA_NOTE_TYPE, mica_roots, MICA_LAYOUT, MICA_VERSION_STRING, MICA_VARIANT_NAME);
}
