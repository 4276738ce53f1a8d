/* setting.h -- what the environment says in words: settings whose values are texts and not numbers, so no options.
 *
 * Each is looked for in the environment when it is asked for, as getenv does: not while another thread changes the environment.
 * Nobody sets them by call. No state but the process' signals, no allocation, errno untouched. Anybody. */
#ifndef MICA_SETTING_H
#define MICA_SETTING_H
#include "observe/option_rules.h"
#include <stdbool.h>
#include <stddef.h>

/* The text behind the equals sign of MICA_<name>, in any mixture of cases; of equal names the first counts. NULL: there is
 * none, or the program runs with more rights than its caller. */
const char* mica_setting(const char* name);

/* One line on stderr, if it takes it at once: the setting's text is not understood, and what is wrong with it. */
void mica_setting_refused(const char* name, const char* text, const char* why);

/* Whether a name, of that length and without the prefix, is a setting's. */
bool mica_setting_named(const char* name, size_t length);

/* The number of a signal that is there for programs to use, by its name with or without SIG, or as a number: HUP, QUIT, USR1,
 * USR2, ALRM, VTALRM, PROF, URG, WINCH, IO, PWR, RTMIN to RTMIN+n. 0: it is none of these. */
int mica_setting_signal(const char* text);
#define MICA_SETTING_SIGNALS "a signal is USR1, USR2, HUP, RTMIN+1 or another that programs may use"

/* From now on the signal of that name, which the setting's text has, is answered by the function. One that the program was
 * started with, or that a library has set, is left. Its number; 0: it is not answered, and a line has said why. */
int mica_setting_take_signal(const char* name, const char* text, const char* signal, void (*answer)(int));

#endif
