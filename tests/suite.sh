# suite.sh -- runs the tests and counts them. Read by `./build.sh test`, whose build_variant and say it uses.
#
# Kinds of test, each counted one by one:
#   unit      the tests of build/<variant>/tests/mica-unit, by the summary that Criterion prints, and tests/runner as well
#   plain     tests/plain/*.c, *.cc: programs of their own; exit status 0 is a pass
#   programs  tests/programs/*.sh: real programs, with mica and without
#   measured  tests/golden/*.sh, tests/memory/*.sh, tests/model/*.sh LIBRARY: a line for each check, PASS ... or FAIL ...; release only
#   tool      tests/tool/*.sh: the command mica of the release build: likewise
#   valgrind  tests/valgrind/run.sh LIBRARY: likewise
#   cross     for another C library: tests/cross/suite.sh; ./build.sh cross has all machines
#   house     tests/house/check_*: rules over the sources, the libraries and build.sh; once, not per variant
# The variants of the sanitizers have their unit and plain tests, and mutants: tests/sanitized/suite.sh.
# Programs, scripts and checks are told by MICA_BUILD and MICA_LIBRARY which build to look at. Time limits only end what hangs:
# no busy machine reaches them. tests/README.md says more of each kind.
# shellcheck shell=bash

# shellcheck source=tests/sanitized/suite.sh
. "$top/tests/sanitized/suite.sh"
# shellcheck source=tests/cross/suite.sh
. "$top/tests/cross/suite.sh"

suite_passed=0
suite_failed=0
suite_failures=()
suite_parts=() # NAME<tab>TESTS<tab>FAILED<tab>SECONDS, in the order in which they were begun

# suite_part NAME: what is counted from here on is of this part, and the part before has ended. suite_part_ends: it has ended.
suite_part_name='' suite_part_begin=0 suite_part_passed=0 suite_part_failed=0
suite_part() {
  suite_part_ends
  suite_part_name=$1 suite_part_begin=$SECONDS suite_part_passed=$suite_passed suite_part_failed=$suite_failed
}
suite_part_ends() {
  local failed=$((suite_failed - suite_part_failed))
  [ -z "$suite_part_name" ] || suite_parts+=("$(printf '%s\t%d\t%d\t%d' "$suite_part_name" \
    $((suite_passed - suite_part_passed + failed)) $failed $((SECONDS - suite_part_begin)))")
  suite_part_name=''
}

suite_pass() {
  suite_passed=$((suite_passed + 1))
  printf 'PASS  %s\n' "$1"
}

suite_fail() {
  suite_failed=$((suite_failed + 1))
  suite_failures+=("$1")
  printf 'FAIL  %s\n' "$1"
}

# suite_judge NAME SECONDS STATUS OUTPUT: how a test ended; its output is shown only if it failed.
suite_judge() {
  if [ "$3" -eq 0 ]; then
    suite_pass "$1"
    return
  fi
  printf '%s\n' "$4" | tail -n 60
  printf 'exit status %d%s\n' "$3" "$([ "$3" -ne 124 ] || echo ", the time limit of $2 s")"
  suite_fail "$1"
}

# suite_one NAME SECONDS COMMAND...: one test. It is told how long it took if that was long.
suite_one() {
  local output status=0 begin=$SECONDS took=''
  output=$(timeout -k 10 "$2" "${@:3}" 2>&1 </dev/null) || status=$?
  [ $((SECONDS - begin)) -lt 5 ] || took=" ($((SECONDS - begin)) s)"
  suite_judge "$1$took" "$2" $status "$output"
}

