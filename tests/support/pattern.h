/* pattern.h -- contents that a test knows: a byte follows from its place and a seed. All bytes of a block, or some of them.
 *
 * The pattern is one of words, so that checked code need not go byte by byte; pattern_byte is a byte of it. */
#ifndef MICA_TESTS_PATTERN_H
#define MICA_TESTS_PATTERN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((may_alias)) pattern_word_t;

static inline uint64_t pattern_word(size_t i, unsigned seed) { return (i + seed + 1) * UINT64_C(0x9e3779b97f4a7c15); }
static inline unsigned char pattern_byte(size_t i, unsigned seed) {
  const uint64_t word = pattern_word(i / 8, seed);
  return ((const unsigned char*)&word)[i % 8];
}

/* How many bytes from p on are gone through by words. */
static inline size_t pattern_in_words(const void* p, size_t size) {
  return (uintptr_t)p % 8 == 0 ? size & ~(size_t)7 : 0;
}

/* ---- every byte ---- */

static inline void pattern_fill(void* p, size_t size, unsigned seed) {
  const size_t words = pattern_in_words(p, size);
  for (size_t i = 0; i < words; i += 8) ((pattern_word_t*)p)[i / 8] = pattern_word(i / 8, seed);
  for (size_t i = words; i < size; i++) ((unsigned char*)p)[i] = pattern_byte(i, seed);
}

static inline bool pattern_filled(const void* p, size_t size, unsigned seed) {
  const size_t words = pattern_in_words(p, size);
  for (size_t i = 0; i < words; i += 8)
    if (((const pattern_word_t*)p)[i / 8] != pattern_word(i / 8, seed)) return false;
  for (size_t i = words; i < size; i++)
    if (((const unsigned char*)p)[i] != pattern_byte(i, seed)) return false;
  return true;
}

/* ---- one byte in each `step`, and the last: enough to see OS pages that are lost, moved or zeroed ---- */

static inline void pattern_set(void* p, size_t size, size_t step, unsigned seed) {
  unsigned char* b = p;
  for (size_t i = 0; i < size; i += step) b[i] = pattern_byte(i, seed);
  if (size != 0) b[size - 1] = pattern_byte(size - 1, seed);
}

/* seed and step as they were set, size at most as large. The last byte only counts if size is the same: ask with `last`. */
static inline bool pattern_kept(const void* p, size_t size, size_t step, unsigned seed, bool last) {
  const unsigned char* b = p;
  for (size_t i = 0; i < size; i += step)
    if (b[i] != pattern_byte(i, seed)) return false;
  return size == 0 || !last || b[size - 1] == pattern_byte(size - 1, seed);
}

/* ---- no pattern ---- */

static inline bool all_zero(const void* p, size_t size) {
  const unsigned char* b = p;
  return size == 0 || (b[0] == 0 && memcmp(b, b + 1, size - 1) == 0);
}

#endif
