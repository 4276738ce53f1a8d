/* text.h -- text that is put together in a small buffer on the stack and handed on in pieces that end with a line. It formats
 * numbers itself, so that it may be used in a signal handler. */
#ifndef MICA_TEXT_H
#define MICA_TEXT_H
#include "observe/output.h"
#include <stddef.h>
#include <stdint.h>

enum { MICA_TEXT_BYTES = 1024 };

typedef struct mica_text_s {
  mica_output_t* out;
  void* arg;
  size_t n;
  char bytes[MICA_TEXT_BYTES];
} mica_text_t;

/* From here on, until mica_text_end. */
static inline void mica_text_begin(mica_text_t* text, mica_output_t* out, void* arg) {
  text->out = out;
  text->arg = arg;
  text->n = 0;
}
void mica_text_end(mica_text_t* text);

void mica_text_add(mica_text_t* text, const char* string);
void mica_text_bytes(mica_text_t* text, const char* bytes, size_t n);
void mica_text_number(mica_text_t* text, uint64_t number);
void mica_text_hex(mica_text_t* text, uint64_t number); /* with 0x in front */

/* Behind a line: hands on what there is, if there is not much room left. */
void mica_text_line(mica_text_t* text);

/* The whole of a file, as it is; nothing if it cannot be read. */
void mica_text_file(mica_text_t* text, const char* path);

#endif
