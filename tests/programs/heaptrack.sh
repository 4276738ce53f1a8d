#!/usr/bin/env bash
# heaptrack: records a program's allocations from a library that is preloaded as well, in front of mica; what was not freed.
# packages: heaptrack gcc libc6-dev
. "$(dirname "$0")/preload.bash"

workload() {
  cat >work.c <<'EOT'
#include <stdlib.h>
int main(void) {
  void* kept[10];
  for (int i = 0; i < 50000; i++) free(malloc((size_t)(i % 700) + 1));
  for (int i = 0; i < 10; i++) kept[i] = calloc(1, 4096);
  for (int i = 0; i < 7; i++) free(kept[i]);
  return 0;
}
EOT
  gcc -g -O0 work.c -o work
  under heaptrack -o "$PWD/record" ./work >&2
  under heaptrack_print "$PWD"/record.* | grep -E '^(calls to allocation functions|total memory leaked)|12.29K|work.c' |
    sed 's,/.*/work.c,work.c,; s, (.*/s),,'
}
compare
