/* conditions.h -- what a request's headers make of an answer: is the file as the client has it, and which part is wanted. */
#ifndef WEBSERVER_CONDITIONS_H
#define WEBSERVER_CONDITIONS_H
#include "pairs.h"

#include <stdint.h>
#include <time.h>

/* The file as the client would name it. */
struct version {
  const char* tag; /* with its quotes */
  time_t changed;
};

/* Whether the client has that version already: If-None-Match, else If-Modified-Since. *failed: no memory. */
bool conditions_has(const struct pairs* headers, struct memory* memory, const struct version* version, bool* failed);

/* A part of size bytes. */
struct range {
  uint64_t start, length;
};

/* What Range, with If-Range, asks for: 206 sets *range; 416: there is no such part; 200: the whole. More than one range at a
 * time is answered with the whole, as a server may. */
unsigned conditions_range(const struct pairs* headers, const struct version* version, uint64_t size,
                          struct range* range);

#endif
