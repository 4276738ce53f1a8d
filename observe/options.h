/* options.h -- settings read from the environment: MICA_<NAME>, or MIMALLOC_<NAME> where that has the same meaning.
 *
 * Before the library's constructor has run the defaults hold. Any thread may read one at any time. */
#ifndef MICA_OPTIONS_H
#define MICA_OPTIONS_H

typedef enum mica_option_e {
  MICA_OPTION_SHOW_STATS,    /* 1: statistics on stderr at exit. Default 0 */
  MICA_OPTION_SHOW_ERRORS,   /* 1: one line on stderr for an allocation that failed. Default 0 (1 in debug) */
  MICA_OPTION_VERBOSE,       /* 1: options and version on stderr at start. Default 0 */
  MICA_OPTION_DIRTY_LIMIT,   /* KiB of freed memory kept for reuse whatever is live. Default 8192; suffixes K M G */
  MICA_OPTION_DIRTY_PERCENT, /* what may be kept on top, in per cent of the memory in use. Default 10 */
  MICA_OPTION_DIRTY_CREDIT,  /* 1: keep more while memory that was just purged is asked for again. Default 1 */
  MICA_OPTION_ARENA_RESERVE, /* KiB of address space asked for at a time: 262144, less where that is not to be had */
  MICA_OPTION_COUNT
} mica_option_t;

/* The option's present value. */
long mica_option(mica_option_t option);

/* Reads the environment. Called once, by the library's constructor. An unknown value gets one warning and the default. */
void mica_options_read(void);

/* Every option with its value, one a line, through mica_message. */
void mica_options_print(void);

#endif
