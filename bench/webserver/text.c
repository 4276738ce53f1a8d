/* text.c -- see text.h. A text begins with 64 bytes and doubles. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 64, PRINTED = 256 };

static bool grow(struct text* text, size_t wanted) {
  size_t room = text->room == 0 ? FIRST : text->room;
  while (room < wanted) room *= 2;
  char* larger = memory_get_text(text->memory, room);
  if (larger == NULL) {
    text_release(text);
    text->broken = true;
    return false;
  }
  if (text->length > 0) memcpy(larger, text->start, text->length);
  memory_release(text->memory, text->start);
  text->start = larger;
  text->room = room;
  return true;
}

void text_append(struct text* text, const char* from, size_t length) {
  if (text->broken) return;
  size_t wanted = text->length + length + 1;
  if (wanted > text->room && !grow(text, wanted)) return;
  memcpy(text->start + text->length, from, length);
  text->length += length;
  text->start[text->length] = 0;
}

void text_add(struct text* text, const char* from) { text_append(text, from, strlen(from)); }

void text_add_char(struct text* text, char c) { text_append(text, &c, 1); }

void text_print(struct text* text, const char* format, ...) {
  char line[PRINTED];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  text_add(text, line);
}

const char* text_end(struct text* text) {
  if (text->broken) return NULL;
  return text->start == NULL ? "" : text->start;
}

void text_release(struct text* text) {
  memory_release(text->memory, text->start);
  text->start = NULL;
  text->length = text->room = 0;
}

char* text_copy(struct memory* memory, const char* from, size_t length) {
  char* copy = memory_get_text(memory, length + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, from, length);
  copy[length] = 0;
  return copy;
}

char* text_copy_all(struct memory* memory, const char* from) { return text_copy(memory, from, strlen(from)); }

char* text_printed(struct memory* memory, const char* format, ...) {
  char line[PRINTED];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  return text_copy_all(memory, line);
}

char* text_joined(struct memory* memory, const char* first, const char* second) {
  size_t length = strlen(first), second_length = strlen(second);
  char* joined = memory_get_text(memory, length + second_length + 1);
  if (joined == NULL) return NULL;
  memcpy(joined, first, length);
  memcpy(joined + length, second, second_length + 1);
  return joined;
}
