/* options.c -- the table of options, and how the environment sets them.
 *
 * Invariants: an option always holds a value from its range; before the constructor that is its default. Values are read
 * from MICA_<NAME>; only where that is not set, from MIMALLOC_<NAME> if mimalloc has an option of that meaning. A program that
 * runs with more rights than its caller ignores both. No allocation; errno is untouched. Anybody may call. */
#include <observe/options.h>

#include <errno.h>
#include <limits.h>
#include <mica.h>
#include <mica/config.h>
#include <observe/output.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind_e { SWITCH, NUMBER, SIZE } kind_t;

/* What is known about an option from the start. A value above max counts as max: more than that is of no use. */
typedef struct rule_s {
  const char* name;
  kind_t kind;
  bool mimalloc; /* MIMALLOC_<NAME> means the same */
  long fallback;
  long max;
} rule_t;

enum { GiB_IN_KiB = 1024 * 1024, LEVEL_MAX = 9, PERCENT_MAX = 1000 };

static const rule_t rules[MICA_OPTION_COUNT] = {
    [MICA_OPTION_SHOW_STATS] = {"SHOW_STATS", SWITCH, true, 0, LEVEL_MAX},
    [MICA_OPTION_SHOW_ERRORS] = {"SHOW_ERRORS", SWITCH, true, MICA_CHECKS, LEVEL_MAX},
    [MICA_OPTION_VERBOSE] = {"VERBOSE", SWITCH, true, 0, LEVEL_MAX},
    [MICA_OPTION_DIRTY_LIMIT] = {"DIRTY_LIMIT", SIZE, false, 8192, LONG_MAX / 1024},
    [MICA_OPTION_DIRTY_PERCENT] = {"DIRTY_PERCENT", NUMBER, false, 10, PERCENT_MAX},
    [MICA_OPTION_DIRTY_CREDIT] = {"DIRTY_CREDIT", SWITCH, false, 1, LEVEL_MAX},
    [MICA_OPTION_ARENA_RESERVE] = {"ARENA_RESERVE", SIZE, true, GiB_IN_KiB / 4, GiB_IN_KiB / 4},
};

/* What was read; valid where the flag is set, else the rule's default holds. */
static _Atomic(long) values[MICA_OPTION_COUNT]; /* [O3] */
static _Atomic(bool) values_read;

long mica_option(mica_option_t option) {
  /* Acquire: pairs with the release in mica_options_read, so that a set flag shows the values. [O2] */
  if (!atomic_load_explicit(&values_read, memory_order_acquire)) return rules[option].fallback;
  /* Relaxed: each value stands alone. */
  return atomic_load_explicit(&values[option], memory_order_relaxed);
}

static bool equals_any(const char* text, const char* const words[4]) {
  for (unsigned i = 0; i < 4; i++) {
    if (strcmp(text, words[i]) == 0) return true;
  }
  return false;
}

static bool parse_switch(const char* text, long* value) {
  static const char* const off[4] = {"off", "no", "false", "OFF"};
  static const char* const on[4] = {"on", "yes", "true", "ON"};
  if (!equals_any(text, off) && !equals_any(text, on)) return false;
  *value = equals_any(text, on);
  return true;
}

/* Digits only: no sign, no space. The whole number is read; one above LONG_MAX counts as LONG_MAX. */
static bool parse_digits(const char** text, long* value) {
  const char* at = *text;
  long sum = 0;
  for (; *at >= '0' && *at <= '9'; at++) {
    const long digit = *at - '0';
    sum = sum > (LONG_MAX - digit) / 10 ? LONG_MAX : sum * 10 + digit;
  }
  if (at == *text) return false;
  *text = at;
  *value = sum;
  return true;
}

/* What follows a size: K, M or G, also as KiB, KB and so on; the value becomes KiB. Without one it is in KiB already, or in
 * bytes, rounded up, where mimalloc's name was used, because that is mimalloc's rule. */
static bool parse_suffix(const char* text, bool bare_bytes, long* value) {
  if (*text == '\0') {
    if (bare_bytes) *value = *value / 1024 + (*value % 1024 != 0);
    return true;
  }
  long scale = 0;
  if (*text == 'K' || *text == 'k') scale = 1;
  if (*text == 'M' || *text == 'm') scale = 1024;
  if (*text == 'G' || *text == 'g') scale = GiB_IN_KiB;
  const char* rest = text + 1;
  if (scale == 0 || !(*rest == '\0' || strcmp(rest, "B") == 0 || strcmp(rest, "iB") == 0)) return false;
  *value = *value > LONG_MAX / scale ? LONG_MAX : *value * scale;
  return true;
}

static bool parse(const rule_t* rule, const char* text, bool bare_bytes, long* value) {
  if (rule->kind == SWITCH && parse_switch(text, value)) return true;
  if (!parse_digits(&text, value)) return false;
  const bool complete = rule->kind == SIZE ? parse_suffix(text, bare_bytes, value) : *text == '\0';
  if (*value > rule->max) *value = rule->max;
  return complete;
}

/* The value of prefix<NAME>, NULL if it is not set. The name that was looked for is left in full. */
static const char* lookup(const rule_t* rule, const char* prefix, char* full, size_t capacity) {
  snprintf(full, capacity, "%s%s", prefix, rule->name);
  return secure_getenv(full);
}

static long option_from_environment(const rule_t* rule) {
  char full[64];
  bool bare_bytes = false;
  const char* text = lookup(rule, "MICA_", full, sizeof full);
  if (text == NULL && rule->mimalloc) {
    bare_bytes = true;
    text = lookup(rule, "MIMALLOC_", full, sizeof full);
  }
  long value = rule->fallback;
  if (text == NULL || parse(rule, text, bare_bytes, &value)) return value;
  mica_message("%s=%.40s is not understood; %ld is used\n", full, text, rule->fallback);
  return rule->fallback;
}

void mica_options_read(void) {
  const int saved = errno;
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) {
    /* Relaxed: published by the flag below. */
    atomic_store_explicit(&values[i], option_from_environment(&rules[i]), memory_order_relaxed);
  }
  /* Release: pairs with the acquire in mica_option. [O1] */
  atomic_store_explicit(&values_read, true, memory_order_release);
  errno = saved;
}

void mica_options_print(void) {
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) {
    const char* const unit = rules[i].kind == SIZE ? " KiB" : "";
    mica_message("MICA_%s=%ld%s\n", rules[i].name, mica_option((mica_option_t)i), unit);
  }
}

MICA_CONSTRUCTOR static void read_at_start(void) {
  mica_options_read();
  if (mica_option(MICA_OPTION_VERBOSE) == 0) return;
  mica_message("version %s%s\n", MICA_VERSION_STRING, MICA_CHECKS ? ", debug" : "");
  mica_options_print();
}
