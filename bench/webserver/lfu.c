/* lfu.c -- the order by number of uses, among equals by last use: a binary heap, the least on top.
 *
 * Uses age: every number is halved when so many uses have passed as eight for each entry, so that what was popular once does
 * not stay for ever. */
#include "order.h"

#include <stdlib.h>

enum { AGING = 8 };

static void start(struct order* order) { order->until_aging = AGING; }

static void stop(struct order* order) { free(order->heap); }

static bool is_less(const struct place* a, const struct place* b) {
  return a->uses != b->uses ? a->uses < b->uses : a->last < b->last;
}

static void put_at(struct order* order, size_t at, struct place* place) {
  order->heap[at] = place;
  place->at = at;
}

static void sift_up(struct order* order, struct place* place) {
  size_t at = place->at;
  while (at > 0 && is_less(place, order->heap[(at - 1) / 2])) {
    put_at(order, at, order->heap[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put_at(order, at, place);
}

static void sift_down(struct order* order, struct place* place) {
  size_t at = place->at;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= order->count) break;
    if (child + 1 < order->count && is_less(order->heap[child + 1], order->heap[child])) child++;
    if (!is_less(order->heap[child], place)) break;
    put_at(order, at, order->heap[child]);
    at = child;
  }
  put_at(order, at, place);
}

/* Halving can make equals of unequals, whose order is then another: the heap is made anew. */
static void age(struct order* order) {
  for (size_t i = 0; i < order->count; i++) order->heap[i]->uses /= 2;
  for (size_t i = order->count / 2; i-- > 0;) sift_down(order, order->heap[i]);
  order->until_aging = AGING * (order->count + 1);
}

static void used_now(struct order* order, struct place* place) {
  place->uses++;
  place->last = ++order->clock;
}

static bool add(struct order* order, struct place* place) {
  if (order->count == order->room) {
    size_t room = order->room == 0 ? 64 : 2 * order->room;
    struct place** heap = realloc(order->heap, room * sizeof *heap);
    if (heap == NULL) return false;
    order->heap = heap;
    order->room = room;
  }
  place->uses = 0;
  used_now(order, place);
  put_at(order, order->count++, place);
  sift_up(order, place);
  return true;
}

static void use(struct order* order, struct place* place) {
  used_now(order, place);
  sift_down(order, place);
  if (--order->until_aging == 0) age(order);
}

static void remove_it(struct order* order, struct place* place) {
  size_t at = place->at;
  struct place* last = order->heap[--order->count];
  if (last == place) return;
  put_at(order, at, last);
  sift_up(order, last);
  sift_down(order, last);
}

static struct place* next(const struct order* order) { return order->count == 0 ? NULL : order->heap[0]; }

const struct order_way order_lfu = {"lfu", start, add, use, remove_it, next, stop};
