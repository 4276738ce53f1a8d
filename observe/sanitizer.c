/* sanitizer.c -- see sanitizer.h. A runtime is known by a function that every program of that sanitizer calls first: its name
 * is bound when mica is loaded, or stays NULL. No state. */
#include "observe/sanitizer.h"

#include <stddef.h>

#include "base/config.h"
#include "observe/hooks.h"

/* NOLINTBEGIN(bugprone-reserved-identifier): the runtimes' names */
MICA_WEAK void __asan_init(void);
MICA_WEAK void __hwasan_init(void);
MICA_WEAK void __msan_init(void);
MICA_WEAK void __tsan_init(void);

static const char* name(void) {
  if (__asan_init != NULL) return "AddressSanitizer";
  if (__hwasan_init != NULL) return "HWAddressSanitizer";
  if (__msan_init != NULL) return "MemorySanitizer";
  return __tsan_init != NULL ? "ThreadSanitizer" : NULL;
}
/* NOLINTEND(bugprone-reserved-identifier) */

void mica_sanitizer_note(void) {
  const char* const runs = MICA_SANITIZED ? NULL : name();
  if (runs == NULL) return;
  mica_notice(
      "%s runs in this process, and does not see mica's blocks; where its malloc comes first, mica's is not in use\n",
      runs);
}