# suite_beside NAME SECONDS COMMAND...: one test beside the one before it; suite_settle waits for both. They are told of in the
# order in which they were begun.
suite_begun=()
suite_beside() {
  local place
  [ ${#suite_begun[@]} -lt 6 ] || suite_oldest
  place=$(mktemp)
  timeout -k 10 "$2" "${@:3}" >"$place" 2>&1 </dev/null &
  suite_begun+=("$1" "$2" "$!:$place")
}
suite_oldest() {
  local name=${suite_begun[0]} seconds=${suite_begun[1]} job=${suite_begun[2]} status=0
  suite_begun=("${suite_begun[@]:3}")
  wait "${job%%:*}" || status=$?
  suite_judge "$name" "$seconds" $status "$(cat "${job#*:}")"
  rm -f "${job#*:}"
}
suite_settle() {
  while [ ${#suite_begun[@]} -gt 0 ]; do suite_oldest; done
}

# suite_unit VARIANT COMMAND...: runs mica-unit; its output as it comes, its summary into the count.
suite_unit() {
  local program=$top/build/$1/tests/mica-unit output=$top/build/$1/tests/mica-unit.txt status=0 tested='' passing=''
  compgen -G "$top/tests/*/test_*.c" >/dev/null || return 0
  if [ ! -x "$program" ]; then
    suite_fail "$1: unit: mica-unit was not built"
    return
  fi
  timeout -k 10 "${suite_seconds:-3600}" "${@:2}" 2>&1 </dev/null | tee "$output" || status=$?
  read -r tested passing < <(sed -n 's/.*Tested: \([0-9]*\) | Passing: \([0-9]*\) |.*/\1 \2/p' "$output" | tail -n 1) || true
  if [ -z "${passing:-}" ]; then
    suite_fail "$1: unit: no summary, exit status $status"
    return
  fi
  suite_passed=$((suite_passed + passing))
  if [ "$tested" -gt "$passing" ]; then
    suite_failed=$((suite_failed + tested - passing))
    suite_failures+=("$1: unit: $((tested - passing)) of $tested")
  elif [ $status -ne 0 ]; then
    suite_fail "$1: unit: exit status $status"
  fi
}

# For programs that hold mica: what scripts are told is not for them.
suite_bare=(env -u MICA_BUILD -u MICA_LIBRARY)

# suite_variant VARIANT: builds it with its tests and runs all that depends on the variant.
suite_variant() {
  local variant=$1 source name
  printf '\n==== %s\n' "$variant"
  # A program that an earlier build left behind is no test of this one.
  rm -rf "$top/build/$variant/tests/plain" "$top/build/$variant/tests/mica-unit"
  mkdir -p "$top/build/$variant/tests"
  suite_part "$variant: build"
  build_variant "$variant" -DMICA_TESTS=ON -- all || suite_fail "$variant: build"
  export MICA_BUILD=$top/build/$variant MICA_LIBRARY=$top/build/$variant/libmica.so
  suite_part "$variant: unit"
  suite_unit "$variant" "${suite_bare[@]}" "$MICA_BUILD/tests/mica-unit" -j2 --timeout 900 --verbose --color=never
  suite_part "$variant: plain, programs"
  for source in "$top"/tests/plain/*.c "$top"/tests/plain/*.cc; do
    [ -e "$source" ] || continue
    name=$(basename "${source%.*}")
    suite_beside "$variant: plain: $name" 1800 "${suite_bare[@]}" "$MICA_BUILD/tests/plain/$name"
  done
  for source in "$top"/tests/programs/*.sh; do
    [ -e "$source" ] || continue
    suite_beside "$variant: program: $(basename "$source" .sh)" 1800 "$source"
  done
  suite_settle
}

# suite_lines NAME SCRIPT ARGUMENT...: what the script says, line by line, as it comes. Its exit status counts, too.
suite_lines() {
  local name=$1 line before=$suite_failed seen=0 status=none
  while IFS= read -r line; do
    case "$line" in
    PASS*) suite_pass "$name:${line#PASS}" && seen=1 ;;
    FAIL*) suite_fail "$name:${line#FAIL}" ;;
    "exit status "*) status=${line#exit status } ;;
    *) printf '%s\n' "$line" ;;
    esac
  done < <(
    { timeout -k 10 "${suite_seconds:-3600}" "${@:2}" 2>&1 </dev/null && echo "exit status 0"; } || echo "exit status $?"
  )
  [ "$suite_failed" -eq "$before" ] || return 0
  if [ "$status" != 0 ] || [ $seen -eq 0 ]; then suite_fail "$name: exit status $status"; fi
}

# suite_measured: instructions, system calls and resident sizes of the release build.
suite_measured() {
  local script
  printf '\n==== measured\n'
  export MICA_BUILD=$top/build/release MICA_LIBRARY=$top/build/release/libmica.so
  for script in "$top"/tests/golden/*.sh "$top"/tests/memory/*.sh "$top"/tests/model/*.sh; do
    suite_part "measured: ${script#"$top/tests/"}"
    [ ! -e "$script" ] || suite_lines "${script#"$top/tests/"}" "${suite_bare[@]}" "$script" "$MICA_LIBRARY"
  done
}

# suite_tool: the command mica, by the release build.
suite_tool() {
  local script
  printf '\n==== tool\n'
  suite_part tool
  export MICA_BUILD=$top/build/release MICA_LIBRARY=$top/build/release/libmica.so
  [ -x "$MICA_BUILD/bin/mica" ] || suite_fail "tool: mica was not built"
  for script in "$top"/tests/tool/*.sh; do
    [ ! -e "$script" ] || suite_lines "tool: $(basename "$script" .sh)" "$script"
  done
}

# suite_valgrind: the valgrind variant.
suite_valgrind() {
  [ -e "$top/tests/valgrind/run.sh" ] || return 0
  printf '\n==== valgrind\n'
  suite_part valgrind
  if build_variant valgrind; then
    suite_lines valgrind "${suite_bare[@]}" "$top/tests/valgrind/run.sh" "$top/build/valgrind/libmica-valgrind.so"
  else
    suite_fail "valgrind: build"
  fi
}

# suite_house: the checks that need no variant of their own. They look at the release build.
suite_house() {
  local check
  printf '\n==== house\n'
  suite_part house
  export MICA_BUILD=$top/build/release MICA_LIBRARY=$top/build/release/libmica.so
  for check in "$top"/tests/house/check_*; do
    suite_one "house: $(basename "${check%.*}")" 1800 "$check"
  done
}

# suite_table: the parts, their tests, and the time. Those of a sanitizer's two compilers run side by side.
suite_table() {
  local part name tests failed seconds
  printf '\n%-32s %7s %7s %7s\n' part tests failed time
  for part in "${suite_parts[@]}" "$(printf 'all\t%d\t%d\t%d' $((suite_passed + suite_failed)) $suite_failed $SECONDS)"; do
    IFS=$'\t' read -r name tests failed seconds <<<"$part"
    printf '%-32s %7d %7d %4d:%02d\n' "$name" "$tests" "$failed" $((seconds / 60)) $((seconds % 60))
  done
}

# suite_count: what was run, what failed, and the count, which is the last line.
suite_count() {
  local name
  suite_part_ends
  suite_table
  printf '\n'
  for name in "${suite_failures[@]}"; do printf 'failed: %s\n' "$name"; done
  printf '%d passed, %d failed\n' $suite_passed $suite_failed
  [ $suite_failed -eq 0 ] && [ $suite_passed -gt 0 ]
}

# suite VARIANT...: all that depends on the variants. What is measured, and the rules of the house, go with release.
suite() {
  local variant
  for variant; do
    case "$variant" in
    valgrind) suite_valgrind ;;
    tsan | asan | ubsan) suite_sanitized "$variant" ;;
    *) suite_variant "$variant" ;;
    esac
  done
  case " $* " in *" release "*)
    suite_measured
    suite_tool
    suite_house
    cross quick musl
    ;;
  esac
  suite_count
}
