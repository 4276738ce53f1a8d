/* map_synthetic.c -- writes the map of a made-up heap, as large as one likes. usage: map_synthetic MIB [SEED] > map.html
 *
 * Arenas are filled one after the other: pages of a few classes that many threads own, some of them nearly empty, some
 * abandoned, large blocks, free slices. The last line on stderr says what the page's own sums have to be. */
#include "block/class.h"
#include "page/page.h"
#include "tool/census.h"
#include "tool/map_write.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 40, MAPPED_PAGES = 2048 };

typedef struct heap_s {
  map_snapshot_t shot;
  uint64_t random;
  uint64_t items, pages, used, paged, dirty, mapped;
  uint64_t clean_slices;
} heap_t;

static uint64_t draw(heap_t* h, uint64_t below) {
  h->random ^= h->random << 13;
  h->random ^= h->random >> 7;
  h->random ^= h->random << 17;
  return (h->random >> 11) % below;
}

static void put_item(heap_t* h, census_slice_t kind, unsigned slices) {
  map_put(&h->shot, MAP_ITEM_KIND, kind);
  map_put(&h->shot, MAP_ITEM_SLICES, slices);
  h->items++;
  if (kind == CENSUS_DIRTY) h->dirty += slices * MICA_SLICE;
  if (kind == CENSUS_PAGE) h->paged += slices * MICA_SLICE;
}

static void put_page(heap_t* h, unsigned class, unsigned owner, unsigned state, uint64_t used, uint64_t carved,
                     uint64_t pushed) {
  map_put(&h->shot, MAP_PAGE_CLASS, class);
  map_put(&h->shot, MAP_PAGE_OWNER, owner);
  map_put(&h->shot, MAP_PAGE_STATE, state);
  map_put(&h->shot, MAP_PAGE_USED, used);
  map_put(&h->shot, MAP_PAGE_CARVED, carved);
  map_put(&h->shot, MAP_PAGE_PUSHED, pushed);
  h->pages++;
}

static void put_blocks(heap_t* h, unsigned used, unsigned carved, unsigned pushed) {
  if (h->pages > MAPPED_PAGES) return;
  map_put(&h->shot, MAP_BLOCK_PAGE, h->pages - 1);
  for (unsigned b = 0, byte = 0; b < carved; b++) {
    const uint64_t at = draw(h, carved);
    const unsigned state = at < used            ? (draw(h, 20) == 0 ? MAP_BLOCK_CACHED : MAP_BLOCK_USED)
                           : at < used + pushed ? MAP_BLOCK_WAITING
                                                : MAP_BLOCK_LISTED;
    byte |= state << (b % 4 * 2);
    if (b % 4 != 3 && b + 1 != carved) continue;
    map_put(&h->shot, MAP_BLOCK_BITS, byte);
    byte = 0;
  }
}

/* Classes near each other are near each other in memory, as in programs. */
static unsigned put_class_page(heap_t* h, unsigned room, unsigned around) {
  unsigned class = (unsigned)((around + draw(h, 9)) % MICA_CLASSES_PLAIN);
  if (mica_classes[class].slices > room) class = around % 60;
  const unsigned total = mica_class_total(class);
  const bool sparse = draw(h, 5) == 0, abandoned = draw(h, 12) == 0, active = draw(h, 40) == 0;
  const unsigned carved = active ? (unsigned)draw(h, total) + 1 : total;
  unsigned used = (unsigned)(sparse ? draw(h, carved / 8 + 1) : carved - draw(h, carved / 6 + 1));
  const unsigned pushed = draw(h, 6) == 0 ? (unsigned)draw(h, (carved - used) / 2 + 1) : 0;
  if (active && used == 0) used = 1;
  const unsigned state = abandoned                     ? MAP_STATE_ABANDONED
                         : active                      ? MAP_STATE_ACTIVE
                         : used == carved              ? MAP_STATE_FULL
                         : used + total / 32 <= carved ? MAP_STATE_READY
                                                       : MAP_STATE_SPARSE;
  put_item(h, CENSUS_PAGE, mica_classes[class].slices);
  put_page(h, class, abandoned ? 0 : 1 + (unsigned)((around / 3 + draw(h, 6)) % THREADS), state, used, carved, pushed);
  put_blocks(h, used, carved, pushed);
  h->used += (uint64_t)used * mica_classes[class].size;
  return mica_classes[class].slices;
}

static unsigned put_large(heap_t* h, unsigned room) {
  unsigned slices = 2 + (unsigned)draw(h, draw(h, 8) == 0 ? 120 : 12);
  if (slices > room) slices = room;
  const uint64_t bytes = slices * MICA_SLICE - 16 * (1 + draw(h, 1000));
  put_item(h, CENSUS_PAGE, slices);
  put_page(h, MAP_SINGLE_CLASS, 0, MAP_STATE_LARGE, 1, 1, 0);
  map_put(&h->shot, MAP_SINGLE_BYTES, bytes);
  map_put(&h->shot, MAP_SINGLE_LEAD, slices * MICA_SLICE - bytes);
  h->used += bytes;
  return slices;
}

