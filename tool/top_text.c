/* top_text.c -- see top_text.h. */
#include "tool/top_text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 11, SIZE_TEXT = 24 };

typedef struct column_s {
  const char* head;
  char letter;
} column_t;

static const column_t columns[TOP_KEYS] = {
    [TOP_RESIDENT] = {"RESIDENT", 'r'}, [TOP_BLOCKS] = {"BLOCKS", 'b'}, [TOP_PAGES] = {"PAGES", 'p'},
    [TOP_DIRTY] = {"DIRTY", 'd'},       [TOP_HELD] = {"CACHES", 'c'},   [TOP_WAITING] = {"WAITING", 'w'},
    [TOP_GROWTH] = {"GROWTH/s", 'g'},   [TOP_PID] = {"PID", 'i'},
};

char top_letter(top_key_t key) { return columns[key].letter; }

/* "12.3 MiB", with a sign where it says so. */
static const char* size_text(int64_t bytes, bool sign, char text[SIZE_TEXT]) {
  static const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  const char* mark = bytes < 0 ? "-" : sign && bytes > 0 ? "+" : "";
  double n = bytes < 0 ? -(double)bytes : (double)bytes;
  unsigned unit = 0;
  for (; n >= 1024 && unit < 4; unit++) n /= 1024;
  snprintf(text, SIZE_TEXT, unit == 0 ? "%s%.0f %s" : "%s%.1f %s", mark, n, units[unit]);
  return text;
}

static void put_size(FILE* to, int64_t bytes) {
  char text[SIZE_TEXT];
  fprintf(to, " %*s", WIDTH, size_text(bytes, false, text));
}

void top_put_heads(FILE* to, top_key_t by) {
  char head[SIZE_TEXT];
  fprintf(to, "%8s", by == TOP_PID ? "PID*" : "PID");
  for (unsigned k = 0; k < TOP_PID; k++) {
    snprintf(head, sizeof head, "%s%s", columns[k].head, k == by ? "*" : "");
    fprintf(to, " %*s", WIDTH, head);
  }
  fputs("  COMMAND", to);
}

void top_put_row(FILE* to, const top_row_t* row) {
  char text[SIZE_TEXT];
  fprintf(to, "%8d", (int)row->pid);
  for (unsigned k = 0; k < TOP_GROWTH; k++)
    if (row->target != NULL || k == TOP_RESIDENT)
      put_size(to, row->figure[k]);
    else
      fprintf(to, " %*s", WIDTH, "?");
  fprintf(to, " %*s", WIDTH, row->growth_known ? size_text(row->figure[TOP_GROWTH], true, text) : "-");
  fprintf(to, "  %s", row->name);
}

/* ---- one process ---- */

typedef struct class_line_s {
  unsigned class; /* MICA_CLASSES: large blocks */
  int64_t bytes;  /* in blocks */
} class_line_t;

static int by_bytes(const void* a, const void* b) {
  const class_line_t* one = a;
  const class_line_t* other = b;
  if (one->bytes != other->bytes) return one->bytes < other->bytes ? 1 : -1;
  return (one->class > other->class) - (one->class < other->class);
}

static void put_large(FILE* to, const census_sums_t* sums, int64_t bytes) {
  fprintf(to, "%*s %9" PRId64 " %10" PRId64, WIDTH, "large", sums->single, sums->single);
  put_size(to, bytes);
  fprintf(to, " %*s %*s %6s\n", WIDTH, "-", WIDTH, "-", "-");
}

static void put_class(FILE* to, const census_sums_t* sums, unsigned c) {
  char text[SIZE_TEXT];
  const int64_t size = mica_classes[c].size, room = sums->pages[c] * mica_classes[c].slices * (int64_t)MICA_SLICE;
  fprintf(to, "%*s %9" PRId64 " %10" PRId64, WIDTH, size_text(size, false, text), sums->pages[c], sums->blocks[c]);
  put_size(to, sums->blocks[c] * size);
  put_size(to, sums->held[c] * size);
  put_size(to, (sums->pushed[c] + sums->outbox[c]) * size);
  fprintf(to, " %5.1f%%%s\n", room > 0 ? 100.0 * (double)(sums->blocks[c] * size) / (double)room : 0.0,
          mica_classes[c].inner ? "  aligned" : "");
}

