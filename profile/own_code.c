/* own_code.c -- by what the linker knows: the bounds of the section mica_text, which only the archive's code has, and the
 * header of the file that this code was linked into. No state. */
#include "profile/own_code.h"

#include "base/config.h"
#include <elf.h>
#include <link.h>
#include <stddef.h>

extern MICA_HIDDEN MICA_WEAK const char __start_mica_text[];
extern MICA_HIDDEN MICA_WEAK const char __stop_mica_text[];
extern MICA_HIDDEN MICA_WEAK const ElfW(Ehdr) __ehdr_start;

/* Of the shared library: from its header to the end of its code. */
static bool is_in_file(uintptr_t at) {
  const uintptr_t base = (uintptr_t)&__ehdr_start;
  if (base == 0 || at < base || __ehdr_start.e_type != ET_DYN) return false;
  const ElfW(Phdr)* const part = (const ElfW(Phdr)*)(base + __ehdr_start.e_phoff);
  for (unsigned i = 0; i < __ehdr_start.e_phnum; i++)
    if (part[i].p_type == PT_LOAD && (part[i].p_flags & PF_X) != 0)
      if (at - base - part[i].p_vaddr < part[i].p_memsz) return true;
  return false;
}

bool mica_is_own_code(uintptr_t at) {
  if (__start_mica_text != NULL) return at >= (uintptr_t)__start_mica_text && at <= (uintptr_t)__stop_mica_text;
  return is_in_file(at);
}
