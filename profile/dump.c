/* dump.c -- the text "heap profile: ... @ heapprofile". Its first address of a stack is within the call, as the readers take it
 * for the place itself; the others are the addresses behind calls, from which they go back by one. */
#include "profile/dump.h"

#include "base/buffer.h"
#include "base/calls.h"
#include "base/file.h"
#include "profile/site_sums.h"
#include "profile/sites.h"
#include "profile/text.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- sums ---- */

static bool sum_up(mica_site_t* site, void* arg) {
  mi_profile_sums_t* const all = arg;
  const mica_site_sums_t sums = mica_site_sums(site);
  all->stacks++;
  all->live_count += sums.live_count;
  all->live_bytes += sums.live_bytes;
  all->count += sums.count;
  all->bytes += sums.bytes;
  return true;
}

mi_profile_sums_t mica_profile_sums(void) {
  mi_profile_sums_t all = {0};
  mica_sites_visit(sum_up, &all);
  /* relaxed: figures [PF7] */
  all.samples = atomic_load_explicit(&mica_profile_table.taken, memory_order_relaxed);
  all.dropped = atomic_load_explicit(&mica_profile_table.dropped, memory_order_relaxed);
  return all;
}

/* ---- text ---- */

static void put_sums(mica_text_t* text, size_t live_count, size_t live_bytes, size_t count, size_t bytes) {
  mica_text_number(text, live_count);
  mica_text_add(text, ": ");
  mica_text_number(text, live_bytes);
  mica_text_add(text, " [");
  mica_text_number(text, count);
  mica_text_add(text, ": ");
  mica_text_number(text, bytes);
  mica_text_add(text, "] @ ");
}

static bool put_site(mica_site_t* site, void* arg) {
  mica_text_t* const text = arg;
  const mica_site_sums_t sums = mica_site_sums(site);
  if (mica_site_is_idle(&sums)) return true;
  put_sums(text, sums.live_count, sums.live_bytes, sums.count, sums.bytes);
  for (unsigned i = 0; i < site->depth; i++) {
    if (i != 0) mica_text_add(text, " ");
    mica_text_hex(text, site->frame[i] - (i == 0));
  }
  if (site->depth == 0) mica_text_add(text, "0x0");
  mica_text_add(text, "\n");
  mica_text_line(text);
  return true;
}

/* As a message, in parts that are no longer than one may be. */
static void put_message(const char* piece, void* arg) {
  enum { PART = 400 };
  (void)arg;
  for (size_t left = strlen(piece), n; left != 0; left -= n, piece += n) {
    n = left < PART ? left : PART;
    mica_print(NULL, NULL, "%.*s", (int)n, piece);
  }
}

void mica_profile_text(mica_output_t* out, void* arg) {
  const int saved = errno;
  mica_text_t text;
  const mi_profile_sums_t all = mica_profile_sums();
  mica_text_begin(&text, out != NULL ? out : put_message, arg);
  mica_text_add(&text, "heap profile: ");
  put_sums(&text, all.live_count, all.live_bytes, all.count, all.bytes);
  mica_text_add(&text, "heapprofile\n");
  mica_sites_visit(put_site, &text);
  mica_text_add(&text, "\nMAPPED_LIBRARIES:\n");
  mica_text_file(&text, "/proc/self/maps");
  mica_text_end(&text);
  errno = saved;
}

/* ---- as a string ---- */

static void append(const char* piece, void* arg) { mica_buffer_text(arg, piece); }

size_t mica_profile_string(char* buffer, size_t size) {
  mica_buffer_t to = {buffer, size, 0};
  mica_profile_text(append, &to);
  return to.length;
}

/* ---- as a file ---- */

typedef struct file_s {
  int file;
  int error; /* of the first write that failed */
} file_t;

static void write_piece(const char* piece, void* arg) {
  file_t* const to = arg;
  if (to->error == 0 && !mica_file_put(to->file, piece, strlen(piece))) to->error = errno;
}

static bool written(int file) {
  file_t to = {file, 0};
  mica_profile_text(write_piece, &to);
  errno = to.error;
  return to.error == 0;
}

/* Two that write the same file at a time, here or in another process, have each a name of their own beside it. */
static void name_beside(char* beside, const char* path) {
  mica_buffer_t name = {beside, MICA_PROFILE_PATH, 0};
  mica_text_t text;
  mica_text_begin(&text, append, &name);
  mica_text_add(&text, path);
  mica_text_add(&text, ".");
  mica_text_number(&text, (uint64_t)getpid());
  mica_text_add(&text, ".");
  mica_text_hex(&text, (uintptr_t)&text);
  mica_text_add(&text, ".tmp");
  mica_text_end(&text);
}

static bool write_and_close(int file) {
  if (file < 0) return false;
  const bool whole = written(file);
  mica_file_close(file);
  return whole;
}

bool mica_profile_write(const char* path, char* beside) {
  if (path == NULL) return written(STDERR_FILENO);
  if (mica_file_is_special(path)) return write_and_close(mica_call_open_there(path));
  if (strlen(path) + MICA_PROFILE_BESIDE > MICA_PROFILE_PATH) {
    errno = ENAMETOOLONG;
    return false;
  }
  name_beside(beside, path);
  if (write_and_close(mica_file_make(beside)) && mica_call_rename(beside, path) == 0) return true;
  const int error = errno;
  mica_call_unlink(beside);
  errno = error;
  return false;
}
