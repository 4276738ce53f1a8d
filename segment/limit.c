/* limit.c -- charging against the limit, and purging dirty slices that stand in the way.
 *
 * The word and its orders: limit_word.h. The option is read at each charge, so a limit set by call holds for the next one. */
#include "segment/limit.h"

#include "base/config.h"
#include "observe/counters.h"
#include "observe/options.h"
#include "observe/probe.h"
#include "segment/arena.h"
#include "segment/limit_word.h"
#include "segment/purge.h"

enum { TRIES = 8 }; /* purges for one charge, while others make slices dirty */

_Atomic(int64_t) mica_charged_slices;

/* The calling thread's last charge, if it was refused: slices. */
typedef struct refusal_s {
  int64_t wanted; /* 0: it was not */
  int64_t used;
  int64_t most;
} refusal_t;
static MICA_TLS refusal_t refusal;

/* The limit in slices. */
static int64_t limit(void) {
  const long kib = mica_option(MICA_OPTION_MEMORY_LIMIT);
  return kib <= 0 ? LM_NONE : (int64_t)((uintptr_t)kib / (MICA_SLICE / MICA_KiB));
}

static MICA_COLD bool refuse(int64_t wanted, int64_t most) {
  refusal = (refusal_t){wanted, lm_charged(&mica_charged_slices), most};
  MICA_PROBE3(limit_refused, wanted, refusal.used, most);
  return false;
}

/* Whether the charged and the dirty slices fit, after purging dirty ones that stand in the way. */
static bool purge_to_fit(int64_t most) {
  for (int i = 0; i < TRIES; i++) {
    const int64_t used = lm_charged(&mica_charged_slices);
    if (used + mica_slices_dirty() <= most) return true;
    mica_purge(most - used);
  }
  return lm_charged(&mica_charged_slices) + mica_slices_dirty() <= most;
}

bool mica_limit_charge(int64_t slices) {
  const int64_t most = limit();
  refusal.wanted = 0;
  if (!lm_charge(&mica_charged_slices, slices, most)) return refuse(slices, most);
  if (most == LM_NONE || purge_to_fit(most)) return true;
  lm_discharge(&mica_charged_slices, slices);
  return refuse(slices, most);
}

void mica_limit_note_peak(void) {
  const int64_t used = lm_charged(&mica_charged_slices);
  mica_peak(MICA_PEAK_PAGE_COMMITTED, used * (int64_t)MICA_SLICE);
  mica_peak(MICA_PEAK_COMMITTED, (used + mica_slices_dirty()) * (int64_t)MICA_SLICE);
}

void mica_limit_discharge(int64_t slices) { lm_discharge(&mica_charged_slices, slices); }

bool mica_limit_refused(size_t* wanted, size_t* used, size_t* limit_bytes) {
  const refusal_t r = refusal;
  if (r.wanted == 0) return false;
  refusal.wanted = 0;
  if (wanted != NULL) *wanted = (size_t)r.wanted << MICA_SLICE_SHIFT;
  if (used != NULL) *used = (size_t)r.used << MICA_SLICE_SHIFT;
  if (limit_bytes != NULL) *limit_bytes = (size_t)r.most << MICA_SLICE_SHIFT;
  return true;
}

size_t mica_limit_used(void) { return (size_t)lm_charged(&mica_charged_slices) << MICA_SLICE_SHIFT; }

void mica_limit_enforce(void) {
  const int64_t most = limit();
  if (most == LM_NONE) return;
  const int64_t rest = most - lm_charged(&mica_charged_slices);
  if (mica_slices_dirty() > rest) mica_purge(rest < 0 ? 0 : rest);
}
