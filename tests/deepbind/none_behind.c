/* none_behind.c -- a library that is preloaded before mica: its dlsym and dlerror say that nobody has anything. */
#include <stddef.h>

void* dlsym(void* library, const char* name) {
  (void)library, (void)name;
  return NULL;
}

char* dlerror(void) {
  static char said[] = "none behind";
  return said;
}
