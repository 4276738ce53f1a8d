/* sizes.h -- sizes worth trying with every function of the malloc family. */
#ifndef MICA_TESTS_OVERRIDE_SIZES_H
#define MICA_TESTS_OVERRIDE_SIZES_H
#include <stddef.h>
#include <stdint.h>

/* Sizes on both sides of every class boundary that matters to a caller. */
static const size_t ordinary_sizes[] = {0,    1,    7,    8,    9,     15,    16,     17,      100,     1000,
                                        1024, 1025, 4096, 8192, 10000, 65536, 100000, 1 << 20, 5 << 20, 70 << 20};
enum { ORDINARY_SIZES = sizeof ordinary_sizes / sizeof ordinary_sizes[0] };

/* No allocation can meet these. Volatile, so that the compiler does not judge the call. */
static volatile const size_t impossible_sizes[] = {PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096, SIZE_MAX - 1,
                                                   SIZE_MAX};
enum { IMPOSSIBLE_SIZES = sizeof impossible_sizes / sizeof impossible_sizes[0] };

#endif
