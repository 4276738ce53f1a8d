#!/bin/sh
# Counts the instructions of the allocator's fast paths in LIB by single-stepping, and holds them against limits.txt.
# usage: tests/golden/run.sh LIB [LIMITS|-]
# LIB "-": the C library's own malloc; LIMITS "-": only print the table
# PROGRAMS=DIR takes count and probe from there. Status: 0, 1 (a limit was passed) or 2 (broken).
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 LIB [LIMITS|-]" >&2; exit 2; }
if [ "$(uname -m)" != x86_64 ]; then echo "skipped: instructions are counted on x86-64 only"; exit 0; fi
library=-
if [ "$1" != - ]; then library=$(realpath -e "$1") || exit 2; fi
limits=${2:-$here/limits.txt}
programs=${PROGRAMS:-}
if [ -z "$programs" ]; then
  programs=$(mktemp -d)
  trap 'rm -rf "$programs"' EXIT
  for program in count probe; do
    ${CC:-cc} -std=c11 -O2 -pthread "$here/$program.c" -o "$programs/$program" || exit 2
  done
fi
if [ "$limits" = - ]; then set --; else set -- "$limits"; fi
timeout 300 "$programs/count" "$programs/probe" "$library" "$@"
