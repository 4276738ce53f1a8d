/* environment.c -- see environment.h.
 *
 * Invariants: what the environment says is read once, while there is one thread, and constant from then on; one thread at a
 * time writes, and who comes meanwhile leaves it to that one to write once more. */
#include "profile/environment.h"

#include "base/calls.h"
#include "observe/hooks.h"
#include "observe/option_rules.h"
#include "observe/setting.h"
#include "profile/dump.h"
#include "profile/leaks.h"
#include "profile/text.h"
#include <errno.h>
#include <signal.h>
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
} scratch MICA_TABLE;             /* the writer's */
static _Atomic(uint32_t) asked;   /* how often somebody has since nobody wrote [PF15] */
static _Atomic(uint32_t) written; /* files [PF16] */

/* ---- the file ---- */

static void add(char* path, size_t* n, const char* bytes, size_t length) {
  const size_t left = MICA_PROFILE_PATH - 1 - *n, part = length < left ? length : left;
  memcpy(path + *n, bytes, part);
  *n += part;
  path[*n] = '\0';
}

static void add_number(char* path, size_t* n, uint64_t number) {
  char digits[24];
  size_t at = sizeof digits;
  for (; at == sizeof digits || number != 0; number /= 10) digits[--at] = (char)('0' + number % 10);
  add(path, n, digits + at, sizeof digits - at);
}

/* A fork that never became a program of its own would write over its parent's file: it gets a name with its number behind. */
static void set_path(void) {
  const uint64_t process = (uint64_t)getpid();
  /* Relaxed: a number. [PF16] */
  const uint32_t number = atomic_fetch_add_explicit(&written, 1, memory_order_relaxed);
  bool own = process == loaded_in;
  size_t n = 0;
  for (size_t i = 0; i < file_length; i++) {
    const bool marked = said[i] == '%' && i + 1 < file_length;
    if (marked && said[i + 1] == 'p') {
      add_number(scratch.path, &n, process);
      own = true;
      i++;
    } else if (marked && said[i + 1] == 'n') {
      add_number(scratch.path, &n, number);
      i++;
    } else {
      add(scratch.path, &n, &said[i], 1);
    }
  }
  if (own) return;
  add(scratch.path, &n, ".", 1);
  add_number(scratch.path, &n, process);
}

/* One line, if stderr takes it at once; strerror is not for handlers. */
static void say_failure(int error) {
  char line[256];
  size_t n = 0;
  static const char before[] = "mica: MICA_PROFILE: ", middle[] = ": cannot be written, error ";
  add(line, &n, before, sizeof before - 1);
  add(line, &n, scratch.path, strnlen(scratch.path, 150));
  add(line, &n, middle, sizeof middle - 1);
  add_number(line, &n, (uint64_t)error);
  add(line, &n, "\n", 1);
  if (mica_call_takes(STDERR_FILENO)) mica_call_write(STDERR_FILENO, line, n);
}

static void write_now(void) {
  set_path();
  if (!mica_profile_write(scratch.path, scratch.beside)) say_failure(errno);
}

static void write_file(void) {
  const int saved = errno;
  if (file_length == 0) return;
  /* Acquire: pairs with the end of the writing before, whose scratch this is. [PF15] */
  if (atomic_fetch_add_explicit(&asked, 1, memory_order_acquire) != 0) return;
  uint32_t n = 1;
  write_now();
  /* Release: pairs with the beginning of the next writing. [PF15] */
  if (!atomic_compare_exchange_strong_explicit(&asked, &n, 0, memory_order_release, memory_order_relaxed)) {
    write_now();
    atomic_store_explicit(&asked, 0, memory_order_release); /* likewise [PF15] */
  }
  errno = saved;
}

void mica_profile_forget_writer(void) {
  atomic_store_explicit(&asked, 0, memory_order_relaxed); /* relaxed: one thread [PF21] */
}

/* ---- the setting ---- */

static void answer(int number) {
  (void)number;
  write_file();
}

/* A signal that the program was started with, or that a library has set, is left. */
static void take_signal(const char* name) {
  struct sigaction action = {.sa_handler = answer, .sa_flags = SA_RESTART | SA_ONSTACK}, before;
  const int number = mica_setting_signal(name);
  sigemptyset(&action.sa_mask);
  if (number == 0 || sigaction(number, NULL, &before) != 0)
    mica_setting_refused(MICA_PROFILE_NAME, said,
                         "a signal is USR1, USR2, HUP, RTMIN+1 or another that programs may use");
  else if ((before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL)
    mica_notice("MICA_%s: the signal %.20s has no effect: the program ignores it, or has a handler for it\n",
                MICA_PROFILE_NAME, name);
  else
    sigaction(number, &action, NULL);
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
    take_signal(value);
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
