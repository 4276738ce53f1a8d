/* cxx_try.cc -- the one thing that C cannot do: catch what a new-handler, or a program's operator new,
 * throws, where a null pointer was promised.
 *
 * The references to the C++ runtime are weak. In a program without one there is nothing to throw; in one whose runtime was
 * loaded privately, after mica, the exception goes on to the caller as if this were C. Called by
 * new_handler.c and override_new_others.c. */
#include "base/config.h"

extern "C" {
typedef void mica_act_t(void* arg);
MICA_HIDDEN bool mica_cxx_try(mica_act_t* act, void* arg);
}

MICA_WEAK_REFERENCE("__cxa_begin_catch");
MICA_WEAK_REFERENCE("__cxa_end_catch");
MICA_WEAK_REFERENCE("__gxx_personality_v0");
MICA_WEAK_REFERENCE("_Unwind_Resume");

/* False: it threw. */
bool mica_cxx_try(mica_act_t* act, void* arg) {
  try {
    act(arg);
    return true;
  } catch (...) {
    return false;
  }
}
