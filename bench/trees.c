/* trees.c -- binary trees: built, counted and torn down, node by node.
 *
 * usage: trees [THREADS [DEPTH]]         default 1 18
 * Each thread, for itself: one tree of DEPTH + 1 is built and torn down; one of DEPTH is kept to the end; meanwhile trees of
 * 4, 6, 8, ... up to DEPTH are built and torn down, so many of each depth that each depth makes about as many nodes.
 * A node is a block of two pointers. The count of every tree's nodes is checked.
 * `time` is milliseconds of wall time for all of it. */
#include BENCH_BLOCKS

#include "team.h"

enum { SHALLOWEST = 4, DEEPEST = 30 };

struct node {
  struct node* left;
  struct node* right;
};

static struct node* tree_new(size_t depth) {
  struct node* n = (struct node*)(void*)block_get(sizeof *n);
  n->left = depth > 0 ? tree_new(depth - 1) : NULL;
  n->right = depth > 0 ? tree_new(depth - 1) : NULL;
  return n;
}

static size_t tree_nodes(const struct node* n) {
  return n->left == NULL ? 1 : 1 + tree_nodes(n->left) + tree_nodes(n->right);
}

static void tree_delete(struct node* n) {
  if (n->left != NULL) {
    tree_delete(n->left);
    tree_delete(n->right);
  }
  block_release((char*)n);
}

static void tree_check(const struct node* n, size_t depth) {
  if (tree_nodes(n) != ((size_t)2 << depth) - 1) give_up("a tree has lost nodes");
}

static void tree_once(size_t depth) {
  struct node* n = tree_new(depth);
  tree_check(n, depth);
  tree_delete(n);
}

static void work(size_t number, void* context) {
  (void)number;
  size_t deepest = *(const size_t*)context;
  tree_once(deepest + 1);
  struct node* kept = tree_new(deepest);
  for (size_t depth = SHALLOWEST; depth <= deepest; depth += 2) {
    size_t trees = (size_t)1 << (deepest - depth + SHALLOWEST);
    for (size_t i = 0; i < trees; i++) tree_once(depth);
  }
  tree_check(kept, deepest);
  tree_delete(kept);
}

int main(int argc, char** argv) {
  static size_t depth;
  struct team t = {.count = argument(argc, argv, 1, 1), .work = work, .context = &depth};
  depth = argument(argc, argv, 2, 18);
  if (depth < SHALLOWEST || depth > DEEPEST) give_up("arguments");
  blocks_begin(sizeof(struct node), 0);
  team_go(&t);
  team_report(&t, 1e3);
  return 0;
}
