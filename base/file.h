/* file.h -- files that are written beside their name and take it when they are whole, by raw calls (calls.h), so in signal
 * handlers, too. errno says why something failed. No state. */
#ifndef MICA_FILE_H
#define MICA_FILE_H
#include "base/calls.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* What is there and is no ordinary file, /dev/stderr or a pipe, is written to, not replaced. */
static inline bool mica_file_is_special(const char* path) {
  struct stat there;
  return stat(path, &there) == 0 && !S_ISREG(there.st_mode);
}

/* A new file. One that a process of the same number has left goes first. */
static inline int mica_file_make(const char* path) {
  const int file = mica_call_create(path);
  if (file >= 0 || errno != EEXIST) return file;
  mica_call_unlink(path);
  return mica_call_create(path);
}

/* All n bytes; false: they could not be written. */
static inline bool mica_file_put(int file, const char* bytes, size_t n) {
  while (n != 0) {
    const long wrote = mica_call_write(file, bytes, n);
    if (wrote <= 0 && errno != EINTR) return false;
    if (wrote <= 0) continue;
    bytes += wrote;
    n -= (size_t)wrote;
  }
  return true;
}

/* Closes it; errno stays. */
static inline void mica_file_close(int file) {
  const int error = errno;
  mica_call_close(file);
  errno = error;
}

#endif
