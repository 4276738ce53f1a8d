#!/usr/bin/env bash
# mica stat and mica where: of quiet programs, whose contents are known, of programs under load, of cores. look.sh [MOMENTS
# [PART...]]: so many looks at programs under load; parts of look.py alone.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
flags=(-std=gnu11 -O1 -g -Wall -fno-builtin -Iinclude)
cc "${flags[@]}" tests/tool/look_known.c -o "$place/look_known" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
cc "${flags[@]}" tests/tool/look_load.c -o "$place/look_load" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
cc "${flags[@]}" -static tests/tool/look_known.c -o "$place/look_known_static" "$build/libmica.a" -pthread && strip "$place/look_known_static" || exit 1
tool=${MICA_TOOL:-$mica} # in bin/ of its build
reader=$(dirname "$(dirname "$tool")")/tool/libmica_reader.a
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE -O1 -g -Wall ${LOOK_FLAGS:-} -I. -Iinclude tests/tool/look_census.c -o "$place/look_census" "$reader" -lelf || exit 1

# Each piece that is copied waits for the process' mappings: of 64 threads that sleep the heaps are copied together, and arenas whole.
cat >"$place/sleeps.c" <<'EOC'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_barrier_t all;
static void* sleeps(void* arg) {
  pthread_barrier_wait(&all); /* the stacks are mapped before the heaps */
  *(void* volatile*)&arg = malloc(100000);
  pthread_barrier_wait(&all);
  for (;;) pause();
  return arg;
}
int main(void) {
  pthread_t thread;
  pthread_barrier_init(&all, NULL, 65);
  for (int i = 0; i < 64; i++) pthread_create(&thread, NULL, sleeps, NULL);
  for (int i = 0; i < 2; i++) pthread_barrier_wait(&all);
  if (write(1, "ready\n", 6) != 6) return 1;
  for (;;) pause();
}
EOC
cc -O1 "$place/sleeps.c" -o "$place/sleeps" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
mkfifo "$place/ready"
"$place/sleeps" >"$place/ready" &
sleeps=$!
read -r _ <"$place/ready"
strace -qq -e trace=process_vm_readv -o "$place/trace" "$tool" stat "$sleeps" >/dev/null || fails "a look at 64 threads, traced"
kill "$sleeps"
wait "$sleeps" 2>/dev/null
pieces=$(sed -n 's/.*\], \([0-9]*\), 0) = .*/\1/p' "$place/trace" | awk '{n += $1} END {print n + 0}')
same "64 threads in few pieces" "64 to 180" "$([ "$pieces" -ge 64 ] && [ "$pieces" -le 180 ] && echo "64 to 180" || echo "$pieces")"

python3 tests/tool/look.py "$tool" "$build/libmica.so" "$place" "$@" || lines_failed=1
ends
