/* leak_thread.c -- ten blocks of 40 bytes are forgotten by a thread that has ended. */
#include "tests/bugs/bug.h"

static bool bug;

static void* run(void* unused) {
  for (int i = 0; i < 10; i++) {
    char* p = bug_block(40);
    if (!bug) free(p);
  }
  return unused;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  bug_join(bug_start(run, NULL));
  return 0;
}
