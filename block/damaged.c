/* damaged.c -- see damaged.h. Nothing is read that the damage may have reached. */
#include "block/damaged.h"

#include <errno.h>

#include "block/class.h"
#include "observe/hooks.h"

_Noreturn void mica_list_damaged(unsigned class, const void* block) {
  const unsigned size = class < MICA_CLASSES ? mica_classes[class].size : 0;
  mica_misuse(EFAULT,
              "double free or overwritten memory: "
              "the list of free blocks of class %u, %u bytes each, is damaged at %p\n",
              class, size, block);
}
