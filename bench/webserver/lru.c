/* lru.c -- the order by last use: a ring, the entry used last first. */
#include "order.h"

static void start(struct order* order) { order->ring.before = order->ring.after = &order->ring; }

static void stop(struct order* order) { (void)order; }

static void take_out(struct place* place) {
  place->before->after = place->after;
  place->after->before = place->before;
}

static void put_first(struct order* order, struct place* place) {
  place->before = &order->ring;
  place->after = order->ring.after;
  place->after->before = place;
  order->ring.after = place;
}

static bool add(struct order* order, struct place* place) {
  put_first(order, place);
  return true;
}

static void use(struct order* order, struct place* place) {
  take_out(place);
  put_first(order, place);
}

static void remove_it(struct order* order, struct place* place) {
  (void)order;
  take_out(place);
}

static struct place* next(const struct order* order) {
  return order->ring.before == &order->ring ? NULL : order->ring.before;
}

const struct order_way order_lru = {"lru", start, add, use, remove_it, next, stop};
