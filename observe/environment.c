/* environment.c -- what the environment says of the options, and what is said while the library is loaded.
 *
 * Invariants: whatever is said here is dropped where stderr does not take it at once, and all but what was asked for counts
 * among the warnings. No allocation; errno is untouched. The library's constructor, and tests. */
#include "observe/environment.h"

#include "base/config.h"
#include "observe/deepbind.h"
#include "observe/hooks.h"
#include "observe/option_rules.h"
#include "observe/options.h"
#include "observe/output.h"
#include "observe/sanitizer.h"
#include "observe/setting.h"
#include <errno.h>
#include <mica/base.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* An option's entry in the environment: the text behind the best of its names. */
typedef struct entry_s {
  const char* variable; /* "NAME=text"; NULL: nothing */
  const char* text;
  mica_option_name_t name;
  bool is_refused; /* the text is not understood */
} entry_t;

/* The length of a name in a message. */
static int shown(size_t length) { return length < 60 ? (int)length : 60; }

/* What a variable's name is. */
typedef enum named_e { NAMES_OTHER = 0, NAMES_SETTING = 1, NAMES_STRAY = 2 } named_t; /* an option's is another, too */

/* A variable of the environment, with each option that it names: the best name counts, and of equal ones the first. A stray
 * begins like an option of mica's own, and is none. */
static named_t note(const char* variable, entry_t entries[MICA_OPTION_COUNT]) {
  const char* const equals = strchr(variable, '=');
  if (equals == NULL) return NAMES_OTHER;
  const size_t length = (size_t)(equals - variable);
  size_t prefix;
  const mica_option_family_t family = mica_option_family(variable, length, &prefix);
  if (family == MICA_FAMILY_FOREIGN) return NAMES_OTHER;
  bool named = false;
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) {
    const mica_option_name_t name = mica_option_named((mica_option_t)i, family, variable + prefix, length - prefix);
    if (name == MICA_NAME_OTHER) continue;
    named = true;
    if (entries[i].variable == NULL || name < entries[i].name)
      entries[i] = (entry_t){variable, equals + 1, name, false};
  }
  if (named || family != MICA_FAMILY_MICA) return NAMES_OTHER;
  return mica_setting_named(variable + prefix, length - prefix) ? NAMES_SETTING : NAMES_STRAY;
}

/* A name that is near none is told of to who asked for everything alone: it is another program's as likely as not. */
static void report_stray(const char* variable) {
  const size_t length = strcspn(variable, "=");
  size_t prefix;
  mica_option_family(variable, length, &prefix);
  const char* const nearest = mica_option_nearest(variable + prefix, length - prefix);
  if (nearest != NULL)
    mica_notice("%.*s is no option of mica's; the nearest is MICA_%s\n", shown(length), variable, nearest);
  else if (mica_option(MICA_OPTION_VERBOSE) != 0)
    mica_notice("%.*s is no option of mica's\n", shown(length), variable);
}

/* The environment says that no errors are to be shown. */
static bool is_silent(void) {
  return mica_option_is_from_environment(MICA_OPTION_SHOW_ERRORS) && mica_option(MICA_OPTION_SHOW_ERRORS) == 0 &&
         mica_option(MICA_OPTION_VERBOSE) == 0;
}

/* A misspelled name would be without effect and without a word. Whoever says MICA_SHOW_ERRORS=0 does not get the line. */
static void report_strays(entry_t entries[MICA_OPTION_COUNT]) {
  if (is_silent()) return;
  for (char** variable = environ; *variable != NULL; variable++)
    if (note(*variable, entries) == NAMES_STRAY) report_stray(*variable);
}

static void apply(mica_option_t option, entry_t* entry) {
  long value = 0;
  mica_option_forget(option);
  if (entry->variable == NULL) return;
  entry->is_refused =
      !mica_option_parse(&mica_option_rules[option], entry->text, entry->name != MICA_NAME_MICA, &value);
  if (!entry->is_refused) mica_option_set_environment(option, value);
}

/* The value of an option that is used instead of the text. */
static void report_refused(mica_option_t option, const entry_t* entry) {
  if (!entry->is_refused) return;
  mica_notice("%.*s=%.40s is not understood; %ld%s is used\n", shown((size_t)(entry->text - entry->variable - 1)),
              entry->variable, entry->text, mica_option(option), mica_option_is_size(option) ? " KiB" : "");
}

void mica_options_read(void) {
  const int saved = errno;
  entry_t entries[MICA_OPTION_COUNT] = {{NULL, NULL, MICA_NAME_OTHER, false}};
  const bool is_read = environ != NULL && getauxval(AT_SECURE) == 0;
  unsigned seen = NAMES_OTHER;
  for (char** variable = environ; is_read && *variable != NULL; variable++) seen |= (unsigned)note(*variable, entries);
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) apply((mica_option_t)i, &entries[i]);
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) report_refused((mica_option_t)i, &entries[i]);
  if ((seen & NAMES_SETTING) != 0) mica_deepbind_notice();
  if ((seen & NAMES_STRAY) != 0) report_strays(entries);
  errno = saved;
}

/* ---- at start ---- */

static void print_settings(void) {
  for (unsigned i = 0; i < MICA_SETTINGS; i++) {
    const char* const text = mica_setting(mica_setting_names[i]);
    mica_print(mica_offer, NULL, "mica: MICA_%s=%.300s%s\n", mica_setting_names[i], text == NULL ? "" : text,
               text == NULL ? "" : "  (environment)");
  }
}

MICA_CONSTRUCTOR static void read_at_start(void) {
  mica_options_read();
  if (mica_option(MICA_OPTION_SHOW_VERSION) != 0)
    mica_print(mica_offer, NULL, "mica: version %s%s, in process %ld\n", MICA_VERSION_STRING, MICA_VARIANT_TEXT,
               (long)getpid());
  if (mica_option(MICA_OPTION_VERBOSE) != 0) {
    mica_options_print(mica_offer, NULL);
    print_settings();
  }
  if (!is_silent()) mica_sanitizer_note();
}
