/* mi_profile.c -- the mi_* functions of mica/profile.h, each a few lines over profile/.
 *
 * No state, no invariant of its own; the contract of each function stands in mica/profile.h. Exported. */
#include "base/config.h"
#include "base/track.h"
#include "heap/fast.h"
#include "heap/sample.h"
#include "profile/dump.h"
#include "profile/environment.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/switch.h"
#include <mica.h>

#define EVERY ((size_t)512 << 10) /* unless said otherwise */

MICA_EXPORT bool mi_profile_start(size_t every) {
  if (MICA_TRACKED) return false;
  mica_profile_set(every != 0 ? every : EVERY);
  mica_sample_begin();
  return true;
}

MICA_EXPORT void mi_profile_stop(void) {
  if (mica_profile_every() != 0) mica_profile_set(0);
}

MICA_EXPORT size_t mi_profile_rate(void) { return (size_t)mica_profile_every(); }

MICA_EXPORT void mi_profile_reset(void) { mica_profile_restart(); }

MICA_EXPORT bool mi_profile_sums(mi_profile_sums_t* sums, size_t size) {
  if (sums == NULL || size != sizeof *sums) return false;
  *sums = mica_profile_sums();
  return true;
}

MICA_EXPORT bool mi_profile_dump(const char* path) {
  char beside[MICA_PROFILE_PATH];
  return mica_profile_write(path, beside);
}

MICA_EXPORT void mi_profile_dump_out(mi_output_fun* out, void* arg) { mica_profile_text(out, arg); }

/* Twice over the same figures: the first time for the length. Others go on allocating: so what came meanwhile has some room. */
MICA_EXPORT char* mi_profile_get_text(size_t buf_size, char* buf) {
  if (buf == NULL) {
    const size_t length = mica_profile_string(NULL, 0);
    buf_size = length + length / 8 + 4096;
    buf = mica_malloc(buf_size);
    if (buf == NULL) return NULL;
    if (mica_profile_string(buf, buf_size) < buf_size) return buf;
    mica_free(buf);
    return NULL;
  }
  return mica_profile_string(buf, buf_size) < buf_size ? buf : NULL;
}

MICA_EXPORT void mi_profile_register(mi_profile_fun* fun, void* arg) { mica_profile_register(fun, arg); }

/* ---- as the environment says ---- */

MICA_CONSTRUCTOR static void begin(void) {
  const uint64_t every = mica_profile_begin();
  if (every != 0) mi_profile_start((size_t)every);
}

MICA_DESTRUCTOR static void end(void) { mica_profile_end(); }
