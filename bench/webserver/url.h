/* url.h -- from a request's target to the path of a file below the root, in the request's memory. What leads out of the root
 * never becomes a path. */
#ifndef WEBSERVER_URL_H
#define WEBSERVER_URL_H
#include "memory.h"

/* What is asked for, without the query and, where it is a whole address, without scheme and host: where it begins and
 * ends. false: it is neither. */
bool url_target(const char* uri, const char** start, size_t* length);

/* The path that a target means, relative to the root: escapes decoded, "." and ".." and empty parts resolved. It ends with a
 * /, or is empty, if a folder is meant. NULL with *status 400: a wrong escape, a NUL, another control character or a
 * backslash; 403: it leads above the root; 503: no memory. */
char* url_path(struct memory* memory, const char* target, size_t length, unsigned* status);

/* The path as it may be written into a header: "/" and the path, with escapes. NULL: no memory. */
char* url_escaped(struct memory* memory, const char* path);

#endif
