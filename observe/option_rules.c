/* option_rules.c -- the table of options, and how names and values are read.
 *
 * Invariant: the table's defaults and effects are those that mica/options.h states. No state, no allocation; errno is
 * untouched. Called by options.c, environment.c and setting.c. */
#include "observe/option_rules.h"

#include "base/config.h"
#include <assert.h>
#include <string.h>

const char* const mica_setting_names[MICA_SETTINGS] = {MICA_DEEPBIND_NAME, MICA_PROFILE_NAME, MICA_STATS_SIGNAL_NAME,
                                                       MICA_STATS_FILE_NAME, MICA_STATS_INTERVAL_NAME};

enum { IDLE = false, USED = true }; /* without effect, or with one */
enum { GiB_IN_KiB = 1024 * 1024, PERCENT_MAX = 1000 };
#define MOST MICA_OPTION_MOST

const mica_option_rule_t mica_option_rules[MICA_OPTION_COUNT] = {
    [mi_option_show_errors] = {"SHOW_ERRORS", NULL, MICA_SWITCH, USED, MICA_CHECKS, MOST},
    [mi_option_show_stats] = {"SHOW_STATS", NULL, MICA_SWITCH, USED, 0, MOST},
    [mi_option_verbose] = {"VERBOSE", NULL, MICA_SWITCH, USED, 0, MOST},
    [mi_option_deprecated_eager_commit] = {"DEPRECATED_EAGER_COMMIT", NULL, MICA_SWITCH, IDLE, 1, MOST},
    [mi_option_arena_eager_commit] = {"ARENA_EAGER_COMMIT", "EAGER_REGION_COMMIT", MICA_SWITCH, IDLE, 2, MOST},
    [mi_option_purge_decommits] = {"PURGE_DECOMMITS", "RESET_DECOMMITS", MICA_SWITCH, IDLE, 1, MOST},
    [mi_option_allow_large_os_pages] = {"ALLOW_LARGE_OS_PAGES", "LARGE_OS_PAGES", MICA_SWITCH, USED, 0, MOST},
    [mi_option_reserve_huge_os_pages] = {"RESERVE_HUGE_OS_PAGES", NULL, MICA_NUMBER, USED, 0, MOST},
    [mi_option_reserve_huge_os_pages_at] = {"RESERVE_HUGE_OS_PAGES_AT", NULL, MICA_SIGNED, IDLE, -1, MOST},
    [mi_option_reserve_os_memory] = {"RESERVE_OS_MEMORY", NULL, MICA_SIZE, USED, 0, MOST},
    [mi_option_deprecated_segment_cache] = {"DEPRECATED_SEGMENT_CACHE", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_deprecated_page_reset] = {"DEPRECATED_PAGE_RESET", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_deprecated_abandoned_page_purge] = {"DEPRECATED_ABANDONED_PAGE_PURGE", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_deprecated_segment_reset] = {"DEPRECATED_SEGMENT_RESET", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_deprecated_eager_commit_delay] = {"DEPRECATED_EAGER_COMMIT_DELAY", NULL, MICA_SIGNED, IDLE, 1, MOST},
    [mi_option_purge_delay] = {"PURGE_DELAY", "RESET_DELAY", MICA_SIGNED, USED, 1000, MOST},
    [mi_option_use_numa_nodes] = {"USE_NUMA_NODES", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_disallow_os_alloc] = {"DISALLOW_OS_ALLOC", "LIMIT_OS_ALLOC", MICA_SWITCH, USED, 0, MOST},
    [mi_option_os_tag] = {"OS_TAG", NULL, MICA_SIGNED, IDLE, 100, MOST},
    [mi_option_max_errors] = {"MAX_ERRORS", NULL, MICA_SIGNED, USED, 32, MOST},
    [mi_option_max_warnings] = {"MAX_WARNINGS", NULL, MICA_SIGNED, USED, 32, MOST},
    [mi_option_deprecated_max_segment_reclaim] = {"DEPRECATED_MAX_SEGMENT_RECLAIM", NULL, MICA_SIGNED, IDLE, 10, MOST},
    [mi_option_destroy_on_exit] = {"DESTROY_ON_EXIT", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_arena_reserve] = {"ARENA_RESERVE", NULL, MICA_SIZE, USED, 4096, GiB_IN_KiB / 4},
    [mi_option_arena_purge_mult] = {"ARENA_PURGE_MULT", NULL, MICA_SIGNED, IDLE, 1, MOST},
    [mi_option_deprecated_purge_extend_delay] = {"DEPRECATED_PURGE_EXTEND_DELAY", "DECOMMIT_EXTEND_DELAY", MICA_SIGNED,
                                                 IDLE, 1, MOST},
    [mi_option_disallow_arena_alloc] = {"DISALLOW_ARENA_ALLOC", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_retry_on_oom] = {"RETRY_ON_OOM", NULL, MICA_SIGNED, IDLE, 400, MOST},
    [mi_option_visit_abandoned] = {"VISIT_ABANDONED", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_guarded_min] = {"GUARDED_MIN", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_guarded_max] = {"GUARDED_MAX", NULL, MICA_SIGNED, IDLE, 1073741824, MOST},
    [mi_option_guarded_precise] = {"GUARDED_PRECISE", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_guarded_sample_rate] = {"GUARDED_SAMPLE_RATE", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_guarded_sample_seed] = {"GUARDED_SAMPLE_SEED", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_generic_collect] = {"GENERIC_COLLECT", NULL, MICA_SIGNED, IDLE, 10000, MOST},
    [mi_option_page_reclaim_on_free] = {"PAGE_RECLAIM_ON_FREE", "ABANDONED_RECLAIM_ON_FREE", MICA_SIGNED, IDLE, 0,
                                        MOST},
    [mi_option_page_full_retain] = {"PAGE_FULL_RETAIN", NULL, MICA_SIGNED, IDLE, 2, MOST},
    [mi_option_page_max_candidates] = {"PAGE_MAX_CANDIDATES", NULL, MICA_SIGNED, IDLE, 4, MOST},
    [mi_option_max_vabits] = {"MAX_VABITS", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_pagemap_commit] = {"PAGEMAP_COMMIT", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_page_commit_on_demand] = {"PAGE_COMMIT_ON_DEMAND", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_page_max_reclaim] = {"PAGE_MAX_RECLAIM", NULL, MICA_SIGNED, IDLE, -1, MOST},
    [mi_option_page_cross_thread_max_reclaim] = {"PAGE_CROSS_THREAD_MAX_RECLAIM", NULL, MICA_SIGNED, IDLE, 32, MOST},
    [mi_option_allow_thp] = {"ALLOW_THP", NULL, MICA_SWITCH, IDLE, 1, MOST},
    [mi_option_minimal_purge_size] = {"MINIMAL_PURGE_SIZE", NULL, MICA_SIZE, IDLE, 0, MOST},
    [mi_option_arena_max_object_size] = {"ARENA_MAX_OBJECT_SIZE", NULL, MICA_SIZE, IDLE, 2097152, MOST},
    [mi_option_arena_is_numa_local] = {"ARENA_IS_NUMA_LOCAL", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_eager_commit] = {"EAGER_COMMIT", NULL, MICA_SWITCH, IDLE, 1, MOST},
    [mi_option_abandoned_page_purge] = {"ABANDONED_PAGE_PURGE", "ABANDONED_PAGE_RESET", MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_eager_commit_delay] = {"EAGER_COMMIT_DELAY", NULL, MICA_SIGNED, IDLE, 1, MOST},
    [mi_option_max_segment_reclaim] = {"MAX_SEGMENT_RECLAIM", NULL, MICA_SIGNED, IDLE, 10, MOST},
    [mi_option_purge_extend_delay] = {"PURGE_EXTEND_DELAY", "DECOMMIT_EXTEND_DELAY", MICA_SIGNED, IDLE, 1, MOST},
    [mi_option_abandoned_reclaim_on_free] = {"ABANDONED_RECLAIM_ON_FREE", NULL, MICA_SWITCH, IDLE, 0, MOST},
    [mi_option_target_segments_per_thread] = {"TARGET_SEGMENTS_PER_THREAD", NULL, MICA_SIGNED, IDLE, 0, MOST},
    [mi_option_dirty_limit] = {"DIRTY_LIMIT", NULL, MICA_SIZE, USED, 8192, MOST},
    [mi_option_dirty_percent] = {"DIRTY_PERCENT", NULL, MICA_NUMBER, USED, 10, PERCENT_MAX},
    [mi_option_dirty_credit] = {"DIRTY_CREDIT", NULL, MICA_SWITCH, USED, 1, MOST},
    [mi_option_memory_limit] = {"MEMORY_LIMIT", "LIMIT", MICA_SIZE, USED, 0, MOST},
    [mi_option_show_version] = {"SHOW_VERSION", NULL, MICA_SWITCH, USED, 0, MOST},
};

