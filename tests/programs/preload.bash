# preload.bash -- one program, twice: as it is, and with mica preloaded. Sourced by each tests/programs/*.sh.
#
# A script defines workload(), which writes the same text every time, and calls compare. Inside of workload, the program
# under test is started through `under CMD ARG...`; all else runs without mica. Each run starts in an empty folder.
#
# That mica was in use is not believed but seen: the dynamic loader logs which library each process bound `malloc` to,
# and every single process that was started through `under` must have bound it to mica.
#
# MICA_LIBRARY: the library to preload; given by ./build.sh test.
set -euo pipefail

: "${MICA_LIBRARY:?the library to preload}"
export -n MICA_LIBRARY MICA_BUILD # no options: mica would say so
export LC_ALL=C TZ=UTC

die() {
  printf '%s\n' "$*"
  exit 1
}

# under CMD ARG...: runs CMD; in the second run with mica.
under() {
  if [ -z "$preload" ]; then
    "$@"
  else
    LD_PRELOAD=$MICA_LIBRARY LD_DEBUG=bindings LD_DEBUG_OUTPUT=$logs/bindings LD_BIND_NOW=1 "$@"
  fi
}

# run_once NAME [LIBRARY]: workload in the folder NAME; stdout to NAME.out, stderr to NAME.err, the exit status to NAME.status.
run_once() {
  preload=${2:-}
  mkdir "$place/$1"
  set +e # behind `||` the workload would not stop at its first error
  (
    set -e
    cd "$place/$1"
    workload
  ) >"$place/$1.out" 2>"$place/$1.err" </dev/null
  echo $? >"$place/$1.status"
  set -e
}

# check_bound: every process that was started with mica bound malloc to it.
check_bound() {
  local log
  compgen -G "$logs/bindings.*" >/dev/null || die "no process was started with $MICA_LIBRARY"
  for log in "$logs"/bindings.*; do
    # A process that ran no program of its own (a fork that ends at once) has bound nothing.
    grep -q "symbol .malloc'" "$log" || continue
    grep -qF " to $MICA_LIBRARY [0]: normal symbol \`malloc'" "$log" ||
      die "a process did not bind malloc to $MICA_LIBRARY: $(grep -m1 "symbol .malloc'" "$log")"
  done
  grep -qhF " to $MICA_LIBRARY [0]: normal symbol \`free'" "$logs"/bindings.* || die "free was not bound to $MICA_LIBRARY"
}

# compare: both runs end well and say the same, byte for byte.
compare() {
  [ -r "$MICA_LIBRARY" ] || die "no $MICA_LIBRARY"
  place=$(mktemp -d)
  logs=$place/logs
  mkdir "$logs"
  trap 'rm -rf "$place"' EXIT
  run_once without
  run_once with "$MICA_LIBRARY"
  [ "$(cat "$place/without.status")" = 0 ] || die "without mica: exit status $(cat "$place/without.status")
$(tail -n 20 "$place/without.err")"
  [ "$(cat "$place/with.status")" = 0 ] || die "with mica: exit status $(cat "$place/with.status")
$(tail -n 20 "$place/with.err")"
  [ -s "$place/without.out" ] || die "the program said nothing"
  cmp "$place/without.out" "$place/with.out" || die "$(diff "$place/without.out" "$place/with.out" | head -n 20)"
  check_bound
}
