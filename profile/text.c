/* text.c -- see text.h. errno may change. */
#include "profile/text.h"

#include "base/calls.h"
#include "base/config.h"
#include <string.h>

MICA_NOINLINE void mica_text_end(mica_text_t* text) {
  if (text->n == 0) return;
  text->bytes[text->n] = '\0';
  text->out(text->bytes, text->arg);
  text->n = 0;
}

void mica_text_bytes(mica_text_t* text, const char* bytes, size_t n) {
  while (n != 0) {
    const size_t left = MICA_TEXT_BYTES - 1 - text->n, part = n < left ? n : left;
    memcpy(text->bytes + text->n, bytes, part);
    text->n += part;
    bytes += part;
    n -= part;
    if (n != 0) mica_text_end(text);
  }
}

void mica_text_add(mica_text_t* text, const char* string) { mica_text_bytes(text, string, strlen(string)); }

static void digits(mica_text_t* text, uint64_t number, unsigned base) {
  char reversed[24];
  size_t at = sizeof reversed;
  do {
    reversed[--at] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  mica_text_bytes(text, reversed + at, sizeof reversed - at);
}

void mica_text_number(mica_text_t* text, uint64_t number) { digits(text, number, 10); }

void mica_text_hex(mica_text_t* text, uint64_t number) {
  mica_text_add(text, "0x");
  digits(text, number, 16);
}

void mica_text_line(mica_text_t* text) {
  if (text->n > MICA_TEXT_BYTES / 2) mica_text_end(text);
}

void mica_text_file(mica_text_t* text, const char* path) {
  const int file = mica_call_open(path);
  if (file < 0) return;
  mica_text_end(text);
  for (long n; (n = mica_call_read(file, text->bytes, MICA_TEXT_BYTES - 1)) > 0; mica_text_end(text))
    text->n = (size_t)n;
  mica_call_close(file);
}
