#!/usr/bin/env bash
# heaptrack: records a C and a C++ program's allocations from a library that is preloaded as well, in front of mica; who called,
# and what was not freed.
# packages: heaptrack gcc g++ libc6-dev
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
  cat >work.cc <<'EOT'
#include <string>
__attribute__((noinline)) void keep_array() { for (int i = 0; i < 100; i++) new int[300]; }
__attribute__((noinline)) void keep_one() { for (int i = 0; i < 50; i++) new long(i); }
__attribute__((noinline)) void pass() { for (int i = 0; i < 50000; i++) std::string((size_t)i % 700 + 20, 'x'); }
int main() { pass(), keep_array(), keep_one(); }
EOT
  gcc -g -O0 work.c -o work
  under heaptrack -o "$PWD/record" ./work >&2
  under heaptrack_print "$PWD"/record.* | grep -E '^(calls to allocation functions|total memory leaked)|12.29K|work.c' |
    sed 's,/.*/work.c,work.c,; s, (.*/s),,'
  g++ -g -O0 work.cc -o work-cc
  under heaptrack -o "$PWD/record-cc" ./work-cc >&2
  # Each caller as often. Innermost is the caller, or mica's operator and then the caller, so not which frame it is.
  under heaptrack_print --print-leaks 1 "$PWD"/record-cc.* | grep -E '^(calls to allocation functions|total memory leaked)|^ *(keep_|pass)' |
    sed 's,^ *,,; s, (.*/s),,' | sort | uniq -c
}
compare
