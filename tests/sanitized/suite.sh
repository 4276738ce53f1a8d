# suite.sh -- the tests of the variants that a sanitizer checks. Read by tests/suite.sh, whose functions it uses.
#
# A variant is built twice, into build/<variant>-gcc and build/<variant>-clang; the two run side by side, each on a processor of
# its own, so what one has found is printed when it is through. All unit tests, and all plain programs; stress programs at a
# scale in hundredths (suite_scale; each variant has a usual one). tests/sanitized/left_out.txt says what is left out.
# shellcheck shell=bash

sanitized_variants=(tsan asan ubsan)

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
  local arguments=(-j1 --timeout 900 --verbose --color=never) test
  for test in $(sanitized_left_out "$1" unit); do arguments+=("^$test"); done
  rm -f "$3/tests/mica-unit.txt"
  suite_unit "$2" "$top/tests/sanitized/run.sh" "$3" "$3/tests/mica-unit" "${arguments[@]}"
}

# sanitized_folder VARIANT COMPILER: all of it, with its own count, which goes to a file: PASSED FAILED PARTS, a line for each
# part, a line for each failure.
sanitized_folder() {
  local variant=$1 name=$1-$2 build=$top/build/$1-$2
  suite_passed=0 suite_failed=0 suite_failures=() suite_parts=()
  suite_part "$name: build"
  rm -rf "$build/tests/plain" "$build/tests/mica-unit" "$build"/tests/reports.*
  mkdir -p "$build/tests"
  if build_variant "$name" -DMICA_TESTS=ON -- all; then
    suite_part "$name: unit"
    sanitized_unit "$variant" "$name" "$build"
    suite_part "$name: plain"
    sanitized_plain "$variant" "$name" "$build"
    [ "$variant" != tsan ] || suite_part "$name: mutants"
    [ "$variant" != tsan ] || suite_lines "$name" "$top/tests/sanitized/mutants.sh" "$build"
  else
    suite_fail "$name: build"
  fi
  suite_part_ends
  {
    echo "$suite_passed $suite_failed ${#suite_parts[@]}"
    printf '%s\n' "${suite_parts[@]}"
    [ $suite_failed -eq 0 ] || printf '%s\n' "${suite_failures[@]}"
  } >"$build/tests/count.txt"
}

# suite_sanitized VARIANT: with both compilers at once.
suite_sanitized() {
  local variant=$1 compiler passed failed parts line
  suite_part_ends
  printf '\n==== %s, with gcc and with clang\n' "$variant"
  for compiler in gcc clang; do
    mkdir -p "$top/build/$variant-$compiler"
    rm -f "$top/build/$variant-$compiler/tests/count.txt"
    sanitized_folder "$variant" "$compiler" >"$top/build/$variant-$compiler/output.txt" 2>&1 &
  done
  wait
  for compiler in gcc clang; do
    cat "$top/build/$variant-$compiler/output.txt"
    if [ ! -e "$top/build/$variant-$compiler/tests/count.txt" ]; then
      suite_fail "$variant-$compiler: did not come to its end"
      continue
    fi
    {
      read -r passed failed parts
      suite_passed=$((suite_passed + passed))
      suite_failed=$((suite_failed + failed))
      while IFS= read -r line; do
        if [ $((parts--)) -gt 0 ]; then suite_parts+=("$line"); else suite_failures+=("$line"); fi
      done
    } <"$top/build/$variant-$compiler/tests/count.txt"
  done
  printf '%s: %d tests left out, with each compiler: tests/sanitized/left_out.txt\n' "$variant" \
    "$(grep -c "^$variant " "$top/tests/sanitized/left_out.txt")"
}
