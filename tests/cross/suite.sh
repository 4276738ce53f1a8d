# suite.sh -- other machines, and another C library. Read by tests/suite.sh, whose functions it uses, and by build.sh.
#
# A target is built into build/release-<target>, its tests with tests/runner in Criterion's place. Then, by qemu's user mode or
# on this machine (musl): the unit tests; the plain programs, stress at a small scale; and two programs on the shared library.
# tests/cross/left_out.txt says what a target leaves out, and what the quick form does.
# shellcheck shell=bash

cross_targets=(aarch64 riscv64 s390x ppc64le musl)

# cross_packages TARGET: what Debian has for it.
cross_packages() {
  case "$1" in
  aarch64) echo gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user ;;
  riscv64) echo gcc-riscv64-linux-gnu g++-riscv64-linux-gnu libc6-dev-riscv64-cross qemu-user ;;
  s390x) echo gcc-s390x-linux-gnu g++-s390x-linux-gnu libc6-dev-s390x-cross qemu-user ;;
  ppc64le) echo gcc-powerpc64le-linux-gnu g++-powerpc64le-linux-gnu libc6-dev-ppc64el-cross qemu-user ;;
  musl) echo musl-tools ;;
  esac
}

# cross_setting TARGET: cross_compiler; cross_options, CMake's; cross_run, what runs a program of it. The OS pages are what the
# machine's systems have, where qemu is told: it reports them to the program, and cuts its own no coarser.
cross_setting() {
  local triplet=$1-linux-gnu pages=4096
  case "$1" in
  aarch64) pages=16384 ;;
  ppc64le) triplet=powerpc64le-linux-gnu pages=65536 ;;
  musl) # The one C++ file of the library needs no header of a C library.
    cross_compiler=musl-gcc cross_run=(env)
    cross_options=(-DCMAKE_C_COMPILER=musl-gcc -DCMAKE_CXX_COMPILER=g++ -DMICA_TESTS_CRITERION=OFF)
    return
    ;;
  esac
  cross_compiler=$triplet-gcc
  cross_run=("qemu-$1" -L "/usr/$triplet" -p "$pages")
  cross_options=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$1" -DCMAKE_C_COMPILER="$triplet-gcc"
    -DCMAKE_CXX_COMPILER="$triplet-g++" -DMICA_TESTS_CRITERION=OFF)
}

# cross_left_out TARGET: its lines of left_out.txt; in the quick form that form's, too.
cross_left_out() {
  local words="$1"
  [ "$1" = musl ] || words+=" qemu"
  [ -z "$cross_quick" ] || words+=" quick"
  awk -v words=" $words " 'index(words, " " $1 " ")' "$top/tests/cross/left_out.txt"
}

# cross_programs TARGET: the plain programs that are not left out. One that is and that there is not is a mistake.
cross_programs() {
  local source program out
  out=" $(cross_left_out "$1" | awk '$2 == "plain" { print $3 }' | sort -u | tr '\n' ' ')"
  for source in "$top"/tests/plain/*.c "$top"/tests/plain/*.cc; do
    program=$(basename "${source%.*}")
    case "$out" in *" $program "*) out=${out/ $program / } && continue ;; esac
    echo "$program"
  done
  [ -z "${out// /}" ] || die "tests/cross/left_out.txt names programs that there are not:$out"
}

# cross_plain TARGET BUILD PROGRAM...
cross_plain() {
  local program arguments
  for program in "${@:3}"; do
    case "$program" in
    stress_*) arguments=(1 4) ;;
    faults) arguments=(97) ;;
    *) arguments=() ;;
    esac
    suite_beside "$1: plain: $program" 600 "${cross_run[@]}" "$2/tests/plain/$program" "${arguments[@]}"
  done
  suite_settle
}

# cross_shared TARGET BUILD: the shared library, preloaded, and opened by a program that runs.
cross_shared() {
  local program library=$2/libmica.so
  for program in preloaded opened; do
    if ! "$cross_compiler" -std=c11 -D_GNU_SOURCE -I"$top" -O1 -Wall -Wextra -Werror -fno-builtin \
      "$top/tests/cross/$program.c" -o "$2/tests/$program" -pthread -ldl; then
      suite_fail "$1: shared: $program: does not compile"
      return
    fi
  done
  if [ "$1" = musl ]; then
    suite_one "$1: shared: preloaded" 600 env LD_PRELOAD="$library" "$2/tests/preloaded"
    build_variant "release-$1_dlopen" "${cross_options[@]}" -DMICA_TESTS=OFF -DMICA_BUILD_STATIC=OFF -DMICA_DLOPEN=ON ||
      suite_fail "$1: MICA_DLOPEN: build"
    library=$top/build/release-$1_dlopen/libmica.so
  else
    suite_one "$1: shared: preloaded" 600 "${cross_run[@]}" -E LD_PRELOAD="$library" "$2/tests/preloaded"
  fi
  suite_one "$1: shared: opened" 600 "${cross_run[@]}" "$2/tests/opened" "$library"
}

# cross_target TARGET: all of it.
cross_target() {
  local name=release-$1 build=$top/build/release-$1 arguments=(-j2 --timeout 300) test programs
  printf '\n==== %s\n' "$1"
  cross_setting "$1"
  cross_left_out "$1" | sed 's/^/left out: /'
  suite_part "$1: build"
  rm -rf "$build/tests/plain" "$build/tests/mica-unit"
  mkdir -p "$build/tests"
  programs=$(cross_programs "$1") || exit
  mapfile -t programs <<<"$programs"
  for test in $(cross_left_out "$1" | awk '$2 == "unit" { print $3 }'); do arguments+=("^$test"); done
  build_variant "$name" "${cross_options[@]}" -DMICA_TESTS=ON -- libmica mica-unit "${programs[@]/#/plain-}" || suite_fail "$1: build"
  suite_part "$1: unit"
  suite_unit "$name" "${cross_run[@]}" "$build/tests/mica-unit" "${arguments[@]}"
  suite_part "$1: plain, shared"
  cross_plain "$1" "$build" "${programs[@]}"
  cross_shared "$1" "$build"
}

# cross QUICK TARGET...: QUICK: empty, or anything for the quick form.
cross() {
  local target
  cross_quick=$1
  shift
  for target; do cross_target "$target"; done
}
