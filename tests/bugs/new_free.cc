/* new_free.cc -- a block from new is given to free. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_hide(::operator new(40));
  if (bug)
    free(p);
  else
    ::operator delete(p);
  return 0;
}
