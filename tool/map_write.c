/* map_write.c -- see map_write.h. Columns go through zlib into base64 as they are: nothing is held twice. */
#include "tool/map_write.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
  LEVEL = 6,
  OUT = 48 * 1024,    /* bytes of zlib's that become text at once; a multiple of 3, but for the last */
  LETTERS = 64 * 1024 /* of these bytes */
};
static_assert(OUT % 3 == 0 && OUT / 3 * 4 == LETTERS, "no padding but at the end");

typedef struct packer_s {
  z_stream stream;
  FILE* to;
  unsigned char out[OUT];
  char letters[LETTERS];
  bool failed;
} packer_t;

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

static void write_letters(packer_t* p, size_t n) {
  size_t k = 0;
  for (size_t i = 0; i < n; i += 3) {
    const unsigned rest = n - i < 3 ? (unsigned)(n - i) : 3;
    const uint32_t three = (uint32_t)p->out[i] << 16 | (rest > 1 ? (uint32_t)p->out[i + 1] << 8 : 0) |
                           (rest > 2 ? (uint32_t)p->out[i + 2] : 0);
    for (unsigned c = 0; c < 4; c++) p->letters[k++] = alphabet[c > rest ? 64 : three >> (18 - 6 * c) & 63];
  }
  if (fwrite(p->letters, 1, k, p->to) != k) p->failed = true;
}

static void pack_some(packer_t* p, const void* bytes, size_t n, int flush) {
  p->stream.next_in = (unsigned char*)(uintptr_t)bytes;
  p->stream.avail_in = (unsigned)n;
  int result;
  do {
    result = deflate(&p->stream, flush);
    if (result == Z_STREAM_ERROR) p->failed = true;
    if (p->stream.avail_out != 0 && !(flush == Z_FINISH && result == Z_STREAM_END)) break;
    write_letters(p, OUT - p->stream.avail_out);
    p->stream.next_out = p->out;
    p->stream.avail_out = OUT;
  } while (!p->failed && result != Z_STREAM_END);
}

static void pack(packer_t* p, const void* bytes, size_t n) {
  enum { AT_ONCE = 1 << 30 };
  for (; n > 0 && !p->failed;) {
    const size_t some = n < AT_ONCE ? n : AT_ONCE;
    pack_some(p, bytes, some, Z_NO_FLUSH);
    bytes = (const char*)bytes + some;
    n -= some;
  }
}

static void pad(packer_t* p, size_t n) {
  static const unsigned char zeros[8];
  pack(p, zeros, (8 - n % 8) % 8);
}

/* The head's end: the columns. */
static char* columns_text(const map_snapshot_t* s, size_t* length) {
  char* text = NULL;
  FILE* to = open_memstream(&text, length);
  if (to == NULL) return NULL;
  fputs(",\"columns\":[", to);
  for (unsigned i = 0; i < MAP_COLUMNS; i++)
    fprintf(to, "%s[\"%s\",%u,%zu]", i == 0 ? "" : ",", map_column_name((map_column_id_t)i),
            map_width((map_column_id_t)i), map_count(s, (map_column_id_t)i));
  fputs("]}", to);
  if (fclose(to) == 0) return text;
  free(text);
  return NULL;
}

static void pack_snapshot(packer_t* p, const map_snapshot_t* s, const char* columns, size_t columns_length) {
  const size_t length = s->head_length + columns_length;
  unsigned char first[16] = "micamap1";
  for (unsigned i = 0; i < 4; i++) first[8 + i] = (unsigned char)(length >> (8 * i));
  pack(p, first, sizeof first);
  pack(p, s->head, s->head_length);
  pack(p, columns, columns_length);
  pad(p, length);
  for (unsigned i = 0; i < MAP_COLUMNS; i++) {
    pack(p, s->column[i].bytes, s->column[i].length);
    pad(p, s->column[i].length);
  }
  pack_some(p, NULL, 0, Z_FINISH);
}

static bool write_text(FILE* to, const map_snapshot_t* s) {
  size_t length;
  packer_t* p = calloc(1, sizeof *p);
  char* columns = columns_text(s, &length);
  bool done = p != NULL && columns != NULL && deflateInit(&p->stream, LEVEL) == Z_OK;
  if (done) {
    p->to = to;
    p->stream.next_out = p->out;
    p->stream.avail_out = OUT;
    pack_snapshot(p, s, columns, length);
    done = !p->failed;
    deflateEnd(&p->stream);
  }
  free(columns);
  free(p);
  return done;
}

static const char begin_of[] = "<script type=\"application/x-mica-snapshot\" id=\"";
static const char end_of[] = "</script>";

bool map_write(FILE* to, const map_snapshot_t* now, const char* before) {
  static const char place[] = "@snapshots@";
  const char* page = (const char*)mica_map_page;
  const char* at = strstr(page, place);
  if (now->failed || now->head == NULL || at == NULL) return false;
  fwrite(page, 1, (size_t)(at - page), to);
  fprintf(to, "%snow\">", begin_of);
  if (!write_text(to, now)) return false;
  fputs(end_of, to);
  if (before != NULL) fprintf(to, "\n%sbefore\">%s%s", begin_of, before, end_of);
  fputs(at + strlen(place), to);
  return fflush(to) == 0 && ferror(to) == 0;
}
