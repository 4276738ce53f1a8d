/* peek.c -- looking at memory through the system (peek.h).
 *
 * By syscall(2), which is no point of cancellation and which no checker stands in front of. Its arguments are all long: of a
 * narrower one the system would read bits that nobody set. The process is named by the calling thread: its first thread, by
 * which it is named otherwise, may have ended, and then has neither memory nor a list. No state. */
#include "segment/peek.h"

#include "base/calls.h"
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

bool mica_peek(void* to, const void* from, size_t n) {
  const struct iovec local = {to, n}, remote = {(void*)(uintptr_t)from, n};
  return syscall(SYS_process_vm_readv, syscall(SYS_gettid), &local, 1L, &remote, 1L, 0L) == (long)n;
}

/* ---- the system's list of mappings: a line each, in the order of addresses ----
 * from-to rights offset device inode    name */

enum { FIELDS_BEFORE_NAME = 4, BUFFER = 512 };

typedef struct reader_s {
  int file;
  size_t at, have;
  bool whole; /* something was read, and no read failed */
  char bytes[BUFFER];
} reader_t;

/* The next byte; '\0' at the end. */
static char next(reader_t* reader) {
  if (reader->at == reader->have) {
    const long n = mica_call_read(reader->file, reader->bytes, BUFFER);
    reader->at = 0;
    reader->have = n > 0 ? (size_t)n : 0;
    if (n != 0) reader->whole = n > 0;
    if (n <= 0) return '\0';
  }
  return reader->bytes[reader->at++];
}

/* A number up to what follows it, which is taken, too. */
static uintptr_t number(reader_t* reader, char* behind) {
  uintptr_t n = 0;
  for (;;) {
    const char c = *behind = next(reader);
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return n;
    n = n * 16 + (uintptr_t)(digit ? c - '0' : c - 'a' + 10);
  }
}

static void skip_line(reader_t* reader) {
  for (char c = ' '; c != '\n' && c != '\0';) c = next(reader);
}

/* What is left of the line. Of a long name the beginning goes. */
static void read_name(reader_t* reader, char* name) {
  size_t length = 0;
  char c = ' ';
  for (int field = 0; field < FIELDS_BEFORE_NAME && c != '\n' && c != '\0';)
    if ((c = next(reader)) == ' ') field++;
  while (c == ' ') c = next(reader);
  for (; c != '\n' && c != '\0'; c = next(reader)) {
    if (length == MICA_MAPPING_NAME - 1) memmove(name, name + 1, --length);
    name[length++] = c;
  }
  name[length] = '\0';
}

static mica_mapped_t find(reader_t* reader, uintptr_t at, mica_mapping_t* mapping) {
  for (char behind;;) {
    mapping->from = number(reader, &behind);
    if (behind != '-') return behind == '\0' && reader->whole ? MICA_NOT_MAPPED : MICA_MAPPED_UNKNOWN;
    mapping->to = number(reader, &behind);
    if (at < mapping->from) return MICA_NOT_MAPPED;
    if (at < mapping->to) {
      read_name(reader, mapping->name);
      return MICA_MAPPED;
    }
    skip_line(reader);
  }
}

mica_mapped_t mica_mapping_at(const void* p, mica_mapping_t* mapping) {
  reader_t reader;
  reader.file = mica_call_open("/proc/thread-self/maps");
  reader.at = reader.have = 0;
  reader.whole = false;
  if (reader.file < 0) return MICA_MAPPED_UNKNOWN;
  const mica_mapped_t found = find(&reader, (uintptr_t)p, mapping);
  mica_call_close(reader.file);
  return found;
}
