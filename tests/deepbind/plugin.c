/* plugin.c -- a library that is opened with RTLD_DEEPBIND: it makes blocks for its host, and takes the host's. */
#include <stdlib.h>
#include <string.h>

char* plugin_make(size_t size) { return memset(malloc(size), 7, size); }
char* plugin_grow(char* p, size_t size) { return realloc(p, size); }
void plugin_free(char* p) { free(p); }
