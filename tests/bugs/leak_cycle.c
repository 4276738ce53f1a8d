/* leak_cycle.c -- two blocks that point to one another are forgotten. */
#include "tests/bugs/bug.h"

typedef struct node_s {
  struct node_s* other;
  char text[40];
} node_t;

static void one(bool bug) {
  node_t* a = (node_t*)bug_block(sizeof(node_t));
  node_t* b = (node_t*)bug_block(sizeof(node_t));
  a->other = b;
  b->other = a;
  if (bug) return;
  free(a);
  free(b);
}

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  for (int i = 0; i < 10; i++) one(bug);
  return 0;
}
