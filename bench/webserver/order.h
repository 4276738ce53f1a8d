/* order.h -- which entry of a shard of the cache goes next: the one used longest ago (LRU), or least often (LFU).
 *
 * Every call is made with the shard's lock held. */
#ifndef WEBSERVER_ORDER_H
#define WEBSERVER_ORDER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an entry has of it. */
struct place {
  struct place *before, *after; /* lru: neighbours, the later used one before */
  size_t at;                    /* lfu: where it is in the heap */
  uint64_t uses;                /* lfu */
  uint64_t last;                /* lfu: when it was used last, as the shard counts uses */
};

struct order {
  struct place ring; /* lru: its neighbours are the first and the last */
  struct place** heap;
  size_t count, room; /* lfu: of the heap */
  uint64_t clock;
  uint64_t until_aging;
};

/* The two ways. */
struct order_way {
  const char* name;
  void (*start)(struct order* order);
  bool (*add)(struct order* order, struct place* place); /* false: no memory */
  void (*use)(struct order* order, struct place* place);
  void (*remove)(struct order* order, struct place* place);
  struct place* (*next)(const struct order* order); /* NULL: it is empty */
  void (*stop)(struct order* order);                /* it is empty */
};
extern const struct order_way order_lru, order_lfu;

#endif
