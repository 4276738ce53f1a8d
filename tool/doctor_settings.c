/* doctor_settings.c -- `mica doctor`: the values of settings that are texts (observe/setting.h), judged as the library does
 * it. */
#include "observe/option_rules.h"
#include "observe/setting.h"
#include "tool/doctor.h"
#include <string.h>

enum { PART = 64, SECONDS_DIGITS = 9 };

/* A number of bytes above 0, or one with a suffix. */
static bool is_rate(const char* text) {
  static const mica_option_rule_t size = {"EVERY", NULL, MICA_SIZE, true, 0, MICA_OPTION_MOST};
  long value;
  return mica_option_parse(&size, text, false, &value) && value > 0;
}

/* One of what stands behind the commas of MICA_PROFILE. */
static const char* wrong_in_part(const char* part) {
  const size_t word = strcspn(part, "=");
  const char* const value = part[word] == '=' ? part + word + 1 : NULL;
  if (value == NULL && mica_option_spells(part, word, "leaks")) return NULL;
  if (value != NULL && mica_option_spells(part, word, "every"))
    return is_rate(value) ? NULL : "every is a number of bytes above 0, with K, M or G behind it if need be";
  if (value != NULL && mica_option_spells(part, word, "signal"))
    return mica_setting_signal(value) != 0 ? NULL : MICA_SETTING_SIGNALS;
  return "it is FILE[,every=BYTES][,signal=NAME][,leaks]";
}

static const char* wrong_in_profile(const char* text) {
  const char* wrong = NULL;
  for (const char* at = text + strcspn(text, ","); *at == ',' && wrong == NULL; at += strcspn(at, ",")) {
    char part[PART];
    const size_t length = strcspn(++at, ",");
    const size_t most = length < sizeof part ? length : sizeof part - 1;
    memcpy(part, at, most);
    part[most] = '\0';
    wrong = wrong_in_part(part);
  }
  return wrong;
}

const char* tool_doctor_setting(const char* name, const char* text) {
  if (*text == '\0') return NULL;
  if (strcmp(name, MICA_DEEPBIND_NAME) == 0)
    return mica_option_spells(text, strlen(text), "ignore") ? NULL : "the one word that is known is ignore";
  if (strcmp(name, MICA_PROFILE_NAME) == 0) return wrong_in_profile(text);
  if (strcmp(name, MICA_STATS_SIGNAL_NAME) == 0) return mica_setting_signal(text) != 0 ? NULL : MICA_SETTING_SIGNALS;
  if (strcmp(name, MICA_STATS_INTERVAL_NAME) == 0)
    return strspn(text, "0123456789") == strlen(text) && strlen(text) <= SECONDS_DIGITS ? NULL
                                                                                        : "it is a number of seconds";
  return NULL;
}
