/* mi_options.c -- the functions of mica/options.h and mica/hooks.h, exported. Any thread may call; errno is untouched. */
#include "base/config.h"
#include "observe/hooks.h"
#include "observe/options.h"
#include <mica/hooks.h>
#include <mica/options.h>

MICA_EXPORT long mi_option_get(mi_option_t option) { return mica_option(option); }

MICA_EXPORT long mi_option_get_clamp(mi_option_t option, long min, long max) {
  const long value = mica_option(option);
  if (value < min) return min;
  return value > max ? max : value;
}

MICA_EXPORT size_t mi_option_get_size(mi_option_t option) {
  const long value = mica_option(option);
  if (value < 0) return 0;
  return (size_t)value * (mica_option_is_size(option) ? 1024 : 1);
}

MICA_EXPORT void mi_option_set(mi_option_t option, long value) { mica_option_set(option, value); }

MICA_EXPORT void mi_option_set_default(mi_option_t option, long value) { mica_option_set_default(option, value); }

MICA_EXPORT bool mi_option_is_enabled(mi_option_t option) { return mica_option(option) != 0; }

MICA_EXPORT void mi_option_enable(mi_option_t option) { mica_option_set(option, 1); }

MICA_EXPORT void mi_option_disable(mi_option_t option) { mica_option_set(option, 0); }

MICA_EXPORT void mi_option_set_enabled(mi_option_t option, bool enable) { mica_option_set(option, enable); }

MICA_EXPORT void mi_option_set_enabled_default(mi_option_t option, bool enable) {
  mica_option_set_default(option, enable);
}

MICA_EXPORT void mi_options_print_out(mi_output_fun* out, void* arg) { mica_options_print(out, arg); }

MICA_EXPORT void mi_options_print(void) { mica_options_print(NULL, NULL); }

MICA_EXPORT void mi_register_output(mi_output_fun* out, void* arg) { mica_output_register(out, arg); }

MICA_EXPORT void mi_register_error(mi_error_fun* fun, void* arg) { mica_error_register(fun, arg); }

MICA_EXPORT void mi_register_deferred_free(mi_deferred_free_fun* fun, void* arg) { mica_deferred_register(fun, arg); }

MICA_EXPORT void mi_register_limit(mi_limit_fun* fun, void* arg) { mica_limit_register(fun, arg); }
