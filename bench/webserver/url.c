/* url.c -- see url.h. */
#include "url.h"

#include "text.h"

#include <string.h>
#include <strings.h>

/* A part of a path on the stack of those that are in it. */
struct part {
  struct part* below;
  const char* start;
  size_t length;
};

bool url_target(const char* uri, const char** start, size_t* length) {
  static const char scheme[] = "http://";
  if (strncasecmp(uri, scheme, sizeof scheme - 1) == 0) {
    uri += sizeof scheme - 1;
    uri += strcspn(uri, "/?#");
    if (*uri != '/') uri = "/";
  }
  *start = uri;
  *length = strcspn(uri, "?#");
  return *uri == '/';
}

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The text without escapes; NULL with a status. */
static char* decoded(struct memory* memory, const char* from, size_t length, unsigned* status) {
  char* text = memory_get_text(memory, length + 1);
  *status = 503;
  if (text == NULL) return NULL;
  size_t to = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)from[i];
    if (c == '%') {
      int high = length - i > 2 ? digit(from[i + 1]) : -1;
      int low = high < 0 ? -1 : digit(from[i + 2]);
      c = low < 0 ? 0 : (unsigned char)(high * 16 + low);
      i += 2;
    }
    if (c < ' ' || c == 0x7F || c == '\\') {
      memory_release(memory, text);
      *status = 400;
      return NULL;
    }
    text[to++] = (char)c;
  }
  text[to] = 0;
  return text;
}

static void release_parts(struct memory* memory, struct part* top) {
  for (struct part* below; top != NULL; top = below) {
    below = top->below;
    memory_release(memory, top);
  }
}

/* Takes one part of the path in: 0, or the status that it deserves. */
static unsigned take(struct memory* memory, struct part** top, const char* start, size_t length) {
  if (length == 0 || (length == 1 && start[0] == '.')) return 0;
  if (length == 2 && start[0] == '.' && start[1] == '.') {
    struct part* last = *top;
    if (last == NULL) return 403;
    *top = last->below;
    memory_release(memory, last);
    return 0;
  }
  struct part* part = memory_get(memory, sizeof *part);
  if (part == NULL) return 503;
  *part = (struct part){*top, start, length};
  *top = part;
  return 0;
}

/* The parts, with / between them, and one behind them for a folder. */
static char* joined(struct memory* memory, const struct part* top, bool is_folder) {
  size_t length = 0;
  for (const struct part* part = top; part != NULL; part = part->below) length += part->length + 1;
  if (length > 0 && !is_folder) length--;
  char* path = memory_get_text(memory, length + 1);
  if (path == NULL) return NULL;
  char* at = path + length;
  *at = 0;
  for (const struct part* part = top; part != NULL; part = part->below) {
    if (part != top || is_folder) *--at = '/';
    at -= part->length;
    memcpy(at, part->start, part->length);
  }
  return path;
}

char* url_path(struct memory* memory, const char* target, size_t length, unsigned* status) {
  char* text = decoded(memory, target, length, status);
  if (text == NULL) return NULL;
  struct part* top = NULL;
  const char* last = text;
  *status = 0;
  for (const char* at = text; *status == 0; at++) {
    last = at;
    at += strcspn(at, "/");
    *status = take(memory, &top, last, (size_t)(at - last));
    if (*at == 0) break;
  }
  /* Nothing, "." and ".." behind the last / mean a folder. */
  bool is_folder = strcmp(last, "") == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
  char* path = *status == 0 ? joined(memory, top, is_folder) : NULL;
  if (*status == 0 && path == NULL) *status = 503;
  release_parts(memory, top);
  memory_release(memory, text);
  return path;
}

char* url_escaped(struct memory* memory, const char* path) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  struct text text = text_in(memory);
  text_add_char(&text, '/');
  for (; *path != 0; path++) {
    if (strchr(plain, *path) != NULL) {
      text_add_char(&text, *path);
    } else {
      text_print(&text, "%%%02X", (unsigned)(unsigned char)*path);
    }
  }
  return text.start;
}
