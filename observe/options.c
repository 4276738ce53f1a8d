/* options.c -- the options' values, and how they are set and listed. The table is in option_rules.c.
 *
 * Invariants: a value and where it is from are one word, so that neither is seen without the other; a value is in its option's
 * range; it gives way to one from the same source or a better one only. No allocation; errno is untouched. Anybody may call. */
#include "observe/options.h"

#include "base/config.h"
#include "observe/option_rules.h"
#include <assert.h>
#include <mica/base.h>
#include <stdatomic.h>

/* Where a value is from, the better the higher. */
typedef enum source_e { BUILT_IN, BY_DEFAULT, BY_ENVIRONMENT, BY_CALL, SOURCES } source_t;

/* value * SOURCES + source; 0: the rule's default. Each stands alone: relaxed throughout. */
_Atomic(long) mica_option_words[MICA_OPTION_COUNT]; /* [O1] */
static_assert(MICA_OPTION_MOST <= LONG_MAX / SOURCES - 1, "a value and its source fit a word");
static_assert((SOURCES & (SOURCES - 1)) == 0, "a mask gives the source");

static bool known(mica_option_t option) { return (unsigned)option < MICA_OPTION_COUNT; }

static source_t source_of(long word) { return (source_t)(word & (SOURCES - 1)); }

static long value_of(mica_option_t option, long word) {
  return word == 0 ? mica_option_rules[option].fallback : (word - (long)source_of(word)) / SOURCES;
}

static long load(mica_option_t option) {
  return atomic_load_explicit(&mica_option_words[option], memory_order_relaxed);
}

long mica_option(mica_option_t option) { return known(option) ? value_of(option, load(option)) : 0; }

bool mica_option_is_size(mica_option_t option) { return known(option) && mica_option_rules[option].kind == MICA_SIZE; }

/* Unless the present value is from a better source. */
static void replace(mica_option_t option, long word, source_t source) {
  long old = load(option);
  while (source_of(old) <= source)
    if (atomic_compare_exchange_weak_explicit(&mica_option_words[option], &old, word, memory_order_relaxed,
                                              memory_order_relaxed))
      return;
}

static void put(mica_option_t option, long value, source_t source) {
  if (!known(option)) return;
  replace(option, mica_option_cut(&mica_option_rules[option], value) * SOURCES + (long)source, source);
}

void mica_option_set(mica_option_t option, long value) { put(option, value, BY_CALL); }

void mica_option_set_default(mica_option_t option, long value) { put(option, value, BY_DEFAULT); }

void mica_option_set_environment(mica_option_t option, long value) { put(option, value, BY_ENVIRONMENT); }

void mica_option_forget(mica_option_t option) {
  long old = load(option);
  while (source_of(old) == BY_ENVIRONMENT)
    if (atomic_compare_exchange_weak_explicit(&mica_option_words[option], &old, 0, memory_order_relaxed,
                                              memory_order_relaxed))
      return;
}

bool mica_option_is_from_environment(mica_option_t option) { return source_of(load(option)) == BY_ENVIRONMENT; }

/* ---- printing ---- */

void mica_options_print(mica_output_t* out, void* arg) {
  static const char* const sources[SOURCES] = {"", "  (default by call)", "  (environment)", "  (call)"};
  mica_print(out, arg, "mica: version %s%s\n", MICA_VERSION_STRING, MICA_VARIANT_TEXT);
  for (unsigned i = 0; i < MICA_OPTION_COUNT; i++) {
    const mica_option_rule_t* const rule = &mica_option_rules[i];
    const long word = load((mica_option_t)i);
    mica_print(out, arg, "mica: MICA_%s=%ld%s%s%s\n", rule->name, value_of((mica_option_t)i, word),
               rule->kind == MICA_SIZE ? " KiB" : "", sources[source_of(word)],
               rule->effect ? "" : "  (no effect in mica)");
  }
}
