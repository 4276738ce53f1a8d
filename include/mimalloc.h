/* mimalloc.h -- programs written for mimalloc build unchanged: this is mica.h by another name. */
#ifndef MIMALLOC_H
#define MIMALLOC_H
#include <mica.h>
#endif
