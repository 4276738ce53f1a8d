/* own_data.c -- the writable segments of the file that mica is linked into, as the linker and the file's own header say.
 *
 * In the shared library these are mica's data. In a program that holds the static library they are the program's, too: there
 * helgrind and DRD look at none of its global variables. */
#include "observe/own_data.h"

#include "base/config.h"
#include "base/track.h"
#include <link.h>
#include <stdint.h>

/* The linker's name for the first byte of the file, as it is mapped. */
extern MICA_HIDDEN const ElfW(Ehdr) __ehdr_start;

void mica_track_own_data(void) {
  const char* base = (const char*)&__ehdr_start;
  const ElfW(Phdr)* header = (const ElfW(Phdr)*)(const void*)(base + __ehdr_start.e_phoff);
  const ElfW(Phdr)* const end = header + __ehdr_start.e_phnum;
  uintptr_t bias = (uintptr_t)base;
  for (const ElfW(Phdr)* h = header; h != end; h++)
    if (h->p_type == PT_LOAD && h->p_offset == 0) bias -= h->p_vaddr;
  for (const ElfW(Phdr)* h = header; h != end; h++)
    if (h->p_type == PT_LOAD && (h->p_flags & PF_W) != 0)
      mica_track_lines((const void*)(bias + h->p_vaddr), h->p_memsz);
}
