/* where.c -- the command `mica where PID|CORE ADDRESS...`: what lies at each address, in mica_where_text's words. */
#include "heap/where.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool/commands.h"
#include "tool/look.h"
#include "tool/say.h"
#include "tool/target.h"

/* A number in C's ways. */
static bool parse(const char* text, uintptr_t* at) {
  char* end;
  errno = 0;
  *at = strtoull(text, &end, 0);
  return errno == 0 && end != text && *end == '\0' && text[0] != '-';
}

static void print(uintptr_t at) {
  mica_where_t where;
  char text[MICA_WHERE_TEXT + MICA_WHERE_NAME];
  mica_where_look((const void*)at, &where);
  mica_where_put(&where, text, sizeof text);
  printf("0x%llx: %s\n", (unsigned long long)at, text);
}

int tool_where(int argc, char** argv) {
  char error[TARGET_ERROR];
  uintptr_t at;
  if (argc < 3) return tool_misused("where", "a process or core, and an address at least");
  for (int i = 2; i < argc; i++)
    if (!parse(argv[i], &at)) return tool_misused("where", "'%s' is no address", argv[i]);
  target_t* target = target_open(argv[1], error);
  if (target == NULL) return tool_wrong("where", "%s", error);
  target_make_present(target);
  look_begin();
  for (int i = 2; i < argc && parse(argv[i], &at); i++) print(at);
  const bool alive = target_is_alive(target);
  if (!alive) tool_wrong("where", "%s ended while it was read", target_name(target));
  target_close(target);
  return alive ? TOOL_DONE : TOOL_WRONG;
}
