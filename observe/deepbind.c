/* deepbind.c -- see deepbind.h. No state, no allocation. */
#include "observe/deepbind.h"

#include "observe/hooks.h"
#include "observe/option_rules.h"
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const char wanted[] = "ignore";

/* The text behind the equals sign of the first variable of that name; NULL: there is none, or it is not to be looked at. */
static const char* said(const char** variable) {
  if (environ == NULL || getauxval(AT_SECURE) != 0) return NULL;
  for (char** at = environ; *at != NULL; at++) {
    const size_t length = strcspn(*at, "=");
    if ((*at)[length] != '=' || !mica_option_spells(*at, length, "MICA_" MICA_DEEPBIND_NAME)) continue;
    *variable = *at;
    return *at + length + 1;
  }
  return NULL;
}

static bool is_wanted(const char* text) { return mica_option_spells(text, strlen(text), wanted); }

bool mica_deepbind_ignored(void) {
  const char* variable;
  const char* const text = said(&variable);
  return text != NULL && is_wanted(text);
}

void mica_deepbind_notice(void) {
  const char* variable;
  const char* const text = said(&variable);
  if (text == NULL || *text == '\0' || is_wanted(text)) return;
  mica_notice("%.*s=%.40s is not understood; nothing but %s is\n", (int)(text - variable - 1), variable, text, wanted);
}
