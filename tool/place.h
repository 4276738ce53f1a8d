/* place.h -- where the library and the scripts lie: in the build folder, where this program is in bin/, or where they are
 * installed in the same tree, wherever that was moved. Used by run.c and report.c. */
#ifndef TOOL_PLACE_H
#define TOOL_PLACE_H
#include <limits.h>
#include <stdbool.h>

/* The shared library of the variant; NULL: the one that belongs to this program. False: there is none; path holds the places
 * that were looked at then, in words. */
bool tool_place_library(const char* variant, char path[PATH_MAX]);

/* The script libexec/mica/NAME. False: there is none; path holds the place. */
bool tool_place_script(const char* name, char path[PATH_MAX]);

/* A path of the library that LD_PRELOAD can hold: itself, or, where a blank, a colon or a dollar in it would be read as
 * something else, a link to it in a folder of the user's own. False: neither can be had; why has the reason. */
bool tool_place_preloadable(const char* library, char path[PATH_MAX], const char** why);

#endif
