/* map_earlier.c -- the snapshot in a page that `mica map` wrote before. It is looked at only as far as to know that it is one:
 * base64 throughout, a whole zlib stream, and the first letters that a snapshot has. */
#include "tool/map_write.h"
#include "tool/open.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MOST = 256 << 20 /* bytes of a page; who wrote more did not write a page */ };

/* The whole file and a zero; NULL: see *why. */
static char* read_file(const char* path, const char** why) {
  FILE* from = tool_open_plain(path, why);
  if (from == NULL) return NULL;
  size_t length = 0, room = 1 << 16;
  char* text = malloc(room);
  for (size_t n = 1; text != NULL && n > 0 && length < MOST; length += n) {
    if (room - length < 2) {
      char* larger = realloc(text, room *= 2);
      if (larger == NULL) free(text);
      text = larger;
    }
    n = text == NULL ? 0 : fread(text + length, 1, room - length - 1, from);
  }
  const bool failed = ferror(from) != 0;
  if (failed) *why = strerror(errno);
  fclose(from);
  if (text != NULL && !failed) {
    text[length] = '\0';
    return text;
  }
  if (text == NULL) *why = "there is no memory for it";
  free(text);
  return NULL;
}

static int value_of(char letter) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char* at = letter == '\0' ? NULL : strchr(alphabet, letter);
  return at == NULL ? -1 : (int)(at - alphabet);
}

/* Bytes into `to`, which may be the text itself. False: not base64. */
static bool decode(const char* text, size_t letters, unsigned char* to, size_t* length) {
  if (letters == 0 || letters % 4 != 0) return false;
  size_t n = 0;
  for (size_t i = 0; i < letters; i += 4) {
    uint32_t three = 0;
    unsigned padding = 0;
    for (unsigned c = 0; c < 4; c++) {
      const bool pads = text[i + c] == '=' && i + 4 == letters && c >= 2;
      if (pads) padding++;
      const int value = pads ? 0 : value_of(text[i + c]);
      if (value < 0 || (padding > 0 && !pads)) return false;
      three = three << 6 | (uint32_t)value;
    }
    for (unsigned c = 0; c < 3 - padding; c++) to[n++] = (unsigned char)(three >> (16 - 8 * c));
  }
  *length = n;
  return true;
}

/* Whether the bytes are a whole zlib stream that begins as a snapshot does. */
static bool is_snapshot(unsigned char* bytes, size_t length) {
  static unsigned char out[1 << 16];
  z_stream stream = {.next_in = bytes, .avail_in = (unsigned)length};
  bool first = true, is = inflateInit(&stream) == Z_OK;
  for (int result = Z_OK; is && result != Z_STREAM_END; first = false) {
    stream.next_out = out;
    stream.avail_out = sizeof out;
    result = inflate(&stream, Z_NO_FLUSH);
    is = (result == Z_OK || result == Z_STREAM_END) && (!first || memcmp(out, "micamap1", 8) == 0);
  }
  inflateEnd(&stream);
  return is;
}

char* map_earlier(const char* path, const char** why) {
  static const char begins[] = "application/x-mica-snapshot\" id=\"now\">";
  char* text = read_file(path, why);
  if (text == NULL) return NULL;
  *why = "it is no map that this command wrote";
  char* from = strstr(text, begins);
  char* to = from == NULL ? NULL : strstr(from, "</script>");
  if (to != NULL) {
    from += strlen(begins);
    *to = '\0';
    const size_t letters = (size_t)(to - from);
    unsigned char* bytes = malloc(letters + 1);
    size_t length = 0;
    if (bytes != NULL && decode(from, letters, bytes, &length) && is_snapshot(bytes, length)) {
      memmove(text, from, letters + 1);
      free(bytes);
      return text;
    }
    free(bytes);
  }
  free(text);
  return NULL;
}
