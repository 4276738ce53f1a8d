#!/usr/bin/env bash
# The secure variant: it builds, and ends a program that misuses blocks, heaps or pools. The tests of misuse are run on it.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build/secure
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"$top/build.sh" build secure >/dev/null 2>&1 || { echo "./build.sh build secure failed" && exit 1; }
sources=("$top"/tests/heap/test_{misuse,heaps_misuse,cache}.c "$top/tests/pool/test_misuse.c" "$top/tests/runner/runner.c")
"${CC:-gcc}" -std=c11 -O1 -g -fno-builtin -D_GNU_SOURCE=1 -DMICA_SECURE "-I$top/tests/runner" "-I$top" "-I$top/include" \
  "${sources[@]}" "$build/libmica.a" -pthread -lm -o "$place/misuse"
"$place/misuse" -j2 >"$place/said" 2>&1 || { cat "$place/said" && exit 1; }
