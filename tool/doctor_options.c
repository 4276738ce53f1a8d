/* doctor_options.c -- `mica doctor`: the variables in an environment that are mica's options, or nearly so, by the rules by
 * which the library itself reads them (observe/option_rules.c). */
#include "observe/option_rules.h"
#include "tool/doctor.h"
#include <string.h>

const char* tool_doctor_variable(const char* environment, size_t length, const char* name) {
  const size_t n = strlen(name);
  for (const char* at = environment; at != NULL && at < environment + length; at += strlen(at) + 1)
    if (strncmp(at, name, n) == 0 && at[n] == '=') return at + n + 1;
  return NULL;
}

/* What the variable is of the option; its value is judged. */
static bool is_option(tool_findings_t* findings, const char* variable, size_t length, mica_option_family_t family,
                      size_t prefix) {
  long value;
  bool is_one = false;
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) {
    const mica_option_rule_t* const rule = &mica_option_rules[i];
    const mica_option_name_t name = mica_option_named((mica_option_t)i, family, variable + prefix, length - prefix);
    if (name == MICA_NAME_OTHER) continue;
    if (is_one) return true;
    is_one = true;
    if (!mica_option_parse(rule, variable + length + 1, name != MICA_NAME_MICA, &value))
      tool_find(findings, TOOL_BAD, "option", "notes/options.md has its values", "%.300s is not understood", variable);
    else if (!rule->effect)
      tool_find(findings, TOOL_LOOK, "option", NULL, "%.300s has no effect in mica", variable);
    else
      tool_find(findings, TOOL_OK, "option", NULL, "%.300s", variable);
  }
  return is_one;
}

/* A setting: its value is a text. */
static void find_setting(tool_findings_t* findings, const char* variable, const char* name, const char* text) {
  const char* const wrong = tool_doctor_setting(name, text);
  if (wrong != NULL)
    tool_find(findings, TOOL_BAD, "option", wrong, "%.300s is not understood", variable);
  else
    tool_find(findings, TOOL_OK, "option", NULL, "%.300s", variable);
}

static void find_variable(tool_findings_t* findings, const char* variable) {
  const size_t length = strcspn(variable, "=");
  size_t prefix;
  if (variable[length] == '\0') return;
  const mica_option_family_t family = mica_option_family(variable, length, &prefix);
  if (family == MICA_FAMILY_FOREIGN || is_option(findings, variable, length, family, prefix)) return;
  if (family != MICA_FAMILY_MICA) return;
  /* A setting that is a text and no option is found as its own nearest name. */
  const char* const nearest = mica_option_nearest(variable + prefix, length - prefix);
  if (nearest == NULL)
    tool_find(findings, TOOL_LOOK, "option", NULL, "%.*s is no option of mica's", (int)length, variable);
  else if (mica_option_spells(variable + prefix, length - prefix, nearest))
    find_setting(findings, variable, nearest, variable + length + 1);
  else
    tool_find(findings, TOOL_BAD, "option", NULL, "%.*s is no option of mica's; the nearest is MICA_%s", (int)length,
              variable, nearest);
}

void tool_doctor_options(tool_findings_t* findings, const char* environment, size_t length) {
  const size_t before = findings->count;
  if (environment == NULL) {
    tool_find(findings, TOOL_LOOK, "option", "ask as its user, or as root", "its environment cannot be read");
    return;
  }
  for (const char* at = environment; at < environment + length; at += strlen(at) + 1) find_variable(findings, at);
  if (findings->count == before)
    tool_find(findings, TOOL_OK, "option", NULL, "no variable begins with MICA_ or MIMALLOC_");
}
