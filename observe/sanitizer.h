/* sanitizer.h -- a word to who runs a program with mica and with a sanitizer that mica is not built for. Used by
 * environment.c. */
#ifndef MICA_SANITIZER_H
#define MICA_SANITIZER_H

/* One line, if the runtime of such a sanitizer is in this process. */
void mica_sanitizer_note(void);

#endif
