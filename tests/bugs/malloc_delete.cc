/* malloc_delete.cc -- a block from malloc is given to delete. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(40);
  if (bug)
    ::operator delete(p);
  else
    free(p);
  return 0;
}
