/* dates.c -- see dates.h. The program keeps to the locale "C", in which these names are English. */
#include "dates.h"

#include "text.h"

static const char format[] = "%a, %d %b %Y %H:%M:%S GMT";

char* dates_text(struct memory* memory, time_t when) {
  char line[64];
  struct tm parts;
  if (gmtime_r(&when, &parts) == NULL || strftime(line, sizeof line, format, &parts) == 0) line[0] = 0;
  return text_copy_all(memory, line);
}

bool dates_read(const char* text, time_t* when) {
  struct tm parts = {0};
  const char* end = strptime(text, format, &parts);
  if (end == NULL || *end != 0) return false;
  *when = timegm(&parts);
  return true;
}

long long dates_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
