/* mi_where.c -- the functions of mica/where.h, over heap/where.h. No state, no invariant of its own; exported. */
#include "base/config.h"
#include "heap/where.h"
#include <string.h>

MICA_EXPORT bool mica_where(const void* p, mica_where_t* where) {
  if (where == NULL || where->size < sizeof where->size) return false;
  const size_t size = where->size;
  mica_where_t all;
  mica_where_look(p, &all);
  all.size = size;
  if (size > sizeof all) memset((char*)where + sizeof all, 0, size - sizeof all);
  memcpy(where, &all, size < sizeof all ? size : sizeof all);
  return true;
}

/* What a shorter structure does not have does not apply. */
MICA_EXPORT size_t mica_where_text(const mica_where_t* where, char* buffer, size_t size) {
  mica_where_t all;
  mica_where_begin(&all, NULL);
  memcpy(&all, where, where->size < sizeof all ? where->size : sizeof all);
  all.name[MICA_WHERE_NAME - 1] = '\0';
  return mica_where_put(&all, buffer, size);
}

MICA_EXPORT void mica_where_print(const void* p) { mica_where_write(p); }
