#!/usr/bin/env bash
# The web servers of bench/ build, on the C library's malloc and on mica, and answer rightly in each way to get a request's
# memory (tests/webserver).
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build/release
said=$(mktemp)
trap 'rm -f "$said"' EXIT

{
  cmake -S "$top" -B "$build" -G Ninja -DMICA_VARIANT=release -DMICA_BENCH=ON -DMICA_BENCH_WEBSERVER=ON &&
    ninja -C "$build" libmica webserver webserver-libc
} >"$said" 2>&1 </dev/null || { cat "$said" && exit 1; }
"$top/tests/webserver/run.sh" "$build/bench/webserver-libc" "$build/bench/webserver" >"$said" 2>&1 </dev/null ||
  { cat "$said" && exit 1; }
