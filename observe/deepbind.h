/* deepbind.h -- MICA_DEEPBIND in the environment: a word and not a number, so no option. Used by environment.c, option_rules.c
 * and api/override_dlopen.c. */
#ifndef MICA_DEEPBIND_H
#define MICA_DEEPBIND_H
#include "base/config.h"
#include <stdbool.h>
#include <stddef.h>

#define MICA_DEEPBIND_NAME "DEEPBIND" /* behind MICA_ */

/* Whether the environment says that RTLD_DEEPBIND is to be passed over: "ignore", name and word in any mixture of cases; of
 * equal names the first counts. False in a program that runs with more rights than its caller. Looks each time, as getenv
 * does: not while another thread changes the environment. */
bool mica_deepbind_ignored(void);

/* A line, if the environment says anything else: nothing at all is as good as no variable. */
void mica_deepbind_notice(void);

#endif
