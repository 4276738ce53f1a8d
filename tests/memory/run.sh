#!/bin/sh
# Runs the resident-size checks with LIB preloaded; "-" runs them on the C library's own malloc.
# usage: tests/memory/run.sh LIB         prints a PASS or FAIL line for each check; the status is the number of failures
# PROGRAMS=DIR takes the programs from there; otherwise they are compiled into a temporary folder.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 LIB" >&2; exit 125; }
preload=
if [ "$1" != - ]; then preload=$(realpath -e "$1") || exit 125; fi
programs=${PROGRAMS:-}
if [ -z "$programs" ]; then
  programs=$(mktemp -d)
  trap 'rm -rf "$programs"' EXIT
  for source in "$here"/*.c; do
    ${CC:-cc} -std=c11 -O2 -pthread "$source" -o "$programs/$(basename "$source" .c)" || exit 125
  done
fi
failures=0

# check PROGRAM ARGUMENTS...: the program prints its own lines, unless it is broken.
check() {
  program=$1
  shift
  output=$(timeout 1800 env LD_PRELOAD="$preload" "$programs/$program" "$@" 2>&1)
  status=$?
  if [ -n "$output" ]; then echo "$output"; fi
  case $status in
    0) ;;
    1) failures=$((failures + $(echo "$output" | grep -c '^FAIL'))) ;;
    *) echo "FAIL $program $*: status $status"; failures=$((failures + 1)) ;;
  esac
}

for order in in-order reverse random; do check freed_then_idle "$order"; done
for order in in-order reverse random; do check freed_by_stranger "$order"; done
check freed_by_two
check pipe_peak
for order in in-order reverse random; do check short_threads "$order"; done
check idle_threads 1
check idle_threads 100
check freeall_faults
check trimmed random
check trimmed random 300 4000 4000 60
check trimmed runs 300 1000 1000 60
exit "$failures"
