/* opener.c -- opens plugin.so by its bare name, to which only the RUNPATH of the program or library leads that this is linked
 * into. */
#define _GNU_SOURCE 1
#include <dlfcn.h>

void* opener_open(int in_namespace) {
  const int mode = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
  void* const plugin = in_namespace ? dlmopen(LM_ID_BASE, "plugin.so", mode) : dlopen("plugin.so", mode);
  return plugin; /* not by a jump: the opener is the caller */
}
