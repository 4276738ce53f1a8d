/* files.h -- the files below the root, and nothing else: no link leads out of it, and only regular files are opened. */
#ifndef WEBSERVER_FILES_H
#define WEBSERVER_FILES_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A file's contents at a moment: what is unchanged if the contents are. */
struct file_state {
  uint64_t device, number;
  uint64_t size;
  struct timespec changed;
};

static inline bool file_is_same(const struct file_state* a, const struct file_state* b) {
  return a->device == b->device && a->number == b->number && a->size == b->size &&
         a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Sets the root, once. false: it cannot be opened; errno says why. */
bool files_start(const char* root);
void files_stop(void);

/* What opening found; the numbers are the status to answer. */
enum files_found { FILES_OK = 200, FILES_FOLDER = 301, FILES_FORBIDDEN = 403, FILES_MISSING = 404, FILES_BUSY = 503 };

/* Opens the file at a path relative to the root for reading. FILES_OK sets *fd, which is the caller's, and *state. */
enum files_found files_open(const char* path, int* fd, struct file_state* state);

/* The state that the open file has now. false: it cannot be told. */
bool files_state(int fd, struct file_state* state);

#endif
