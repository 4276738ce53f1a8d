/* report.c -- `mica report`: the script that reads profiles, which is installed beside this program. */
#include "tool/commands.h"
#include "tool/place.h"
#include "tool/say.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

int tool_report(int argc, char** argv) {
  char script[PATH_MAX];
  (void)argc;
  if (!tool_place_script("mica-report", script)) return tool_wrong("report", "the script is missing: %s", script);
  execv(script, argv);
  return tool_wrong("report", "%s: %s", script, errno == ENOENT ? "python3 is not there" : strerror(errno));
}
