/* stamp.h -- what a workload writes into its blocks, so that a block that was given out twice, or lost its content, is seen.
 *
 * A stamp is the first four bytes of a block; block_get and block_resize write the first byte, so a stamp is put after them.
 * Used by the programs of bench/ only. */
#ifndef MICA_BENCH_STAMP_H
#define MICA_BENCH_STAMP_H
#include "measure.h"

enum { STAMP_PAGE = 4096 }; /* bytes of an OS page, or a part of one */

static inline void stamp_put(char* p, size_t mark) {
  uint32_t word = (uint32_t)mark;
  memcpy(p, &word, sizeof word);
}

static inline void stamp_check(const char* p, size_t mark) {
  uint32_t word = 0;
  memcpy(&word, p, sizeof word);
  if (word != (uint32_t)mark) give_up("a block has lost its content");
}

/* Write one byte in every OS page of a block, as a program that fills it would. */
static inline void stamp_pages(char* p, size_t size) {
  volatile char* touched = p;
  for (size_t at = 0; at < size; at += STAMP_PAGE) touched[at] = (char)(at / STAMP_PAGE);
}

#endif