/* ---- values ---- */

long mica_option_cut(const mica_option_rule_t* rule, long value) {
  const long least = rule->kind == MICA_SIGNED ? -rule->max : 0;
  if (value < least) return least;
  return value > rule->max ? rule->max : value;
}

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

bool mica_option_spells(const char* text, size_t length, const char* word) {
  for (size_t i = 0; i < length; i++)
    if (word[i] == '\0' || lower(text[i]) != lower(word[i])) return false;
  return word[length] == '\0';
}

static bool spells_any(const char* text, const char* const words[3]) {
  for (unsigned i = 0; i < 3; i++)
    if (mica_option_spells(text, strlen(text), words[i])) return true;
  return false;
}

static bool parse_switch(const char* text, long* value) {
  static const char* const off[3] = {"off", "no", "false"};
  static const char* const on[3] = {"on", "yes", "true"};
  if (!spells_any(text, off) && !spells_any(text, on)) return false;
  *value = spells_any(text, on);
  return true;
}

/* Digits only: no space. The whole number is read; one above LONG_MAX counts as LONG_MAX. */
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

/* The suffix of a size: K, M or G, also as KiB, KB and so on; the value becomes KiB. Without one it is in KiB already, or in
 * bytes, rounded up, where mimalloc's name was used, because that is mimalloc's rule. */
