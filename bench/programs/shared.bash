# shared.bash -- what the scripts of real programs share; sourced, with the script's arguments still in place.
#
# A script is called NAME.sh full|quick|needs. `needs` prints the Debian packages of the program. The other two run it once,
# measured, and print one line `time=… cpu=… peak_kib=… faults=…`; or one that begins with BROKEN, and exit status 2, if the
# program failed or its result is wrong. In the environment:
#   BENCH_METER    path of meter
#   BENCH_WORK     a folder for inputs and outputs; what takes long to make is made once and kept there
#   BENCH_PRELOAD  the allocator, a shared library; empty or unset: the program as it comes
#   BENCH_SETTINGS words NAME=VALUE, for the environment of what runs under the allocator, and of nothing else
# Checks of the result lie outside of what is measured.
set -euo pipefail
export LC_ALL=C
unset LD_PRELOAD

programs=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
row=$(basename "$0" .sh)

broken() {
  local what="$row: $*"
  printf 'BROKEN %s\n' "${what//$'\n'/ }"
  exit 2
}

# begin VERB PACKAGE...: answers `needs`; otherwise sets mode to full or quick and work to the script's own folder.
begin() {
  mode=${1:-}
  shift || true
  case "$mode" in
  needs)
    printf '%s\n' "$@"
    exit 0
    ;;
  full | quick) ;;
  *) broken "usage: $row.sh full|quick|needs" ;;
  esac
  [ -x "${BENCH_METER:-}" ] || broken "BENCH_METER is not the path of meter"
  [ -n "${BENCH_WORK:-}" ] || broken "BENCH_WORK is not set"
  work=$BENCH_WORK/$row
  mkdir -p "$work"
}

# by_mode FULL QUICK: the one of the two that holds.
by_mode() { if [ "$mode" = full ]; then printf '%s' "$1"; else printf '%s' "$2"; fi; }

# measure PROGRAM [ARGUMENT...]: runs it under the allocator. line is the meter's, $work/output what the program printed.
measure() { measure_under "${BENCH_PRELOAD:-}" "$@"; }

# measure_under FILE PROGRAM [ARGUMENT...]: the same under that library, or under none.
measure_under() {
  local preload=$1 settings=()
  shift
  [ -z "$preload" ] || read -r -a settings <<<"${BENCH_SETTINGS:-}"
  rm -f "$work/output" "$work/errors"
  if ! line=$(env "${settings[@]}" "$BENCH_METER" ${preload:+--preload "$preload"} --output "$work/output" -- "$@" 2>"$work/errors"); then
    tail -n 5 "$work/errors" >&2
    broken "${line#BROKEN }"
  fi
  loaded
}

# loaded: breaks if the loader said that it went on without the allocator.
loaded() {
  ! grep -q 'cannot be preloaded' "$work/errors" || broken "$(grep -m 1 'cannot be preloaded' "$work/errors")"
}

# printed EXPECTED: what the program printed is that, to the letter.
printed() {
  local output
  output=$(cat "$work/output")
  [ "$output" = "$1" ] || broken "printed '${output:0:300}' instead of '${1:0:300}'"
}

# made_once TEXT COMMAND [ARGUMENT...]: runs the command, which prepares something in the work folder, unless it has been run
# for this mode and TEXT. TEXT is all that the outcome depends on: sources, options, the program's version.
made_once() {
  local stamp
  stamp=$(printf '%s' "$1" | sha256sum)
  shift
  [ "$(cat "$work/made-$mode" 2>/dev/null)" != "$stamp" ] || return 0
  rm -f "$work/made-$mode"
  "$@"
  printf '%s\n' "$stamp" >"$work/made-$mode"
}
