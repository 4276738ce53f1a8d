/* leak_list.c -- the head of a list of ten blocks is forgotten, and with it the nine that hang on it. */
#include "tests/bugs/bug.h"

typedef struct node_s {
  struct node_s* next;
  char text[40];
} node_t;

static node_t* list(void) {
  node_t* head = NULL;
  for (int i = 0; i < 10; i++) {
    node_t* node = (node_t*)bug_block(sizeof *node);
    node->next = head;
    head = node;
  }
  return head;
}

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  node_t* head = (node_t*)bug_hide(list());
  while (!bug && head != NULL) {
    node_t* node = head;
    head = node->next;
    free(node);
  }
  return 0;
}
