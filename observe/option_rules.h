/* option_rules.h -- each option's name, kind, default and bounds, and how texts are read. Used by options.c, environment.c,
 * setting.c and deepbind.c; no state. */
#ifndef MICA_OPTION_RULES_H
#define MICA_OPTION_RULES_H
#include "base/config.h"
#include "observe/options.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum mica_kind_e { MICA_SWITCH, MICA_NUMBER, MICA_SIGNED, MICA_SIZE } mica_kind_t;

/* The first of mica's own options: those before it may be set by MIMALLOC_<NAME>, too. */
#define MICA_OPTION_OWN mi_option_dirty_limit

/* More than that is of no use; in KiB it is a number of bytes still. */
#define MICA_OPTION_MOST (LONG_MAX / 1024)

/* A value above max counts as max; one below 0 as 0, unless the kind is SIGNED. */
typedef struct mica_option_rule_s {
  const char* name;
  const char* older; /* another name behind MIMALLOC_, of mica's own one that is taken for it; or NULL */
  mica_kind_t kind;
  bool effect;   /* it has a meaning in mica */
  long fallback; /* the default */
  long max;
} mica_option_rule_t;

extern MICA_HIDDEN const mica_option_rule_t mica_option_rules[MICA_OPTION_COUNT];

/* Names behind MICA_ that are no options: settings, whose values are texts (setting.h). They are here because a name that is
 * nearly one is told of as one that is nearly an option is. */
#define MICA_DEEPBIND_NAME "DEEPBIND"
#define MICA_PROFILE_NAME "PROFILE"
#define MICA_STATS_SIGNAL_NAME "STATS_SIGNAL"
#define MICA_STATS_FILE_NAME "STATS_FILE"
#define MICA_STATS_INTERVAL_NAME "STATS_INTERVAL"
enum { MICA_SETTINGS = 5 };
extern MICA_HIDDEN const char* const mica_setting_names[MICA_SETTINGS];

/* The nearest value in the rule's range. */
long mica_option_cut(const mica_option_rule_t* rule, long value);

/* The value of a text, cut; false if it is not understood. bare_bytes: a size without a suffix is in bytes. */
bool mica_option_parse(const mica_option_rule_t* rule, const char* text, bool bare_bytes, long* value);

/* Whose names an environment variable's name is among, by its prefix. */
typedef enum mica_option_family_e { MICA_FAMILY_MICA, MICA_FAMILY_MIMALLOC, MICA_FAMILY_FOREIGN } mica_option_family_t;

/* The family, and the length of the prefix in *prefix; the case of letters does not matter. */
mica_option_family_t mica_option_family(const char* name, size_t length, size_t* prefix);

/* How a name is an option's, the best way first. */
typedef enum mica_option_name_e {
  MICA_NAME_MICA,     /* MICA_<NAME> */
  MICA_NAME_MIMALLOC, /* MIMALLOC_<NAME> */
  MICA_NAME_OLDER,    /* an older name behind MIMALLOC_ */
  MICA_NAME_OTHER,    /* it is not */
} mica_option_name_t;

/* How the name, of that length and without the family's prefix, is the option's. One name may be several options'. */
mica_option_name_t mica_option_named(mica_option_t option, mica_option_family_t family, const char* name,
                                     size_t length);

/* The name of what is meant by a name that is none, all without the family's prefix: an option's, or a setting's. NULL: no
 * name is so near. */
const char* mica_option_nearest(const char* name, size_t length);

/* Whether the first length characters of text are the word, whatever the case. */
bool mica_option_spells(const char* text, size_t length, const char* word);

#endif
