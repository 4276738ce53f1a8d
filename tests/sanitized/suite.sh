# suite.sh -- the tests of the variants that a sanitizer checks. Read by tests/suite.sh, whose functions it uses.
#
# A variant is built into build/<variant>-<compiler>, by the compiler that it has here: gcc for AddressSanitizer, whose runtime is
# the same with both; clang for UndefinedBehaviorSanitizer, which looks for more there, and for ThreadSanitizer, whose code takes
# half the time of gcc's. ./build.sh soak has all of a variant with both. Unit tests, plain programs, and stress programs at a scale
# in hundredths (suite_scale; each variant has a usual one). tests/sanitized/left_out.txt says what is left out.
# shellcheck shell=bash

sanitized_variants=(tsan asan ubsan)

# sanitized_compiler VARIANT: in the suite.
sanitized_compiler() {
  case "$1" in asan) echo gcc ;; *) echo clang ;; esac
}

# Hundredths of the usual size: what a variant can do in half a minute.
sanitized_scale() {
  if [ -n "${suite_scale:-}" ]; then
    echo "$suite_scale"
    return
  fi
  case "$1" in
  tsan) echo 4 ;;
  asan) echo 10 ;;
  *) echo 20 ;;
  esac
}

# Every k-th system call fails in tests/plain/faults: a prime number, or every one.
sanitized_step() {
  if [ -n "${suite_scale:-}" ]; then
    echo 1
    return
  fi
  case "$1" in
  tsan) echo 97 ;;
  *) echo 11 ;;
  esac
}

# sanitized_left_out VARIANT KIND: the names.
sanitized_left_out() {
  awk -v variant="$1" -v kind="$2" '$1 == variant && $2 == kind { print $3 }' "$top/tests/sanitized/left_out.txt"
}

# sanitized_plain VARIANT NAME BUILD: every plain program that is not left out.
sanitized_plain() {
  local variant=$1 name=$2 build=$3 source program arguments out
  out=" $(sanitized_left_out "$variant" plain | tr '\n' ' ')"
  for source in "$top"/tests/plain/*.c "$top"/tests/plain/*.cc; do
    program=$(basename "${source%.*}")
    case "$out" in *" $program "*) continue ;; esac
    case "$program" in
    stress_*) arguments=("${suite_seed:-1}" "$(sanitized_scale "$variant")") ;;
    faults) arguments=("$(sanitized_step "$variant")") ;;
    *) arguments=() ;;
    esac
    suite_one "$name: plain: $program" "${suite_seconds:-1800}" \
      "$top/tests/sanitized/run.sh" "$build" "$build/tests/plain/$program" "${arguments[@]}"
  done
}

# sanitized_unit VARIANT NAME BUILD: the unit tests. Those left out are named as tests/runner understands it.
sanitized_unit() {
  local arguments=(-j2 --timeout 900 --verbose --color=never) test
  for test in $(sanitized_left_out "$1" unit); do arguments+=("^$test"); done
  rm -f "$3/tests/mica-unit.txt"
  suite_unit "$2" "$top/tests/sanitized/run.sh" "$3" "$3/tests/mica-unit" "${arguments[@]}"
}

# sanitized_all VARIANT: all of it.
sanitized_all() {
  local variant=$1 name build
  name=$1-$(sanitized_compiler "$1")
  build=$top/build/$name
  suite_part "$name: build"
  rm -rf "$build/tests/plain" "$build/tests/mica-unit" "$build"/tests/reports.*
  mkdir -p "$build/tests"
  if ! build_variant "$name" -DMICA_TESTS=ON -DMICA_TOOL=OFF -- mica-plain mica-unit; then
    suite_fail "$name: build"
    return
  fi
  suite_part "$name: unit"
  sanitized_unit "$variant" "$name" "$build"
  suite_part "$name: plain"
  sanitized_plain "$variant" "$name" "$build"
  [ "$variant" != tsan ] || suite_part "$name: mutants"
  [ "$variant" != tsan ] || suite_lines "$name" "$top/tests/sanitized/mutants.sh" "$build"
  printf '%s: %d tests left out: tests/sanitized/left_out.txt\n' "$name" \
    "$(grep -c "^$variant " "$top/tests/sanitized/left_out.txt")"
}
