/* host.c -- a program that opens plugin.so with RTLD_DEEPBIND and exchanges blocks with it, both ways.
 *
 * usage: host dlopen|dlmopen|elsewhere [OPENER]: by which function; elsewhere: in a namespace of its own, where no block is
 * exchanged. OPENER: by that library, from whose RUNPATH it is found, not from the program's. Prints whether both have one
 * malloc. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void* opener_open(int in_namespace);

static _Noreturn void fail(const char* what) {
  printf("%s\n", what);
  exit(1);
}

static void* symbol(void* library, const char* name) {
  void* const address = dlsym(library, name);
  if (address == NULL) fail(dlerror());
  return address;
}

static void* opened(const char* how, const char* opener) {
  void* (*open_it)(int) = opener_open;
  if (strcmp(how, "elsewhere") == 0) return dlmopen(LM_ID_NEWLM, "plugin.so", RTLD_NOW | RTLD_DEEPBIND);
  if (opener != NULL) {
    void* const library = dlopen(opener, RTLD_NOW);
    if (library == NULL) fail(dlerror());
    *(void**)&open_it = symbol(library, "opener_open");
  }
  return open_it(strcmp(how, "dlmopen") == 0);
}

int main(int count, char** arguments) {
  bool (*is_micas)(const void*);
  char* (*make)(size_t);
  char* (*grow)(char*, size_t);
  void (*give)(char*);
  void* const plugin = opened(arguments[1], count > 2 ? arguments[2] : NULL);
  if (plugin == NULL) fail(dlerror());
  *(void**)&make = symbol(plugin, "plugin_make");
  *(void**)&grow = symbol(plugin, "plugin_grow");
  *(void**)&give = symbol(plugin, "plugin_free");
  *(void**)&is_micas = dlsym(RTLD_DEFAULT, "mi_is_in_heap_region");
  char* const block = make(100);
  const bool ours = is_micas != NULL && is_micas(block);
  give(block);
  if (is_micas != NULL && !ours) {
    puts("two mallocs");
    return 0;
  }
  for (size_t i = 1; i < 2000; i++) {
    char* p = make(i * 13);
    if (p[i] != 7) fail("wrong contents");
    p = realloc(p, i * 20);
    if (p[i * 13 - 1] != 7) fail("wrong contents after realloc");
    free(grow(strcpy(p, "x"), 50000));
    give(grow(malloc(i), 2 * i));
    give(strdup("a text"));
  }
  puts("one malloc");
}
