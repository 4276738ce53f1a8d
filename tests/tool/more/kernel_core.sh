#!/usr/bin/env bash
# A core that the kernel writes, of a program that the secure variant has ended for a double free: what mica where and gdb's command
# of that name say of the block, its state, and the thread that has freed it. Needs build/secure, and a system that writes cores
# into the folder of the program.
set -uo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
secure=${MICA_SECURE:-$PWD/build/secure}
pattern=$(cat /proc/sys/kernel/core_pattern)
case "$pattern" in
core | core.%p) ;;
*) pass "left out: cores go to '$pattern' here" && exit 0 ;;
esac
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cat >"$place/main.c" <<'EOC'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
void *kept, *block; /* kept: their page has a block in use, and stays */
unsigned long freed_by;
static void twice(void) {
  kept = malloc(100);
  block = malloc(100);
  freed_by = (unsigned long)pthread_self();
  printf("%p 0x%lx\n", block, freed_by);
  fflush(stdout);
  free(block);
  free(block);
}
static void* other(void* none) {
  twice();
  return none;
}
int main(int argc, char** argv) {
  pthread_t thread;
  (void)argv;
  if (argc == 1) twice();
  pthread_create(&thread, NULL, other, NULL);
  pthread_join(thread, NULL);
  return 0;
}
EOC
gcc -g -O0 -fno-builtin -o "$place/program" "$place/main.c" "$secure/libmica.so" -Wl,-rpath,"$secure" -pthread || exit 1

# aborted NAME [ARGUMENT]: the program, its core, and what is said of it.
aborted() {
  local name=$1 text block thread core
  text=$(cd "$place" && ulimit -c unlimited && ./program "${@:2}" 2>"$place/errors")
  read -r block thread <<<"$text"
  like "$name: the program is ended" "mica: free\\($block\\): this block was freed before: .*" "$(cat "$place/errors")"
  core=$(find "$place" -name 'core*')
  like "$name: the kernel has written a core" ".+" "$core"
  [ -n "$core" ] || return
  like "$name: mica where" "$block: a block of 112 bytes, free in the cache of thread $thread; page .* of thread $thread, active, .*" \
    "$("$mica" where "$core" "$block")"
  like "$name: mica stat" 'read at .*nothing changed meanwhile: all figures are sure' "$("$mica" stat "$core")"
  text=$(gdb -nx -batch -iex "set debuginfod enabled off" -iex "set auto-load safe-path $secure:/usr/share/gdb/auto-load:/usr/lib" \
    -ex "mica where block" -ex "mica block block" "$place/program" "$core" 2>&1)
  like "$name: gdb's mica where" "$block: a block of 112 bytes, free in the cache of thread $thread; page .* of thread $thread, active, .*" \
    "$text"
  like "$name: gdb's mica block" 'state   free, in a thread.s cache.*' "$text"
  like "$name: gdb's thread" 'owner   thread [0-9]+ \(LWP [0-9]+\)' "$text"
  rm "$core"
}

aborted "the first thread"
aborted "another thread" other
ends
