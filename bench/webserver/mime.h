/* mime.h -- the type of a file's contents by its name. */
#ifndef WEBSERVER_MIME_H
#define WEBSERVER_MIME_H
#include "memory.h"

/* The type, a constant; application/octet-stream for what is not known; NULL: no memory for the lower-case copy of the
 * extension that is looked up. */
const char* mime_of(struct memory* memory, const char* path);

#endif
