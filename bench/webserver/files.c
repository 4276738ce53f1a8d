/* files.c -- see files.h.
 *
 * The system is asked to resolve a path beneath the root (openat2). One that does not know how, or a tool that stands in
 * between, has us go part by part without following links. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int root_fd = -1;

bool files_start(const char* root) {
  root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return root_fd >= 0;
}

void files_stop(void) {
  close(root_fd);
  root_fd = -1;
}

enum { READING = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Part by part; a link is an error. */
static int open_by_parts(const char* path) {
  char part[256];
  int folder = root_fd;
  for (;;) {
    size_t length = strcspn(path, "/");
    bool is_last = path[length] == 0;
    int fd = -1;
    errno = ENAMETOOLONG;
    if (length < sizeof part) {
      memcpy(part, path, length);
      part[length] = 0;
      fd = openat(folder, part, O_NOFOLLOW | (is_last ? READING : O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    int error = errno;
    if (folder != root_fd) close(folder);
    errno = error;
    if (fd < 0 || is_last) return fd;
    folder = fd;
    path += length + 1;
  }
}

static int open_beneath(const char* path) {
  struct open_how how = {.flags = READING, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
  return fd < 0 && errno == ENOSYS ? open_by_parts(path) : fd;
}

static enum files_found found_by_error(int error) {
  switch (error) {
  case ENOENT:
  case ENOTDIR:
  case ENAMETOOLONG: return FILES_MISSING;
  case EMFILE:
  case ENFILE:
  case ENOMEM:
  case EAGAIN: return FILES_BUSY;
  default: return FILES_FORBIDDEN;
  }
}

static void state_of(const struct stat* from, struct file_state* state) {
  *state = (struct file_state){
      .device = from->st_dev, .number = from->st_ino, .size = (uint64_t)from->st_size, .changed = from->st_mtim};
}

enum files_found files_open(const char* path, int* fd, struct file_state* state) {
  int opened = open_beneath(path[0] == 0 ? "." : path);
  if (opened < 0) return found_by_error(errno);
  struct stat now;
  enum files_found found = FILES_OK;
  if (fstat(opened, &now) != 0) {
    found = FILES_BUSY;
  } else if (S_ISDIR(now.st_mode)) {
    found = FILES_FOLDER;
  } else if (!S_ISREG(now.st_mode)) {
    found = FILES_FORBIDDEN;
  }
  if (found != FILES_OK) {
    close(opened);
    return found;
  }
  state_of(&now, state);
  *fd = opened;
  return FILES_OK;
}

bool files_state(int fd, struct file_state* state) {
  struct stat now;
  if (fstat(fd, &now) != 0) return false;
  state_of(&now, state);
  return true;
}
