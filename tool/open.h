/* open.h -- the files that a command is told to read and to write, opened so that it waits for nobody: a pipe without its other end
 * would have it wait for ever. Used by map.c, map_earlier.c and profile.c. One thread. */
#ifndef TOOL_OPEN_H
#define TOOL_OPEN_H
#include <stdio.h>

/* To read it: a plain file, or a link to one. NULL: *why is a static text, or the system's. */
FILE* tool_open_plain(const char* path, const char** why);

/* To write it from the beginning: it is made where there is none; a pipe only while somebody reads it. NULL: likewise. */
FILE* tool_open_written(const char* path, const char** why);

#endif
