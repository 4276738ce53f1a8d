/* deepbind.c -- see deepbind.h. No state, no allocation. */
#include "observe/deepbind.h"

#include "observe/option_rules.h"
#include "observe/setting.h"
#include <string.h>

static const char wanted[] = "ignore";

static bool is_wanted(const char* text) { return mica_option_spells(text, strlen(text), wanted); }

bool mica_deepbind_ignored(void) {
  const char* const text = mica_setting(MICA_DEEPBIND_NAME);
  return text != NULL && is_wanted(text);
}

void mica_deepbind_notice(void) {
  const char* const text = mica_setting(MICA_DEEPBIND_NAME);
  if (text == NULL || *text == '\0' || is_wanted(text)) return;
  mica_setting_refused(MICA_DEEPBIND_NAME, text, "nothing but ignore is");
}
