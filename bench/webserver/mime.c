/* mime.c -- see mime.h. */
#include "mime.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

struct mime {
  const char* extension;
  const char* type;
};

/* In the order of the extensions. */
static const struct mime known[] = {
    {"avif", "image/avif"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp4", "video/mp4"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"webp", "image/webp"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
};

static int compare(const void* extension, const void* entry) {
  return strcmp(extension, ((const struct mime*)entry)->extension);
}

const char* mime_of(struct memory* memory, const char* path) {
  const char* name = strrchr(path, '/');
  const char* dot = strrchr(name == NULL ? path : name, '.');
  char* extension = text_copy_all(memory, dot == NULL ? "" : dot + 1);
  if (extension == NULL) return NULL;
  for (char* c = extension; *c != 0; c++) {
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
  }
  const struct mime* found = bsearch(extension, known, sizeof known / sizeof known[0], sizeof known[0], compare);
  memory_release(memory, extension);
  return found == NULL ? "application/octet-stream" : found->type;
}
