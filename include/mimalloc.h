/* mimalloc.h -- programs written for mimalloc build unchanged: this is mica.h by another name, and the words that mimalloc's
 * own declarations are decorated with, as programs use them for visitors and hooks. They mean nothing here. */
#ifndef MIMALLOC_H
#define MIMALLOC_H
#include <mica.h>
#define mi_cdecl
#define mi_decl_export
#define mi_decl_restrict
#define mi_decl_noinline
#endif