static bool parse_suffix(const char* text, bool bare_bytes, long* value) {
  if (*text == '\0') {
    if (bare_bytes) *value = *value / 1024 + (*value % 1024 != 0);
    return true;
  }
  long scale = 0;
  if (lower(*text) == 'k') scale = 1;
  if (lower(*text) == 'm') scale = 1024;
  if (lower(*text) == 'g') scale = GiB_IN_KiB;
  const char* rest = text + 1;
  if (scale == 0 || !(*rest == '\0' || strcmp(rest, "B") == 0 || strcmp(rest, "iB") == 0)) return false;
  *value = *value > LONG_MAX / scale ? LONG_MAX : *value * scale;
  return true;
}

bool mica_option_parse(const mica_option_rule_t* rule, const char* text, bool bare_bytes, long* value) {
  if (rule->kind == MICA_SWITCH && parse_switch(text, value)) return true;
  const bool negative = rule->kind == MICA_SIGNED && *text == '-';
  if (negative) text++;
  if (!parse_digits(&text, value)) return false;
  const bool complete = rule->kind == MICA_SIZE ? parse_suffix(text, bare_bytes, value) : *text == '\0';
  *value = mica_option_cut(rule, negative ? -*value : *value);
  return complete;
}

/* ---- names ---- */

/* The length of the prefix that the name begins with, whatever the case; 0: it does not. */
static size_t prefixed(const char* name, size_t length, const char* prefix) {
  const size_t n = strlen(prefix);
  return length >= n && mica_option_spells(name, n, prefix) ? n : 0;
}

mica_option_family_t mica_option_family(const char* name, size_t length, size_t* prefix) {
  if ((*prefix = prefixed(name, length, "MICA_")) != 0) return MICA_FAMILY_MICA;
  if ((*prefix = prefixed(name, length, "MIMALLOC_")) != 0) return MICA_FAMILY_MIMALLOC;
  return MICA_FAMILY_FOREIGN;
}

mica_option_name_t mica_option_named(mica_option_t option, mica_option_family_t family, const char* name,
                                     size_t length) {
  const mica_option_rule_t* const rule = &mica_option_rules[option];
  if (family == MICA_FAMILY_MICA)
    return mica_option_spells(name, length, rule->name) ? MICA_NAME_MICA : MICA_NAME_OTHER;
  if (option >= MICA_OPTION_OWN) return MICA_NAME_OTHER;
  if (mica_option_spells(name, length, rule->name)) return MICA_NAME_MIMALLOC;
  return rule->older != NULL && mica_option_spells(name, length, rule->older) ? MICA_NAME_OLDER : MICA_NAME_OTHER;
}

/* ---- the nearest name ---- */

