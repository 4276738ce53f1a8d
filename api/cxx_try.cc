/* cxx_try.cc -- the one thing that C cannot do: catch what a new-handler throws, where a null pointer was promised.
 *
 * The references to the C++ runtime are weak. In a program without one there is nothing to throw; in one whose runtime was
 * loaded privately, after mica, the exception goes on to the caller as if this were C. Called by new_handler.c. */
#include "base/config.h"

extern "C" {
typedef void mica_new_handler_t(void);
MICA_HIDDEN bool mica_cxx_try(mica_new_handler_t* handler);
}

MICA_WEAK_REFERENCE("__cxa_begin_catch");
MICA_WEAK_REFERENCE("__cxa_end_catch");
MICA_WEAK_REFERENCE("__gxx_personality_v0");
MICA_WEAK_REFERENCE("_Unwind_Resume");

/* False: the handler threw. */
bool mica_cxx_try(mica_new_handler_t* handler) {
  try {
    handler();
    return true;
  } catch (...) {
    return false;
  }
}
