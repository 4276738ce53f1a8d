/* ngx_config.h -- what comes first in a program written to nginx's pool interface: the C library's headers that such a program
 * does not include itself, number types, and alignment. ngx_core.h comes after it, and leads to the pool (ngx_palloc.h).
 *
 * These three are found by -I.../include/mica/classic beside -I.../include; <mica/classic/ngx_palloc.h> finds them, too. For C
 * (C99 and later) and C++ (C++11 and later). Included before the C library's headers it asks them for all that they have, as
 * nginx's does; u_char is <sys/types.h>'s. Names and meaning are those of nginx. */
#ifndef MICA_CLASSIC_NGX_CONFIG_H
#define MICA_CLASSIC_NGX_CONFIG_H
#undef _GNU_SOURCE
#define _GNU_SOURCE 1
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

typedef intptr_t ngx_int_t;
typedef uintptr_t ngx_uint_t;
typedef intptr_t ngx_flag_t;

#define ngx_inline inline

/* What nginx aligns to; ngx_palloc aligns to more. */
#define NGX_ALIGNMENT sizeof(unsigned long)

/* The size d and the address p, rounded up to a multiple of a, a power of two. */
#define ngx_align(d, a) (((size_t)(d) + ((size_t)(a)-1)) & ~((size_t)(a)-1))
#define ngx_align_ptr(p, a) ((unsigned char*)(((uintptr_t)(p) + ((uintptr_t)(a)-1)) & ~((uintptr_t)(a)-1)))

#endif
