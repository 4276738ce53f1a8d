/* symbols.h -- names for addresses of this process's code: from the mappings that the system shows, and the tables of symbols
 * in the files. Nothing is allocated and no lock taken: files are mapped while they are looked at. One thread. */
#ifndef MICA_SYMBOLS_H
#define MICA_SYMBOLS_H
#include "profile/text.h"
#include <stddef.h>
#include <stdint.h>

enum { MICA_SYMBOL_PATH = 512 };

/* The mapping and the file that was looked at last: the next address is as a rule in the same. */
typedef struct mica_symbols_s {
  uintptr_t from; /* the mapping */
  uintptr_t to;
  uint64_t offset;  /* of `from` in the file */
  const char* file; /* mapped, NULL: it cannot be */
  size_t size;
  char path[MICA_SYMBOL_PATH];
} mica_symbols_t;

void mica_symbols_begin(mica_symbols_t* symbols);
void mica_symbols_end(mica_symbols_t* symbols);

/* Writes "name+0x12 (/path/of/file+0x1234)", or what is known of that; the number in brackets is what addr2line takes. */
void mica_symbols_put(mica_symbols_t* symbols, mica_text_t* text, uintptr_t at);

#endif
