/* test_setting.c -- settings of the environment that are texts: signals by their names. */
#include "observe/setting.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/require.h"

Test(setting, signals_are_known_by_name_and_number) {
  const struct {
    const char* text;
    int number;
  } known[] = {{"USR1", SIGUSR1},
               {"usr2", SIGUSR2},
               {"SIGUSR1", SIGUSR1},
               {"sigHup", SIGHUP},
               {"10", 10},
               {"PROF", SIGPROF},
               {"KILL", 0},
               {"SEGV", 0},
               {"11", 0},
               {"9", 0},
               {"0", 0},
               {"", 0},
               {"SIG", 0},
               {"USR", 0},
               {"USR11", 0},
               {"-10", 0},
               {"10 ", 0},
               {"99999999999", 0},
               {"RTMIN", SIGRTMIN},
               {"rtmin+3", SIGRTMIN + 3},
               {"RTMIN+", 0},
               {"RTMIN-1", 0},
               {"RTMIN+99", 0},
               {"SIGRTMIN+1", SIGRTMIN + 1}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    REQUIRE(mica_setting_signal(known[i].text) == known[i].number, "%s is %d", known[i].text,
            mica_setting_signal(known[i].text));
  char number[16];
  snprintf(number, sizeof number, "%d", SIGRTMAX);
  REQUIRE(mica_setting_signal(number) == SIGRTMAX, "the last real-time signal");
}

Test(setting, the_first_of_equal_names_counts_whatever_the_case) {
  setenv("mica_Stats_File", "one", 1);
  setenv("MICA_STATS_FILE", "two", 1);
  cr_assert_str_eq(mica_setting(MICA_STATS_FILE_NAME), "one");
  unsetenv("mica_Stats_File");
  cr_assert_str_eq(mica_setting(MICA_STATS_FILE_NAME), "two");
  unsetenv("MICA_STATS_FILE");
  cr_assert_null(mica_setting(MICA_STATS_FILE_NAME));
  cr_assert(mica_setting_named("stats_FILE", 10) && !mica_setting_named("STATS_FILE", 9));
}