static void put_classes(FILE* to, const census_t* census, int64_t large) {
  const census_sums_t* sums = &census->sums;
  class_line_t lines[MICA_CLASSES + 1];
  for (unsigned c = 0; c < MICA_CLASSES; c++) lines[c] = (class_line_t){c, sums->blocks[c] * mica_classes[c].size};
  lines[MICA_CLASSES] = (class_line_t){MICA_CLASSES, large};
  qsort(lines, MICA_CLASSES + 1, sizeof *lines, by_bytes);
  fprintf(to, "%*s %9s %10s %*s %*s %*s %6s\n", WIDTH, "CLASS", "PAGES", "IN USE", WIDTH, "BLOCKS", WIDTH, "CACHES",
          WIDTH, "WAITING", "FILL");
  for (unsigned i = 0; i <= MICA_CLASSES; i++)
    if (lines[i].class == MICA_CLASSES) {
      if (sums->single > 0) put_large(to, sums, large);
    } else if (sums->pages[lines[i].class] > 0) {
      put_class(to, sums, lines[i].class);
    }
}

typedef struct theap_line_s {
  const census_theap_t* theap;
} theap_line_t;

static int by_owned(const void* a, const void* b) {
  const census_theap_t* one = ((const theap_line_t*)a)->theap;
  const census_theap_t* other = ((const theap_line_t*)b)->theap;
  if (one->owned_bytes != other->owned_bytes) return one->owned_bytes < other->owned_bytes ? 1 : -1;
  return (one->at > other->at) - (one->at < other->at);
}

static const char* thread_name(const census_t* census, const census_theap_t* theap) {
  for (uint32_t i = 0; i < census->thread_count; i++)
    if (census->threads[i].base == theap->base) return census->threads[i].name;
  return "";
}

static void put_theap(FILE* to, const census_t* census, const census_theap_t* theap) {
  uint32_t pages = 0;
  for (unsigned c = 0; c < MICA_CLASSES; c++) pages += theap->class[c].pages;
  if (theap->tid != 0)
    fprintf(to, "%*d", WIDTH, (int)theap->tid);
  else
    fprintf(to, "%*s", WIDTH, theap->thread != 0 ? "?" : "none");
  fprintf(to, " %9" PRIu32, pages);
  put_size(to, (int64_t)theap->owned_bytes);
  put_size(to, (int64_t)theap->full_bytes);
  put_size(to, (int64_t)theap->held_bytes);
  put_size(to, (int64_t)theap->outbox_bytes);
  put_size(to, (int64_t)theap->pushed_bytes);
  fprintf(to, "  %s", thread_name(census, theap));
  if (theap->heap < census->heap_count) fprintf(to, " in heap %" PRIu64, census->heaps[theap->heap].serial);
  fputs(theap->sure ? "\n" : " ~\n", to);
}

static void put_threads(FILE* to, const census_t* census) {
  theap_line_t* lines = calloc(census->theap_count + 1, sizeof *lines);
  if (lines == NULL) return;
  size_t count = 0;
  for (uint32_t i = 0; i < census->theap_count; i++)
    if (census->theaps[i].kind != CENSUS_IDLE) lines[count++].theap = &census->theaps[i];
  qsort(lines, count, sizeof *lines, by_owned);
  fprintf(to, "\n%*s %9s %*s %*s %*s %*s %*s  NAME\n", WIDTH, "THREAD", "PAGES", WIDTH, "OWNED", WIDTH, "FULL", WIDTH,
          "CACHES", WIDTH, "OUTBOX", WIDTH, "WAITING");
  for (size_t i = 0; i < count; i++) put_theap(to, census, lines[i].theap);
  free(lines);
}

void top_put_process(FILE* to, const top_row_t* row, const census_t* census) {
  top_put_heads(to, TOP_KEYS);
  fputc('\n', to);
  top_put_row(to, row);
  char text[SIZE_TEXT];
  char dirty[SIZE_TEXT];
  fprintf(to, "\n\nmica %s; abandoned pages: %" PRId64 "; address space: %s; %s under pages of classes\n\n",
          target_version(row->target), census->sums.abandoned, size_text(census->sums.mapped_bytes, false, text),
          size_text(census->sums.page_bytes, false, dirty));
  put_classes(to, census, row->figure[TOP_BLOCKS] - census->sums.block_bytes);
  put_threads(to, census);
}