enum {
  NAME_MOST = 40,
  NAME_SHORT = 6
}; /* longer names are cut; in a shorter one a single letter may be wrong, else two */
enum {
  A_WORD = 10,
  IDLE_TOO = 100,
  FAR = 1000
}; /* how far: beyond any number of letters; an option without effect; no way */
static_assert(NAME_MOST < UCHAR_MAX && A_WORD > 2 && IDLE_TOO > A_WORD && FAR > IDLE_TOO + A_WORD, "each is farther");

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* The letters of the name, in lower case and without underscores. */
static unsigned squeeze(const char* name, size_t length, char letters[NAME_MOST]) {
  unsigned n = 0;
  for (size_t i = 0; i < length && n < NAME_MOST; i++)
    if (name[i] != '_') letters[n++] = lower(name[i]);
  return n;
}

/* The least number of letters that have to be put in, left out or exchanged, to make one of the other (after Levenshtein). */
static unsigned distance(const char* one, unsigned length, const char* other, unsigned width) {
  unsigned char row[NAME_MOST + 1]; /* of the letters of `one` so far: to the first i of `other` */
  for (unsigned i = 0; i <= width; i++) row[i] = (unsigned char)i;
  for (unsigned k = 0; k < length; k++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned char)(k + 1);
    for (unsigned i = 0; i < width; i++) {
      const unsigned same = diagonal + (one[k] != other[i]);
      diagonal = row[i + 1];
      row[i + 1] = (unsigned char)least(same, 1 + least(row[i], diagonal));
    }
  }
  return row[width];
}

/* FAR, or how many letters are wrong. */
static unsigned misspelled(const char* name, size_t length, const char* other) {
  char one[NAME_MOST];
  char two[NAME_MOST];
  if (other == NULL) return FAR;
  const unsigned width = squeeze(other, strlen(other), two);
  const unsigned letters = squeeze(name, length, one), bound = width < NAME_SHORT ? 1 : 2;
  if (letters > width + bound || width > letters + bound) return FAR;
  const unsigned d = distance(one, letters, two, width);
  return d <= bound ? d : FAR;
}

static size_t word_end(const char* name, size_t length, size_t at) {
  while (at < length && name[at] != '_') at++;
  return at;
}

static bool has_word(const char* name, size_t length, const char* word, size_t letters) {
  for (size_t at = 0, end; at < length; at = end + 1) {
    end = word_end(name, length, at);
    size_t same = 0;
    while (same < letters && same < end - at && lower(name[at + same]) == lower(word[same])) same++;
    if (same == letters && same == end - at) return true;
  }
  return false;
}

/* How many words the name has, and how many of them are not the other's. */
static unsigned count_words(const char* name, size_t length, const char* other, size_t width, unsigned* foreign) {
  unsigned n = 0;
  *foreign = 0;
  for (size_t at = 0, end; at <= length; at = end + 1, n++) {
    end = word_end(name, length, at);
    if (end == at || !has_word(other, width, name + at, end - at)) (*foreign)++;
  }
  return n;
}

/* Whether one word is missing, or one is too many behind two that are the option's, or their order is another. */
static bool by_words(const char* name, size_t length, const char* option) {
  unsigned added;
  unsigned missing;
  const size_t width = strlen(option);
  count_words(name, length, option, width, &added);
  const unsigned words = count_words(option, width, name, length, &missing);
  return (added == 0 && missing <= 1) || (words >= 2 && missing == 0 && added <= 1);
}

/* An option without an effect is meant by who misspells it alone: its words are anybody's. */
static unsigned farness(const char* name, size_t length, const mica_option_rule_t* rule) {
  const unsigned letters = least(misspelled(name, length, rule->name), misspelled(name, length, rule->older));
  if (!rule->effect) return least(letters + IDLE_TOO, FAR);
  return letters == FAR && by_words(name, length, rule->name) ? A_WORD : letters;
}

const char* mica_option_nearest(const char* name, size_t length) {
  const char* nearest = NULL;
  unsigned best = FAR;
  for (unsigned i = 0; i < MICA_SETTINGS; i++) {
    const unsigned far = misspelled(name, length, mica_setting_names[i]);
    if (far >= best) continue;
    best = far;
    nearest = mica_setting_names[i];
  }
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) {
    const unsigned far = farness(name, length, &mica_option_rules[i]);
    if (far >= best) continue;
    best = far;
    nearest = mica_option_rules[i].name;
  }
  return nearest;
}
