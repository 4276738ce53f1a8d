/* environment.c -- see environment.h.
 *
 * Invariants: what the environment says is read once, while there is one thread, and constant from then on; one thread at a
 * time writes, and who comes meanwhile leaves it to that one to write once more. */
#include "profile/environment.h"

#include "base/buffer.h"
#include "base/calls.h"
#include "base/writer.h"
#include "observe/option_rules.h"
#include "observe/setting.h"
#include "profile/dump.h"
#include "profile/leaks.h"
#include "profile/text.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define EVERY ((uint64_t)512 << 10) /* unless said otherwise */
#define MOST ((uint64_t)1 << 40)

static const char* said;   /* the setting; NULL: there is none */
static size_t file_length; /* of its first part; 0: no file */
static bool leaks;
static uint64_t every;
static uint64_t loaded_in; /* the process that read it */

static struct {
  char path[MICA_PROFILE_PATH];
  char beside[MICA_PROFILE_PATH];
} scratch MICA_TABLE; /* the writer's */
static mica_writer_t asked;
static _Atomic(uint32_t) written; /* files [PF16] */

/* ---- the file ---- */

/* A fork that never became a program of its own would write over its parent's file: it gets a name with its number behind. */
static void set_path(void) {
  const int64_t process = (int64_t)getpid();
  /* Relaxed: a number. [PF16] */
  const uint32_t number = atomic_fetch_add_explicit(&written, 1, memory_order_relaxed);
  mica_buffer_t path = {scratch.path, sizeof scratch.path, 0};
  bool own = (uint64_t)process == loaded_in;
  for (size_t i = 0; i < file_length; i++) {
    const char mark = said[i] == '%' && i + 1 < file_length ? said[i + 1] : 0;
    if (mark == 'p' || mark == 'n') {
      mica_buffer_number(&path, mark == 'p' ? process : (int64_t)number);
      own = own || mark == 'p';
      i++;
    } else {
      mica_buffer_bytes(&path, &said[i], 1);
    }
  }
  if (!own) mica_buffer_pair(&path, ".", process);
}

/* One line, if stderr takes it at once; strerror is not for handlers. */
static void say_failure(int error) {
  char text[256];
  mica_buffer_t line = {text, sizeof text, 0};
  mica_buffer_text(&line, "mica: MICA_PROFILE: ");
  mica_buffer_bytes(&line, scratch.path, strnlen(scratch.path, 150));
  mica_buffer_pair(&line, ": cannot be written, error ", error);
  mica_buffer_text(&line, "\n");
  if (mica_call_takes(STDERR_FILENO)) mica_call_write(STDERR_FILENO, text, line.length);
}

static void write_now(void) {
  set_path();
  if (!mica_profile_write(scratch.path, scratch.beside)) say_failure(errno);
}

static void write_file(void) {
  const int saved = errno;
  if (file_length == 0) return;
  mica_writer_asks(&asked, write_now);
  errno = saved;
}

void mica_profile_forget_writer(void) { mica_writer_forget(&asked); }

/* ---- the setting ---- */

static void answer(int number) {
  (void)number;
  write_file();
}

/* A number of bytes, with K, M or G behind it as with options; 0: it is none. */
static uint64_t bytes_of(const char* text) {
  uint64_t n = 0;
  for (; *text >= '0' && *text <= '9'; text++)
    if ((n = n * 10 + (uint64_t)(*text - '0')) > MOST) return 0;
  static const char* const suffixes[][2] = {{"K", "KiB"}, {"M", "MiB"}, {"G", "GiB"}};
  if (*text == '\0') return n;
  for (unsigned i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    for (unsigned k = 0; k < 2; k++)
      if (mica_option_spells(text, strlen(text), suffixes[i][k]))
        return n <= MOST >> (10 * (i + 1)) ? n << (10 * (i + 1)) : 0;
  return 0;
}

static void take_every(const char* text) {
  const uint64_t bytes = bytes_of(text);
  if (bytes != 0)
    every = bytes;
  else
    mica_setting_refused(MICA_PROFILE_NAME, said,
                         "every is a number of bytes above 0, with K, M or G behind it if need be");
}

/* What stands behind the word and an equals sign; NULL: another word does. */
static const char* value_of(const char* part, const char* word) {
  const size_t length = strlen(word);
  return strnlen(part, length) == length && mica_option_spells(part, length, word) && part[length] == '='
             ? part + length + 1
             : NULL;
}

static void take_part(const char* part) {
  const char* value;
  if ((value = value_of(part, "every")) != NULL)
    take_every(value);
  else if ((value = value_of(part, "signal")) != NULL)
    mica_setting_take_signal(MICA_PROFILE_NAME, said, value, answer);
  else if (mica_option_spells(part, strlen(part), "leaks"))
    leaks = true;
  else
    mica_setting_refused(MICA_PROFILE_NAME, said, "it is FILE[,every=BYTES][,signal=NAME][,leaks]");
}

static void take_parts(const char* from) {
  char part[64];
  while (*from == ',') {
    const size_t length = strcspn(++from, ",");
    const size_t most = length < sizeof part ? length : sizeof part - 1;
    memcpy(part, from, most);
    part[most] = '\0';
    take_part(part);
    from += length;
  }
}

uint64_t mica_profile_begin(void) {
  said = mica_setting(MICA_PROFILE_NAME);
  if (said == NULL || *said == '\0') return 0;
  file_length = strcspn(said, ",");
  loaded_in = (uint64_t)getpid();
  every = EVERY;
  take_parts(said + file_length);
  if (leaks) every = 1;
  return every;
}

void mica_profile_end(void) {
  write_file();
  if (leaks && file_length == 0) mica_leaks_print();
}
