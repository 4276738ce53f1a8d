#!/bin/sh
# Counts the instructions of the allocator's paths in LIB by single-stepping, and holds them against goldens.txt.
# usage: tests/golden/run.sh LIB                      a line for each path, PASS ... or FAIL ...
#        tests/golden/run.sh LIB --write              the figures become the goldens
#        tests/golden/run.sh LIB --table [PATTERN]    only prints the table, of the paths that fit the shell pattern
# LIB "-", with --table: the C library's own malloc. Status: 0, 1 (a golden does not hold) or 2 (broken).
set -u
here=$(cd "$(dirname "$0")" && pwd)
usage() { sed -n 's/^# usage: /usage: /p; s/^#        tests/       tests/p' "$0" >&2; exit 2; }
[ $# -ge 1 ] || usage
case "${2:-}" in
  '') [ $# -eq 1 ] || usage ;;
  --write) [ $# -eq 2 ] || usage ;;
  --table) [ $# -le 3 ] || usage ;;
  *) usage ;;
esac
if [ "$(uname -m)" != x86_64 ]; then echo "skipped: instructions are counted on x86-64 only"; exit 0; fi
library=-
if [ "$1" != - ]; then library=$(realpath -e "$1") || exit 2; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
${CC:-cc} -std=c11 -O2 "$here/count.c" -o "$folder/count" || exit 2
${CC:-cc} -std=c11 -O2 -pthread "$here/probe.c" "$here/acts.c" -o "$folder/probe" || exit 2
if [ "${2:-}" = --table ]; then
  shift 2
  timeout 1800 "$folder/count" "$folder/probe" "$library" "$@" || exit 2
  exit 0
fi
[ "$library" != - ] || usage
timeout 1800 "$folder/count" "$folder/probe" "$library" >"$folder/table" || exit 2
if [ "${2:-}" = --write ]; then set -- --write; else set --; fi
"$here/goldens.py" "$library" "$here/goldens.txt" "$folder/table" "$@"
