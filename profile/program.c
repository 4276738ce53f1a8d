/* program.c -- see program.h. What the function itself allocates may be a sample; then it is not called again within. */
#include "profile/program.h"

#include "observe/hook_guard.h"
#include <errno.h>

typedef void mica_function_t(void); /* the program's function, while it is kept */
#include "base/pair.h"

static mica_pair_t registered;

void mica_profile_register(mi_profile_fun* fun, void* arg) { mica_pair_set(&registered, (mica_function_t*)fun, arg); }

void mica_profile_notify(mi_profile_event_t event, const void* p, size_t size, double weight) {
  void* arg;
  mi_profile_fun* const fun = (mi_profile_fun*)mica_pair_get(&registered, &arg);
  if (fun == NULL || !mica_hook_enter(MICA_HOOK_PROFILE)) return;
  const int saved = errno;
  fun(event, p, size, weight, arg);
  errno = saved;
  mica_hook_leave(MICA_HOOK_PROFILE);
}
