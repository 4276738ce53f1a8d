/* sample_head.h -- what stands in front of a sample, and its end: what sample.c and sample_ends.c share. */
#ifndef MICA_SAMPLE_HEAD_H
#define MICA_SAMPLE_HEAD_H
#include "heap/theap.h"

/* In front of a sample, in a block of a class for inner pointers. */
typedef struct mica_sample_head_s {
  uint64_t ahead[2]; /* pool/'s, where it has aligned the block itself */
  uint32_t number;   /* of the sample; 0: none */
  uint32_t before;   /* bytes from the block's beginning to what the program has */
  uint64_t usable;   /* behind that */
} mica_sample_head_t;

/* The sample of that number, at p, ends. */
void mica_sample_end(uint32_t number, const void* p);

#endif
