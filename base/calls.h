/* calls.h -- system calls on files that are no points of cancellation: a thread that is to be cancelled leaves mica first.
 *
 * By syscall(2), since the C library's write, open, read, close and poll are such points. Its arguments are all long: of a
 * narrower one the system would read bits that nobody set. They set errno as the C library's do. Any thread, any time. */
#ifndef MICA_CALLS_H
#define MICA_CALLS_H
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline long mica_call_write(int file, const void* bytes, size_t n) {
  return syscall(SYS_write, (long)file, bytes, n);
}

/* Whether the file takes some bytes at once: it is open, is not full, and of a pipe or a socket there is a reader. Where the
 * system does not answer, it does not. (Every architecture has ppoll; some have no poll.) */
static inline bool mica_call_takes(int file) {
  struct pollfd asked = {file, POLLOUT, 0};
  const struct timespec at_once = {0, 0};
  return syscall(SYS_ppoll, &asked, 1L, &at_once, NULL, 0L) == 1 && asked.revents == POLLOUT;
}

/* To be read. Closed by execve. */
static inline int mica_call_open(const char* path) {
  return (int)syscall(SYS_openat, (long)AT_FDCWD, path, (long)(O_RDONLY | O_CLOEXEC), 0L);
}
static inline long mica_call_read(int file, void* to, size_t n) { return syscall(SYS_read, (long)file, to, n); }
static inline int mica_call_close(int file) { return (int)syscall(SYS_close, (long)file); }

/* A new file, to be written; EEXIST: there is one. Closed by execve; others may read it. */
static inline int mica_call_create(const char* path) {
  return (int)syscall(SYS_openat, (long)AT_FDCWD, path, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0644L);
}
/* What is there already, to be written at its end, as far as it takes something at once; ENXIO where it is a pipe that nobody
 * reads. */
static inline int mica_call_open_taken(const char* path) {
  return (int)syscall(SYS_openat, (long)AT_FDCWD, path, (long)(O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
                      0L);
}
/* Likewise, but who writes waits for the reader. */
static inline int mica_call_open_there(const char* path) {
  const int file = mica_call_open_taken(path);
  if (file >= 0) syscall(SYS_fcntl, (long)file, (long)F_SETFL, (long)(O_WRONLY | O_APPEND));
  return file;
}
static inline int mica_call_rename(const char* from, const char* to) {
  return (int)syscall(SYS_renameat2, (long)AT_FDCWD, from, (long)AT_FDCWD, to, 0L);
}
static inline int mica_call_unlink(const char* path) { return (int)syscall(SYS_unlinkat, (long)AT_FDCWD, path, 0L); }

#endif
