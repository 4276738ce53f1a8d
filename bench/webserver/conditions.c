/* conditions.c -- see conditions.h. */
#include "conditions.h"

#include "dates.h"
#include "text.h"

#include <string.h>

/* The opaque part of a tag: without the mark of a weak one. */
static const char* opaque(const char* tag) { return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag; }

/* The tags of a list, as names of pairs. A tag may have a comma in it. */
static bool split_tags(struct pairs* tags, struct memory* memory, const char* list) {
  for (;;) {
    list += strspn(list, " \t,");
    if (*list == 0) return true;
    size_t length = strncmp(list, "W/", 2) == 0 ? 2 : 0;
    const char* end = list[length] == '"' ? strchr(list + length + 1, '"') : NULL;
    length = end != NULL ? (size_t)(end - list) + 1 : strcspn(list, ",");
    if (!pairs_add_sized(tags, memory, list, length, "", 0)) return false;
    list += length;
  }
}

static bool is_listed(const char* list, struct memory* memory, const char* tag, bool* failed) {
  struct pairs tags = {0};
  *failed = !split_tags(&tags, memory, list);
  bool found = false;
  for (const struct pair* pair = tags.first; pair != NULL; pair = pair->next) {
    found = found || strcmp(pair->name, "*") == 0 || strcmp(opaque(pair->name), opaque(tag)) == 0;
  }
  pairs_release(&tags, memory);
  return found;
}

bool conditions_has(const struct pairs* headers, struct memory* memory, const struct version* version, bool* failed) {
  const char* list = pairs_find(headers, "If-None-Match");
  *failed = false;
  if (list != NULL) return is_listed(list, memory, version->tag, failed);
  const char* since = pairs_find(headers, "If-Modified-Since");
  time_t when;
  return since != NULL && dates_read(since, &when) && version->changed <= when;
}

/* Digits; false: there are none, or too many. */
static bool read_number(const char** at, uint64_t* number) {
  size_t digits = strspn(*at, "0123456789");
  *number = 0;
  for (size_t i = 0; i < digits; i++) *number = *number * 10 + (uint64_t)((*at)[i] - '0');
  *at += digits;
  return digits > 0 && digits < 19;
}

unsigned conditions_range(const struct pairs* headers, const struct version* version, uint64_t size,
                          struct range* range) {
  const char* text = pairs_find(headers, "Range");
  const char* only_if = pairs_find(headers, "If-Range");
  if (text == NULL || strncmp(text, "bytes=", 6) != 0) return 200;
  if (only_if != NULL) {
    time_t when;
    bool is_date = dates_read(only_if, &when);
    if (is_date ? when != version->changed : strcmp(only_if, version->tag) != 0) return 200;
  }
  const char* at = text + 6;
  uint64_t first, last = UINT64_MAX;
  if (*at == '-') {
    at++;
    if (!read_number(&at, &last) || *at != 0) return 200;
    if (last == 0 || size == 0) return 416;
    first = last < size ? size - last : 0;
    last = size - 1;
  } else {
    if (!read_number(&at, &first) || *at++ != '-') return 200;
    if (*at != 0 && (!read_number(&at, &last) || *at != 0 || last < first)) return 200;
    if (first >= size) return 416;
    if (last >= size) last = size - 1;
  }
  *range = (struct range){first, last - first + 1};
  return 206;
}
