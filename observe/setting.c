/* setting.c -- see setting.h. */
#include "observe/setting.h"

#include "observe/hooks.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static bool spells(const char* text, size_t length, const char* word) { return mica_option_spells(text, length, word); }

/* The whole entry NAME=text. */
static const char* entry_of(const char* name) {
  if (environ == NULL || getauxval(AT_SECURE) != 0) return NULL;
  for (char** at = environ; *at != NULL; at++) {
    const size_t length = strcspn(*at, "=");
    size_t prefix;
    if ((*at)[length] != '=' || mica_option_family(*at, length, &prefix) != MICA_FAMILY_MICA) continue;
    if (spells(*at + prefix, length - prefix, name)) return *at;
  }
  return NULL;
}

const char* mica_setting(const char* name) {
  const char* const entry = entry_of(name);
  return entry == NULL ? NULL : strchr(entry, '=') + 1;
}

void mica_setting_refused(const char* name, const char* text, const char* why) {
  const char* const entry = entry_of(name);
  if (entry == NULL) return;
  mica_notice("%.*s=%.60s is not understood; %s\n", (int)strcspn(entry, "="), entry, text, why);
}

bool mica_setting_named(const char* name, size_t length) {
  for (unsigned i = 0; i < MICA_SETTINGS; i++)
    if (spells(name, length, mica_setting_names[i])) return true;
  return false;
}

/* ---- signals ---- */

/* Those that end a program by a fault, that stop it or that nobody can catch are not here, nor those that it ends by. */
static const struct {
  const char* name;
  int number;
} signals[] = {{"HUP", SIGHUP},     {"QUIT", SIGQUIT},     {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
               {"ALRM", SIGALRM},   {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"URG", SIGURG},
               {"WINCH", SIGWINCH}, {"IO", SIGIO},         {"PWR", SIGPWR}};
enum { SIGNALS = sizeof signals / sizeof signals[0], MOST = 1000 };

/* A number of digits alone; -1: it is none. */
static int number_of(const char* text) {
  int n = 0;
  if (*text == '\0') return -1;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9' || n > MOST) return -1;
    n = n * 10 + (*text - '0');
  }
  return n;
}

static int real_time(const char* text) {
  const int more = *text == '\0' ? 0 : *text == '+' ? number_of(text + 1) : -1;
  return more >= 0 && more <= SIGRTMAX - SIGRTMIN ? SIGRTMIN + more : 0;
}

int mica_setting_signal(const char* text) {
  const int number = number_of(text);
  if (number >= SIGRTMIN && number <= SIGRTMAX) return number;
  if (spells(text, strnlen(text, 3), "SIG")) text += 3;
  if (spells(text, strnlen(text, 5), "RTMIN")) return real_time(text + 5);
  for (unsigned i = 0; i < SIGNALS; i++)
    if (number == signals[i].number || spells(text, strlen(text), signals[i].name)) return signals[i].number;
  return 0;
}

int mica_setting_take_signal(const char* name, const char* text, const char* signal, void (*answer)(int)) {
  struct sigaction action = {.sa_handler = answer, .sa_flags = SA_RESTART | SA_ONSTACK}, before;
  const int number = mica_setting_signal(signal), saved = errno;
  sigemptyset(&action.sa_mask);
  bool taken = false;
  if (number == 0 || sigaction(number, NULL, &before) != 0)
    mica_setting_refused(name, text, MICA_SETTING_SIGNALS);
  else if ((before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL)
    mica_notice("MICA_%s: the signal %.20s has no effect: the program ignores it, or has a handler for it\n", name,
                signal);
  else
    taken = sigaction(number, &action, NULL) == 0;
  errno = saved;
  return taken ? number : 0;
}
