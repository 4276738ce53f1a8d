#!/bin/sh
# A warm malloc/free loop makes no system call per operation: a hundred times the iterations, the same number of calls.
# usage: tests/memory/syscalls.sh LIB         "-" checks the C library's own malloc; the status is 0, 1 (failed) or 125
# PROGRAMS=DIR takes warm_loop from there; SLACK calls more are allowed in the long run (default 8).
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 LIB" >&2; exit 125; }
set -- "$1" LD_PRELOAD=
if [ "$1" != - ]; then set -- "$1" "LD_PRELOAD=$(realpath -e "$1")" || exit 125; fi
command -v strace >/dev/null || { echo "syscalls: strace is missing" >&2; exit 125; }
slack=${SLACK:-8}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
programs=${PROGRAMS:-$folder}
if [ ! -x "$programs/warm_loop" ]; then
  programs=$folder
  ${CC:-cc} -std=c11 -O2 -pthread "$here/warm_loop.c" -o "$programs/warm_loop" || exit 125
fi

# calls PRELOAD ITERATIONS: how many system calls the program makes, its start included.
calls() {
  timeout 1800 strace -f -qq -E "$1" -o "$folder/trace" \
    "$programs/warm_loop" "$2" || { echo "syscalls: the loop of $2 fails or takes too long" >&2; return 1; }
  grep -c '(' "$folder/trace"
}

few=$(calls "$2" 1000) || { echo "FAIL syscalls/warm-loop (short run)"; exit 1; }
many=$(calls "$2" 100000) || { echo "FAIL syscalls/warm-loop (long run)"; exit 1; }
verdict=PASS
if [ "$many" -gt $((few + slack)) ]; then verdict=FAIL; fi
allowed="allowed $((few + slack)) ($few in 1,000)"
echo "$verdict syscalls/warm-loop measured $many calls in 100,000 iterations a size, $allowed"
[ "$verdict" = PASS ]
