/* deepbind.h -- MICA_DEEPBIND in the environment, a setting (setting.h). Used by environment.c and api/override_dlopen.c. */
#ifndef MICA_DEEPBIND_H
#define MICA_DEEPBIND_H
#include <stdbool.h>

/* Whether the environment says that RTLD_DEEPBIND is to be passed over: "ignore", in any mixture of cases. Looks each time. */
bool mica_deepbind_ignored(void);

/* A line, if the environment says anything else: nothing at all is as good as no variable. */
void mica_deepbind_notice(void);

#endif
