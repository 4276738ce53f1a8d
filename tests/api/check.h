/* check.h -- what the tests of the malloc family share: errno checks, patterns, sizes worth trying. */
#ifndef MICA_TESTS_OVERRIDE_CHECK_H
#define MICA_TESTS_OVERRIDE_CHECK_H
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A value that no function sets. */
enum { ERRNO_MARK = 4711 };

/* The call must leave errno alone. */
#define KEEPS_ERRNO(call) \
  do { \
    errno = ERRNO_MARK; \
    call; \
    cr_assert_eq(errno, ERRNO_MARK, "%s changed errno to %d", #call, errno); \
  } while (0)

/* The call must return NULL and set errno to the expected value. */
#define FAILS_WITH(expected, call) \
  do { \
    errno = ERRNO_MARK; \
    cr_assert_null(call, "%s returned a block", #call); \
    cr_assert_eq(errno, expected, "%s set errno to %d instead of %s", #call, errno, #expected); \
  } while (0)

/* Sizes on both sides of every class boundary that matters to a caller. */
static const size_t ordinary_sizes[] = {0,    1,    7,    8,    9,     15,    16,     17,      100,     1000,
                                        1024, 1025, 4096, 8192, 10000, 65536, 100000, 1 << 20, 5 << 20, 70 << 20};
enum { ORDINARY_SIZES = sizeof ordinary_sizes / sizeof ordinary_sizes[0] };

/* No allocation can meet these. Volatile, so that the compiler does not judge the call. */
static volatile const size_t impossible_sizes[] = {PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096, SIZE_MAX - 1,
                                                   SIZE_MAX};
enum { IMPOSSIBLE_SIZES = sizeof impossible_sizes / sizeof impossible_sizes[0] };

/* Hides a pointer's origin, so that the compiler keeps every call and judges none. */
static inline void* opaque(void* p) {
  void* volatile hidden = p;
  return hidden;
}

static inline bool aligned_to(const void* p, size_t alignment) { return (uintptr_t)p % alignment == 0; }

/* The pattern is one of words, so that checked code need not go byte by byte; pattern_byte is a byte of it. */
typedef uint64_t __attribute__((may_alias)) word_t;

static inline uint64_t pattern_word(size_t i, unsigned seed) { return (i + seed + 1) * UINT64_C(0x9e3779b97f4a7c15); }
static inline unsigned char pattern_byte(size_t i, unsigned seed) {
  return (unsigned char)(pattern_word(i / 8, seed) >> i % 8 * 8);
}

/* How many bytes from p on are gone through by words. */
static inline size_t in_words(const void* p, size_t size) { return aligned_to(p, 8) ? size & ~(size_t)7 : 0; }

static inline void fill(void* p, size_t size, unsigned seed) {
  const size_t words = in_words(p, size);
  for (size_t i = 0; i < words; i += 8) ((word_t*)p)[i / 8] = pattern_word(i / 8, seed);
  for (size_t i = words; i < size; i++) ((unsigned char*)p)[i] = pattern_byte(i, seed);
}

static inline bool filled(const void* p, size_t size, unsigned seed) {
  const size_t words = in_words(p, size);
  for (size_t i = 0; i < words; i += 8)
    if (((const word_t*)p)[i / 8] != pattern_word(i / 8, seed)) return false;
  for (size_t i = words; i < size; i++)
    if (((const unsigned char*)p)[i] != pattern_byte(i, seed)) return false;
  return true;
}

static inline bool all_zero(const void* p, size_t size) {
  const size_t words = in_words(p, size);
  for (size_t i = 0; i < words; i += 8)
    if (((const word_t*)p)[i / 8] != 0) return false;
  for (size_t i = words; i < size; i++)
    if (((const unsigned char*)p)[i] != 0) return false;
  return true;
}

#endif
