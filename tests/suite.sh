# suite.sh -- runs the tests and counts them. Read by `./build.sh test`, whose build_variant and say it uses.
#
# Kinds of test, each counted one by one:
#   unit      the tests of build/<variant>/tests/mica-unit, by the summary that Criterion prints, and tests/runner as well
#   plain     tests/plain/*.c, *.cc: programs of their own; exit status 0 is a pass
#   programs  tests/programs/*.sh: real programs, with mica and without
#   measured  tests/golden/*.sh, tests/memory/*.sh LIBRARY: a line for each check, PASS ... or FAIL ...; release only
#   models    tests/model/run.sh: likewise
#   tool      tests/tool/*.sh: the command mica of the release build: likewise
#   valgrind  tests/valgrind/run.sh LIBRARY: likewise
#   cross     for another C library: tests/cross/suite.sh; ./build.sh cross has all machines
#   house     tests/house/check_*: rules over the sources, the libraries and build.sh; once, not per variant
# The variants of the sanitizers have their unit and plain tests, and mutants: tests/sanitized/suite.sh.
# Programs, scripts and checks are told by MICA_BUILD and MICA_LIBRARY which build to look at. Time limits only end what hangs:
# no busy machine reaches them. tests/README.md says more of each kind.
# shellcheck shell=bash

# shellcheck source=tests/lanes.sh
. "$top/tests/lanes.sh"
# shellcheck source=tests/sanitized/suite.sh
. "$top/tests/sanitized/suite.sh"
# shellcheck source=tests/cross/suite.sh
. "$top/tests/cross/suite.sh"

suite_passed=0
suite_failed=0
suite_failures=()
suite_parts=() # NAME<tab>TESTS<tab>FAILED<tab>SECONDS<tab>SECONDS OF PROCESSOR TIME
exec {suite_told}>&1 # where it is told that a part has ended, whatever becomes of what a job prints

# suite_part NAME: what is counted from here on is of this part, and the part before has ended. suite_part_ends: it has ended.
suite_part_name='' suite_part_begin=0 suite_part_passed=0 suite_part_failed=0 suite_part_processor=0
suite_part() {
  suite_part_ends
  suite_part_name=$1 suite_part_begin=$SECONDS suite_part_passed=$suite_passed suite_part_failed=$suite_failed
  suite_processor
  suite_part_processor=$suite_processor_seconds
}
suite_part_ends() {
  local failed=$((suite_failed - suite_part_failed)) passed=$((suite_passed - suite_part_passed)) seconds=$((SECONDS - suite_part_begin))
  [ -n "$suite_part_name" ] || return 0
  suite_processor
  local processor=$((suite_processor_seconds - suite_part_processor))
  suite_parts+=("$(printf '%s\t%d\t%d\t%d\t%d' "$suite_part_name" $((passed + failed)) $failed $seconds $processor)")
  printf '%s  %s: %d passed, %d failed, in %s; %s of a processor\n' "$(suite_clock $SECONDS)" "$suite_part_name" $passed $failed \
    "$(suite_clock $seconds)" "$(suite_clock $processor)" >&$suite_told
  suite_part_name=''
}

