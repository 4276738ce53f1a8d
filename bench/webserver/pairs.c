/* pairs.c -- see pairs.h. */
#include "pairs.h"

#include "text.h"

#include <string.h>
#include <strings.h>

static void release(struct pair* pair, struct memory* memory) {
  memory_release(memory, pair->name);
  memory_release(memory, pair->value);
  memory_release(memory, pair);
}

bool pairs_add_sized(struct pairs* pairs, struct memory* memory, const char* name, size_t name_length,
                     const char* value, size_t value_length) {
  struct pair* pair = memory_get(memory, sizeof *pair);
  if (pair == NULL) return false;
  pair->next = NULL;
  pair->name = text_copy(memory, name, name_length);
  pair->value = text_copy(memory, value, value_length);
  if (pair->name == NULL || pair->value == NULL) {
    release(pair, memory);
    return false;
  }
  if (pairs->last == NULL) pairs->last = &pairs->first;
  *pairs->last = pair;
  pairs->last = &pair->next;
  pairs->count++;
  return true;
}

bool pairs_add(struct pairs* pairs, struct memory* memory, const char* name, const char* value) {
  return pairs_add_sized(pairs, memory, name, strlen(name), value, strlen(value));
}

const char* pairs_find(const struct pairs* pairs, const char* name) {
  for (const struct pair* pair = pairs->first; pair != NULL; pair = pair->next) {
    if (strcasecmp(pair->name, name) == 0) return pair->value;
  }
  return NULL;
}

bool pairs_split(struct pairs* pairs, struct memory* memory, const char* text, char between) {
  const char both[] = {between, 0};
  while (*text != 0) {
    while (*text == ' ') text++;
    size_t length = strcspn(text, both);
    const char* sign = memchr(text, '=', length);
    size_t name_length = sign == NULL ? length : (size_t)(sign - text);
    const char* value = sign == NULL ? text + length : sign + 1;
    if (length > 0 && !pairs_add_sized(pairs, memory, text, name_length, value, (size_t)(text + length - value))) {
      return false;
    }
    text += length;
    if (*text != 0) text++;
  }
  return true;
}

void pairs_release(struct pairs* pairs, struct memory* memory) {
  for (struct pair *pair = pairs->first, *next; pair != NULL; pair = next) {
    next = pair->next;
    release(pair, memory);
  }
  *pairs = (struct pairs){0};
}
