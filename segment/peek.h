/* peek.h -- looking at memory that may be gone, or be written by others meanwhile: through the system, which cannot fault.
 *
 * What is read is a copy, made by the kernel: to checkers of memory and of races it is no access, and a word of eight bytes
 * that another thread writes is read whole. Any pointer, any thread, any time, signal handlers included: no allocation, no
 * lock, no point of cancellation. errno is not kept: the caller does that. Used by heap/where*.c. */
#ifndef MICA_PEEK_H
#define MICA_PEEK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies n bytes. False: not all of them are there, or the system allows no look; *to is anything then. */
bool mica_peek(void* to, const void* from, size_t n);

/* Copies the object. */
#define MICA_PEEK(to, from) (mica_peek(&(to), (const void*)(from), sizeof(to)))

/* The same for many words that lie close to one another: the last stretch that was read is kept. Begin with at = 0. */
enum { MICA_STRETCH = 1024 }; /* bytes: a part of every OS page */
typedef struct mica_stretch_s {
  uintptr_t at; /* a multiple of its size; 0: nothing was read yet */
  char bytes[MICA_STRETCH];
} mica_stretch_t;

/* The word at that address, a multiple of its size. */
static inline bool mica_peek_word(mica_stretch_t* stretch, uintptr_t at, uintptr_t* word) {
  const uintptr_t start = at & ~(uintptr_t)(MICA_STRETCH - 1);
  if (at % sizeof *word != 0 || start == 0) return false;
  if (stretch->at != start) {
    stretch->at = 0;
    if (!mica_peek(stretch->bytes, (const void*)start, MICA_STRETCH)) return false;
    stretch->at = start;
  }
  memcpy(word, stretch->bytes + (at - start), sizeof *word);
  return true;
}

enum { MICA_MAPPING_NAME = 128 };
typedef struct mica_mapping_s {
  uintptr_t from, to;
  char name[MICA_MAPPING_NAME]; /* the last bytes of it; "": it has none */
} mica_mapping_t;

typedef enum mica_mapped_e { MICA_MAPPED, MICA_NOT_MAPPED, MICA_MAPPED_UNKNOWN } mica_mapped_t;

/* The mapping that the byte at p is in, by the system's list. */
mica_mapped_t mica_mapping_at(const void* p, mica_mapping_t* mapping);

#endif
