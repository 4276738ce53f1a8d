# using.bash -- what the checks of doc/using.md share: its examples, a program for them, and how it says where its malloc is from.
# Sourced by a check that has set place, a folder of its own, and stands at the top of the repository.
# shellcheck shell=bash

fail() {
  printf '%s\n' "$*"
  exit 1
}

# example HEADING: the code under that heading of doc/using.md.
example() {
  awk -v heading="## $1" '
    $0 == heading { here = 1; next }
    here && /^```/ { if (inside) exit; inside = 1; next }
    inside' doc/using.md | grep . || fail "doc/using.md has no code under '$1'"
}

# program FOLDER: a main.c there, whose program says where its malloc is from.
program() {
  mkdir -p "$1"
  cat >"$1/main.c" <<'EOC'
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  char* p = malloc(100);
  memset(p, 1, 100);
  puts(mi_is_in_heap_region(p) && mi_version() == MI_MALLOC_VERSION ? "on mica" : "on another malloc");
  free(p);
  return 0;
}
EOC
}

# on_mica COMMAND...: the program runs on it.
on_mica() {
  local said
  said=$("$@" 2>&1) || true
  [ "$said" = "on mica" ] || fail "$*: $said"
}

# quietly COMMAND...: its output is shown if it fails.
quietly() {
  local said=$place/said.$BASHPID
  "$@" >"$said" 2>&1 </dev/null || fail "$*:" "$(cat "$said")"
}