/* `slices` in use of an arena; the segments behind them are absent. */
static void put_arena(heap_t* h, unsigned number, unsigned slices) {
  const unsigned segments = (slices + MICA_SEGMENT_SLICES - 1) / MICA_SEGMENT_SLICES;
  const uint64_t before = h->items;
  map_put(&h->shot, MAP_AREA_BASE, (0x7f2040000000 + (uint64_t)number * MICA_ARENA * 2) / MICA_SLICE);
  map_put(&h->shot, MAP_AREA_KIND, MAP_ARENA);
  map_put(&h->shot, MAP_AREA_NUMBER, number);
  map_put(&h->shot, MAP_AREA_SLICES, MICA_ARENA_SLICES);
  for (unsigned s = 0; s < MICA_ARENA_SEGMENTS; s++)
    map_put(&h->shot, MAP_SEGMENT_KIND, s < segments ? MAP_IN_USE : MAP_ABSENT);
  put_item(h, CENSUS_HEAD, MICA_HEAD_SLICES);
  put_item(h, CENSUS_THEAPS, 1);
  unsigned at = MICA_HEAD_SLICES + 1;
  while (at < segments * MICA_SEGMENT_SLICES) {
    const unsigned room = segments * MICA_SEGMENT_SLICES - at, kind = (unsigned)draw(h, 100),
                   run = (unsigned)draw(h, 8) + 1;
    const unsigned some = run < room ? run : room;
    const unsigned in_segment = MICA_SEGMENT_SLICES - at % MICA_SEGMENT_SLICES;
    if (at >= slices || kind < 3)
      put_item(h, draw(h, 2) ? CENSUS_DIRTY : CENSUS_CLEAN, some), at += some;
    else if (kind < 9)
      at += put_large(h, room);
    else
      at += put_class_page(h, in_segment, (number * 7 + at / 200 * 11) % 80);
  }
  if (segments < MICA_ARENA_SEGMENTS)
    put_item(h, CENSUS_ABSENT, (MICA_ARENA_SEGMENTS - segments) * MICA_SEGMENT_SLICES);
  map_put(&h->shot, MAP_AREA_ITEMS, h->items - before);
}

static void put_single(heap_t* h, unsigned number, uint64_t bytes) {
  map_put(&h->shot, MAP_AREA_BASE, (0x7e0000000000 + (uint64_t)number * 8 * MICA_ARENA) / MICA_SLICE);
  map_put(&h->shot, MAP_AREA_KIND, MAP_SINGLE);
  map_put(&h->shot, MAP_AREA_NUMBER, number);
  map_put(&h->shot, MAP_AREA_SLICES, bytes / MICA_SLICE);
  map_put(&h->shot, MAP_AREA_ITEMS, 1);
  put_item(h, CENSUS_PAGE, (unsigned)(bytes / MICA_SLICE));
  put_page(h, MAP_SINGLE_CLASS, 0, MAP_STATE_LARGE, 1, 1, 0);
  map_put(&h->shot, MAP_SINGLE_BYTES, bytes - 4096);
  map_put(&h->shot, MAP_SINGLE_LEAD, 4096);
  h->used += bytes - 4096;
}

static void put_head(heap_t* h) {
  FILE* to = open_memstream(&h->shot.head, &h->shot.head_length);
  const map_head_t head = {"made-up", "no process",
                           "0.2.0",   1790000000000000,
                           3,         {.mapped = h->mapped, .held = h->used / 100, .outbox = h->used / 1000}};
  map_head_begin(to, &head);
  fputs("\"owners\":[{}", to);
  for (unsigned i = 1; i <= THREADS; i++)
    fprintf(to, ",{\"tid\":%u,\"name\":\"worker %u\",\"running\":true%s}", 4711 + i, i,
            i % 10 == 0 ? ",\"heap\":3" : "");
  fputs("]", to);
  if (fclose(to) != 0) h->shot.failed = true;
}

int main(int argc, char** argv) {
  const uint64_t mib = argc > 1 ? strtoull(argv[1], NULL, 10) : 10;
  static heap_t h;
  h.random = 0x9e3779b97f4a7c15 + (argc > 2 ? strtoull(argv[2], NULL, 10) : 0) * 977;
  if (mib > 2048) put_single(&h, 0, 3 * (uint64_t)MICA_ARENA + 5 * MICA_SEGMENT);
  const uint64_t slices = mib * (MICA_MiB / MICA_SLICE);
  unsigned number = 0;
  for (uint64_t left = slices; left > 0; number++) {
    const unsigned some = left < 4000 ? (unsigned)left : 4000;
    put_arena(&h, number, some);
    left -= some;
  }
  h.mapped = number * (uint64_t)MICA_ARENA;
  put_head(&h);
  char* before = argc > 3 ? map_earlier(argv[3], &(const char*){NULL}) : NULL;
  const bool written = map_write(stdout, &h.shot, before);
  free(before);
  if (!written) return 1;
  fprintf(stderr, "pages=%" PRIu64 " counted=%" PRIu64 " paged=%" PRIu64 " dirty=%" PRIu64 "\n", h.pages, h.used,
          h.paged, h.dirty);
  map_snapshot_free(&h.shot);
  return 0;
}
