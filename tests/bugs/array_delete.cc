/* array_delete.cc -- a block from new[] is given to delete. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_hide(::operator new[](40));
  if (bug)
    ::operator delete(p);
  else
    ::operator delete[](p);
  return 0;
}
