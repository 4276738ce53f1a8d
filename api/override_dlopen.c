/* override_dlopen.c -- dlopen and dlmopen, without RTLD_DEEPBIND where the environment says MICA_DEEPBIND=ignore.
 *
 * A library that is opened with that flag looks for malloc in itself and in what it needs first, so in the C library, while
 * everything else in the process has mica's: blocks cross over, and the program ends at the first one (PHP opens its extensions
 * so). Nothing in the library that is opened can mend that; the flag can only not be passed on.
 *
 * The C library finds the caller's RUNPATH and namespace by the return address of dlopen. So the call of the next dlopen is the
 * last thing here, and must become a jump: gcc is told -foptimize-sibling-calls, and tests/programs/deepbind.sh looks for a
 * library that only its caller's RUNPATH leads to. On POWER no call of another library's function can be a jump: there the file
 * is left out. In libmica.so only; no state.
 *
 * Before glibc 2.34 dlopen is libdl's, and behind mica there is none unless something has loaded that: then it is a
 * failure, and dlerror says that there is no such symbol. */
#include "base/config.h"
#include "observe/deepbind.h"
#include <dlfcn.h>
#include <stddef.h>

typedef void* open_t(const char* file, int mode);
typedef void* open_in_t(Lmid_t space, const char* file, int mode);

static int wanted(int mode) {
  return (mode & RTLD_DEEPBIND) != 0 && mica_deepbind_ignored() ? mode & ~RTLD_DEEPBIND : mode;
}

MICA_EXPORT void* dlopen(const char* file, int mode) {
  open_t* const next = (open_t*)dlsym(RTLD_NEXT, "dlopen");
  const int changed = wanted(mode);
  if (next == NULL) return NULL;
  MICA_JUMP return next(file, changed);
}

/* Another namespace has another C library, and no mica in front of it: there the flag separates nothing. */
MICA_EXPORT void* dlmopen(Lmid_t space, const char* file, int mode) {
  open_in_t* const next = (open_in_t*)dlsym(RTLD_NEXT, "dlmopen");
  const int changed = space == LM_ID_BASE ? wanted(mode) : mode;
  if (next == NULL) return NULL;
  MICA_JUMP return next(space, file, changed);
}
