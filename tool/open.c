/* open.c -- see open.h. */
#include "tool/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE* tool_open_plain(const char* path, const char** why) {
  struct stat is;
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const bool known = file >= 0 && fstat(file, &is) == 0, plain = known && S_ISREG(is.st_mode);
  FILE* const from = plain ? fdopen(file, "rb") : NULL;
  const bool other = known && !plain && !S_ISDIR(is.st_mode);
  *why = other ? "it is no plain file" : strerror(known && !plain ? EISDIR : errno);
  if (from == NULL && file >= 0) close(file);
  return from;
}

FILE* tool_open_written(const char* path, const char** why) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
  const bool ready = file >= 0 && fcntl(file, F_SETFL, 0) == 0;
  FILE* const to = ready ? fdopen(file, "wb") : NULL;
  *why = file < 0 && errno == ENXIO ? "nobody reads that pipe" : strerror(errno);
  if (to == NULL && file >= 0) close(file);
  return to;
}
