/* map_snapshot.c -- see map_snapshot.h. */
#include "tool/map_snapshot.h"
#include "block/class.h"
#include "page/page.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct kind_s {
  const char* name;
  unsigned width; /* bytes; of 8 it is a double */
} kind_t;

static const kind_t kinds[MAP_COLUMNS] = {
    [MAP_AREA_BASE] = {"area_base", 8},       [MAP_AREA_KIND] = {"area_kind", 1},
    [MAP_AREA_NUMBER] = {"area_number", 4},   [MAP_AREA_SLICES] = {"area_slices", 4},
    [MAP_AREA_ITEMS] = {"area_items", 4},     [MAP_SEGMENT_KIND] = {"segment_kind", 1},
    [MAP_ITEM_KIND] = {"item_kind", 1},       [MAP_ITEM_SLICES] = {"item_slices", 4},
    [MAP_PAGE_CLASS] = {"page_class", 1},     [MAP_PAGE_OWNER] = {"page_owner", 4},
    [MAP_PAGE_STATE] = {"page_state", 1},     [MAP_PAGE_USED] = {"page_used", 2},
    [MAP_PAGE_CARVED] = {"page_carved", 2},   [MAP_PAGE_PUSHED] = {"page_pushed", 2},
    [MAP_SINGLE_BYTES] = {"single_bytes", 8}, [MAP_SINGLE_LEAD] = {"single_lead", 4},
    [MAP_BLOCK_PAGE] = {"block_page", 4},     [MAP_BLOCK_BITS] = {"block_bits", 1},
};

static const char* const states[MAP_STATES] = {"unknown", "active", "ready",     "sparse",
                                               "full",    "moving", "abandoned", "large"};

void map_snapshot_free(map_snapshot_t* snapshot) {
  for (unsigned i = 0; i < MAP_COLUMNS; i++) free(snapshot->column[i].bytes);
  free(snapshot->head);
  *snapshot = (map_snapshot_t){0};
}

unsigned map_width(map_column_id_t id) { return kinds[id].width; }
const char* map_column_name(map_column_id_t id) { return kinds[id].name; }
size_t map_count(const map_snapshot_t* snapshot, map_column_id_t id) {
  return snapshot->column[id].length / kinds[id].width;
}

static bool make_room(map_column_t* column, unsigned width) {
  if (column->room - column->length >= width) return true;
  const size_t room = column->room == 0 ? 4096 : column->room * 2;
  unsigned char* bytes = realloc(column->bytes, room);
  if (bytes == NULL) return false;
  column->bytes = bytes;
  column->room = room;
  return true;
}

void map_put(map_snapshot_t* snapshot, map_column_id_t id, uint64_t value) {
  map_column_t* column = &snapshot->column[id];
  const unsigned width = kinds[id].width;
  if (!make_room(column, width)) {
    snapshot->failed = true;
    return;
  }
  if (width == 8) {
    const double number = (double)value;
    memcpy(&value, &number, sizeof value);
  } else if (value >> (8 * width) != 0) {
    value = ((uint64_t)1 << (8 * width)) - 1;
  }
  for (unsigned i = 0; i < width; i++) column->bytes[column->length++] = (unsigned char)(value >> (8 * i));
}

void map_json_text(FILE* to, const char* text) {
  fputc('"', to);
  for (; *text != '\0'; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c < ' ' || c >= 127) {
      fputc('?', to);
      continue;
    }
    if (c == '"' || c == '\\') fputc('\\', to);
    fputc(c, to);
  }
  fputc('"', to);
}

static void put_text(FILE* to, const char* name, const char* text) {
  fprintf(to, "\"%s\":", name);
  map_json_text(to, text);
  fputc(',', to);
}

static void put_classes(FILE* to) {
  fputs("\"classes\":[", to);
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    fprintf(to, "%s[%u,%u,%d,%u]", c == 0 ? "" : ",", (unsigned)mica_classes[c].size, (unsigned)mica_classes[c].slices,
            mica_classes[c].inner, mica_class_total(c));
  fputs("],\"states\":[", to);
  for (unsigned i = 0; i < MAP_STATES; i++) fprintf(to, "%s\"%s\"", i == 0 ? "" : ",", states[i]);
  fputs("],", to);
}

void map_head_begin(FILE* to, const map_head_t* head) {
  const time_t seconds = (time_t)(head->when / 1000000);
  struct tm parts;
  char when[32] = "";
  if (gmtime_r(&seconds, &parts) != NULL) strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
  fputs("{\"format\":1,", to);
  put_text(to, "program", head->program);
  put_text(to, "target", head->target);
  put_text(to, "mica", head->mica);
  put_text(to, "when", when);
  const map_totals_t* t = &head->totals;
  fprintf(to,
          "\"unsure\":%" PRIu32 ",\"totals\":{\"mapped\":%" PRIu64 ",\"resident\":%" PRIu64 ",\"held\":%" PRIu64
          ",\"outbox\":%" PRIu64 ",\"blocks\":%" PRIu64 ",\"singles\":%" PRIu64 ",\"pushed\":%" PRIu64
          ",\"pages\":%" PRIu64 ",\"dirty\":%" PRIu64 "},",
          head->unsure, t->mapped, t->resident, t->held, t->outbox, t->blocks, t->singles, t->pushed, t->pages,
          t->dirty);
  put_classes(to);
}
