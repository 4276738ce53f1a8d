/* pairs.h -- a list of names and values in a request's memory: headers, the query, cookies, the answer's headers. Each pair is
 * three pieces: the name's copy, the value's, and what links them. */
#ifndef WEBSERVER_PAIRS_H
#define WEBSERVER_PAIRS_H
#include "memory.h"

struct pair {
  struct pair* next;
  char* name;
  char* value;
};

struct pairs {
  struct pair* first;
  struct pair** last; /* where the next one is linked; NULL: at first */
  size_t count;
};

/* Appends copies. false: no memory, and the list is as it was. */
bool pairs_add(struct pairs* pairs, struct memory* memory, const char* name, const char* value);
bool pairs_add_sized(struct pairs* pairs, struct memory* memory, const char* name, size_t name_length,
                     const char* value, size_t value_length);

/* The first value of that name, whatever the case; NULL: there is none. */
const char* pairs_find(const struct pairs* pairs, const char* name);

/* A text like "a=1&b=2" with that sign between the pairs; blanks before a name are left out. false: no memory. */
bool pairs_split(struct pairs* pairs, struct memory* memory, const char* text, char between);

/* Every piece goes back. */
void pairs_release(struct pairs* pairs, struct memory* memory);

#endif
