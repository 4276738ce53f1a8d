/* text.h -- text that grows, and copies of text, in a request's memory.
 *
 * A text is always ended by a NUL. When memory runs out it becomes broken, and stays so: what is appended is lost, and its
 * user looks at the end. */
#ifndef WEBSERVER_TEXT_H
#define WEBSERVER_TEXT_H
#include "memory.h"

struct text {
  struct memory* memory;
  char* start; /* NULL: nothing was appended yet, or broken */
  size_t length;
  size_t room; /* bytes at start */
  bool broken;
};

static inline struct text text_in(struct memory* memory) { return (struct text){.memory = memory}; }

/* Appends length bytes; a text; one character; as printf does, at most 255 characters. */
void text_append(struct text* text, const char* from, size_t length);
void text_add(struct text* text, const char* from);
void text_add_char(struct text* text, char c);
__attribute__((format(printf, 2, 3))) void text_print(struct text* text, const char* format, ...);

/* What was written, "" for nothing; NULL if it is broken. */
const char* text_end(struct text* text);

/* The text's memory goes back. */
void text_release(struct text* text);

/* A copy of length bytes and a NUL behind them; of a text; as printf writes it, at most 255 characters. NULL: no memory. */
char* text_copy(struct memory* memory, const char* from, size_t length);
char* text_copy_all(struct memory* memory, const char* from);
__attribute__((format(printf, 2, 3))) char* text_printed(struct memory* memory, const char* format, ...);

/* The one behind the other. NULL: no memory. */
char* text_joined(struct memory* memory, const char* first, const char* second);

#endif
