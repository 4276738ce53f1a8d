#!/usr/bin/env bash
# Runs a program of a sanitizer's variant so that any report of it, or of a process it forks, is a failure.
# usage: tests/sanitized/run.sh BUILD COMMAND...    BUILD: the variant's folder, build/tsan-gcc or its like
#
# Reports go to files, because a test may have redirected its stderr, and because a parent need not look at its child's exit
# status. There are no suppressions. Leaks are not looked for: the leak checker knows nothing of blocks that are not the
# sanitizer's own; that none is lost is what the walk after each stress program proves (tests/stress/walk.h).
set -u
build=$1
shift
reports=$(mktemp -d "$build/tests/reports.XXXXXX") || exit 125
trap 'rm -rf "$reports"' EXIT
common=log_path=$reports/report:exitcode=66:halt_on_error=1
# Memory that cannot be had is NULL, as it is without a sanitizer. A child of a program with threads may start some, too. A race
# is not reported if the older access is forgotten, so the history is as long as it can be.
export ASAN_OPTIONS=$common:detect_leaks=0:allocator_may_return_null=1
export TSAN_OPTIONS=$common:die_after_fork=0:history_size=7
export UBSAN_OPTIONS=$common:print_stacktrace=1
fixed=()
case "${MICA_VARIANT:-$(basename "$build")}" in # ctest says the variant: there the folder may have any name
tsan*) # its shadow leaves no room for mappings drawn from more than 28 bits; who may not ask takes no chances
  bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 32)
  [ "$bits" -le 28 ] || ! setarch -R true 2>/dev/null || fixed=(setarch -R)
  ;;
esac
export -n MICA_VARIANT MICA_BUILD MICA_LIBRARY # they are not for what runs here
status=0
"${fixed[@]}" "$@" || status=$?
for report in "$reports"/*; do
  [ -e "$report" ] || continue
  status=66
  printf '%s: a report of the sanitizer:\n' "$(basename "$build")"
  head -n 50 "$report"
done
exit $status
