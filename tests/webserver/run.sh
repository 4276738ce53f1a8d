#!/usr/bin/env bash
# run.sh -- the functional test of the web servers of bench/webserver, in each way to get a request's memory.
#
# usage: run.sh PROGRAM-LIBC PROGRAM [TEST...]     a TEST as unittest names it: Shared.test_ranges
# WEBSERVER_UNDER="valgrind ...": the servers run under that command; resident sizes are not compared then.
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: run.sh PROGRAM-LIBC PROGRAM [TEST...]" >&2 && exit 2; }
WEBSERVER_LIBC=$(realpath "$1")
WEBSERVER_MICA=$(realpath "$2")
export WEBSERVER_LIBC WEBSERVER_MICA
shift 2
test=$(dirname "${BASH_SOURCE[0]}")/test_webserver.py

# The ways are independent of each other: all at once, each with its own servers.
[ $# -gt 0 ] || set -- Libc Mica Pool Shared SharedByTwo Pools CommandLine
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
tests=()
for name; do
  python3 -B "$test" "$name" >"$said/$name" 2>&1 &
  tests+=($!)
done
status=0
for name; do
  wait "${tests[0]}" || status=1
  tests=("${tests[@]:1}")
  echo "== $name"
  cat "$said/$name"
done
exit $status
