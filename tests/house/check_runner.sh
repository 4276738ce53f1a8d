#!/usr/bin/env bash
# The runner of the unit tests (tests/runner) tells passed, failed, crashed and hanging tests apart, counts each once, and runs
# what it was asked for. By tests/runner/sample.c, of whose tests all fates are known.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
status=0
complain() { echo "$*" && status=1; }

"${CC:-gcc}" -std=c11 -O1 -D_GNU_SOURCE=1 "-I$top/tests/runner" "$top"/tests/runner/{sample,runner}.c -o "$place/sample"

# expect STATUS LAST ARGUMENT...: the exit status, and what the last line says or begins with; all output is in $place/said.
expect() {
  local wanted=$1 last=$2 found=0
  shift 2
  timeout 600 "$place/sample" "$@" >"$place/said" 2>&1 </dev/null || found=$?
  [ "$found" = "$wanted" ] || complain "sample $*: exit status $found, not $wanted"
  case "$(tail -n 1 "$place/said")" in "$last"*) ;; *) complain "sample $*: $(tail -n 1 "$place/said"), not $last" ;; esac
}
says() { grep -qF -- "$1" "$place/said" || complain "it does not say: $1"; }
synthesis() { echo "[====] Synthesis: Tested: $1 | Passing: $2 | Failing: $3 | Crashing: $4"; }

for jobs in 1 3 64; do
  # Only those that hang are given a second: on a busy machine any other might need more.
  expect 1 "$(synthesis 2 0 0 2)" -j$jobs --timeout 1 'fates/hangs*'
  for fate in 'FAIL] fates::hangs:' 'FAIL] fates::hangs_and_takes_no_signal'; do says "[$fate"; done
  says 'fates::hangs: ended at the time limit, 1 s'

  expect 1 "$(synthesis 9 4 1 4)" -j$jobs --verbose --color=never '^fates/hangs*'
  for fate in 'PASS] fates::passes' 'FAIL] fates::fails' 'FAIL] fates::crashes' 'FAIL] fates::leaves' \
    'PASS] signals::as_expected' 'FAIL] signals::another' 'FAIL] signals::none' 'PASS] own::children' \
    'PASS] own::memory'; do says "[$fate"; done
done
says 'sample.c:16: does not hold: prepared == 2: prepared is 1'
says 'fates::crashes: ended by signal 6'
says 'fates::leaves: exit status 7'
says 'signals::another: ended by signal 15'
says 'signals::none: exit status 0'

expect 0 "$(synthesis 1 1 0 0)" fates/passes
expect 0 "$(synthesis 1 1 0 0)" --filter 'fates/p*'
expect 0 "$(synthesis 2 2 0 0)" own
expect 0 "$(synthesis 3 3 0 0)" own -j2 --filter '*/passes'
expect 0 "$(synthesis 4 4 0 0)" '^fates/[!p]*' '^signals/another' '^signals/none'
expect 1 "$(synthesis 0 0 0 0)" own '^own/*'
expect 0 'own/memory' --list own
expect 2 'mica-unit: fits no test: own/nothing' '^own/nothing'
expect 2 'mica-unit: fits no test: nothing' nothing
expect 2 'mica-unit: not a number that will do: 0' -j0
expect 2 'mica-unit: not a number that will do: 1x' --timeout 1x
expect 2 'mica-unit: not known, or not whole: --timeout' --timeout
expect 2 'mica-unit: not known, or not whole: --nothing' --nothing
exit $status