# suite_processor: suite_processor_seconds is what the processes that this shell has waited for have used.
suite_processor_seconds=0
suite_processor() {
  local place user system
  place=$(mktemp)
  times >"$place"
  { read -r _ && read -r user system; } <"$place"
  rm -f "$place"
  suite_processor_seconds=$(($(suite_seconds_of "$user") + $(suite_seconds_of "$system")))
}
suite_seconds_of() { # 1m2.345s
  local minutes=${1%%m*} seconds=${1#*m}
  echo $((minutes * 60 + ${seconds%%[.,]*}))
}
suite_clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

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

# suite_build VARIANT [CMAKE OPTION...]: with its tests.
suite_build() {
  # A program that an earlier build left behind is no test of this one.
  rm -rf "$top/build/$1/tests/plain" "$top/build/$1/tests/mica-unit"
  mkdir -p "$top/build/$1/tests"
  suite_part "$1: build"
  build_variant "$1" -DMICA_TESTS=ON "${@:2}" -- all || suite_fail "$1: build"
  suite_part_ends
}

# suite_variant VARIANT: all that depends on the variant.
suite_variant() {
  local variant=$1 source name arguments
  [ "$variant" = release ] || suite_build "$variant" -DMICA_TOOL=OFF
  export MICA_BUILD=$top/build/$variant MICA_LIBRARY=$top/build/$variant/libmica.so
  suite_part "$variant: unit"
  suite_unit "$variant" "${suite_bare[@]}" "$MICA_BUILD/tests/mica-unit" -j2 --timeout 900 --verbose --color=never
  suite_part "$variant: plain, programs"
  for source in "$top"/tests/plain/*.c "$top"/tests/plain/*.cc; do
    [ -e "$source" ] || continue
    name=$(basename "${source%.*}")
    case "$variant/$name" in # every k-th system call
    release/faults) arguments=(11) ;;
    debug/faults) arguments=(3) ;;
    *) arguments=() ;;
    esac
    suite_beside "$variant: plain: $name" 1800 "${suite_bare[@]}" "$MICA_BUILD/tests/plain/$name" "${arguments[@]}"
  done
  for source in "$top"/tests/programs/*.sh; do
    [ -e "$source" ] || continue
    [ "$variant" = release ] || ! grep -q '^# release only: ' "$source" || continue
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
  wait $! || true # so that its time is counted
  [ "$suite_failed" -eq "$before" ] || return 0
  if [ "$status" != 0 ] || [ $seen -eq 0 ]; then suite_fail "$name: exit status $status"; fi
}

# suite_measured FOLDER: golden, instructions; memory, system calls and resident sizes of the release build.
suite_measured() {
  local script
  export MICA_BUILD=$top/build/release MICA_LIBRARY=$top/build/release/libmica.so
  suite_part "$1"
  for script in "$top/tests/$1"/*.sh; do
    suite_lines "${script#"$top/tests/"}" "${suite_bare[@]}" "$script" "$MICA_LIBRARY"
  done
  suite_part_ends
}

# suite_models: the lock-free code by models.
suite_models() {
  suite_part models
  suite_lines model "${suite_bare[@]}" "$top/tests/model/run.sh"
}

# suite_tool: the command mica, by the release build.
suite_tool() {
  local script
  suite_part tool
  export MICA_BUILD=$top/build/release MICA_LIBRARY=$top/build/release/libmica.so
  [ -x "$MICA_BUILD/bin/mica" ] || suite_fail "tool: mica was not built"
  for script in "$top"/tests/tool/*.sh; do
    [ ! -e "$script" ] || suite_lines "tool: $(basename "$script" .sh)" "$script"
  done
}

# suite_valgrind: the valgrind variant.
suite_valgrind() {
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
  suite_part house
  export MICA_BUILD=$top/build/release MICA_LIBRARY=$top/build/release/libmica.so
  for check in "$top"/tests/house/check_*; do
    suite_one "house: $(basename "${check%.*}")" 1800 "$check"
  done
}

# suite_table: the parts, their tests, the time, and what of it was a processor's: parts run side by side.
suite_table() {
  local part name tests failed seconds processor
  suite_processor
  printf '\n%-32s %7s %7s %7s %10s\n' part tests failed time processor
  for part in "${suite_parts[@]}" "$(printf 'all\t%d\t%d\t%d\t%d' $((suite_passed + suite_failed)) $suite_failed $SECONDS \
    $suite_processor_seconds)"; do
    IFS=$'\t' read -r name tests failed seconds processor <<<"$part"
    printf '%-32s %7d %7d %7s %10s\n' "$name" "$tests" "$failed" "$(suite_clock "$seconds")" "$(suite_clock "$processor")"
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

# suite VARIANT...: all that depends on the variants. What is measured, and the rules of the house, go with release. What the
# others need is built first; resident sizes are measured next, alone; then the rest, in lanes, the longest first, and last what
# keeps two processors busy by itself.
suite() {
  local variant names=" $* "
  trap lanes_end INT TERM
  if [[ $names = *" release "* ]]; then
    suite_build release -DMICA_TOOL=ON
    suite_measured memory
  fi
  for variant in "${sanitized_variants[@]}"; do
    [[ $names != *" $variant "* ]] || lanes_job "$variant" sanitized_all "$variant"
  done
  [[ $names != *" debug "* ]] || lanes_job debug suite_variant debug
  if [[ $names = *" release "* ]]; then
    lanes_job house suite_house
    lanes_job release suite_variant release
    lanes_job tool suite_tool
    lanes_job golden suite_measured golden
    lanes_job "another C library" cross quick musl
  fi
  [[ $names != *" valgrind "* ]] || lanes_job valgrind suite_valgrind
  [[ $names != *" release "* ]] || lanes_job models suite_models
  lanes_all
  trap - INT TERM
  suite_count
}
