/* map_write.h -- a snapshot as text, and the page that it is drawn on. See tool/map_data.js for the form. One thread. */
#ifndef TOOL_MAP_WRITE_H
#define TOOL_MAP_WRITE_H
#include "tool/map_snapshot.h"

/* The page, as built in: map_embed.cmake. */
extern const unsigned char mica_map_page[];

/* Writes the page with one snapshot, and before it the text of an earlier one (map_earlier), NULL: none. False: it could not be
 * written, or the snapshot failed. */
bool map_write(FILE* to, const map_snapshot_t* now, const char* before);

/* The text of the latest snapshot in a page that was written by map_write; the caller frees it. NULL: *why says what the file
 * is, or that it cannot be read. */
char* map_earlier(const char* path, const char** why);

#endif
