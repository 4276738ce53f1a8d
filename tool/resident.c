/* resident.c -- see resident.h. */
#include "tool/resident.h"
#include "tool/proc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t tool_resident(pid_t pid) {
  char path[64];
  char text[128];
  snprintf(path, sizeof path, "/proc/%d/statm", (int)tool_proc_living(pid));
  FILE* from = fopen(path, "re");
  if (from == NULL) return 0;
  const char* read = fgets(text, sizeof text, from);
  fclose(from);
  const char* second = read == NULL ? NULL : strchr(text, ' ');
  return second == NULL ? 0 : strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}
