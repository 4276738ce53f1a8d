/* damaged.h -- the end of a program whose lists of free blocks are not as mica made them. In every variant.
 *
 * Each walk along links that lie in blocks is bounded by a count that is known beforehand: a block that was freed twice, or
 * written to after its free, may have made a ring of its list (notes/misuse.md has the walks, with their bounds). Anybody. */
#ifndef MICA_DAMAGED_H
#define MICA_DAMAGED_H
#include "base/config.h"

/* A list of free blocks does not end where it must, or ends before: at that block, NULL if it is not known. class: the blocks';
 * MICA_CLASS_NONE: it is not known. One line, the function of mi_register_error with EFAULT, abort(). */
_Noreturn MICA_COLD void mica_list_damaged(unsigned class, const void* block);

#endif
