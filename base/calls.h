/* calls.h -- system calls on files that are no points of cancellation: a thread that is to be cancelled leaves mica first.
 *
 * By syscall(2), since the C library's write, open, read and close are such points. Its arguments are all long: of a narrower
 * one the system would read bits that nobody set. They set errno as the C library's do. Any thread, any time. */
#ifndef MICA_CALLS_H
#define MICA_CALLS_H
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long mica_call_write(int file, const void* bytes, size_t n) {
  return syscall(SYS_write, (long)file, bytes, n);
}

/* To be read. Closed by execve. */
static inline int mica_call_open(const char* path) {
  return (int)syscall(SYS_openat, (long)AT_FDCWD, path, (long)(O_RDONLY | O_CLOEXEC), 0L);
}
static inline long mica_call_read(int file, void* to, size_t n) { return syscall(SYS_read, (long)file, to, n); }
static inline int mica_call_close(int file) { return (int)syscall(SYS_close, (long)file); }

#endif
