/* own_code.h -- which code is mica's own. */
#ifndef MICA_OWN_CODE_H
#define MICA_OWN_CODE_H
#include <stdbool.h>
#include <stdint.h>

/* Whether the instruction is mica's: in libmica.so one of that file; in a program that holds libmica.a one of its section
 * mica_text, which the archive's code is in. */
bool mica_is_own_code(uintptr_t at);

#endif
