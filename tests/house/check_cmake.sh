#!/usr/bin/env bash
# The build as whoever knows CMake expects it: nothing newer than CMake 3.18, options that explain themselves and do what they
# say, every unit test known to ctest, and no C++ runtime in libmica.so whatever the linker is told.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${MICA_BUILD:-$PWD/build/release}
export -n MICA_BUILD MICA_LIBRARY # they are not for what runs here
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# shellcheck source=tests/house/using.bash
. tests/house/using.bash

# What came with CMake 3.19 and later, as far as it is a word of its own. (CMakePresets.json is for later ones.)
newer='cmake_path|cmake_language\((DEFER|EXIT|GET_MESSAGE)|file\((REAL_PATH|CHMOD|COPY_FILE|MAKE_DIRECTORY.*RESULT)|string\(JSON'
newer+='|PROJECT_IS_TOP_LEVEL|_IS_TOP_LEVEL|block\(|return\(PROPAGATE|FILE_SET|RUNTIME_DEPENDENCY_SET|IMPORTED_RUNTIME_ARTIFACTS'
newer+='|DISTRIB_INFO|ENVIRONMENT_MODIFICATION|\$<(PATH|TARGET_RUNTIME_DLLS|LINK_LIBRARY|LINK_GROUP|BUILD_LOCAL_INTERFACE)'
newer+='|CMAKE_(COLOR_DIAGNOSTICS|LINKER_TYPE)|VALIDATOR|REGISTRY_VIEW|cmake_file_api|cmake_pkg_config'
mapfile -t files < <(git ls-files '*CMakeLists.txt' '*.cmake' '*.cmake.in')
[ ${#files[@]} -gt 5 ] || fail "there is nothing to look at"
! grep -nE "$newer" "${files[@]}" || fail "that is newer than CMake 3.18"
[ "$(grep -ch '^cmake_minimum_required(VERSION 3\.18\.\.\.' CMakeLists.txt)" = 1 ] || fail "CMake 3.18 is not what CMakeLists.txt asks for"

# Each option has a text, in cmake -LH as in doc/using.md. MICA_OVERRIDE=OFF: the mi_ and mica_ functions and nothing else.
quietly cmake -S . -B "$place/apart" -G Ninja -DMICA_OVERRIDE=OFF -DMICA_WERROR=ON -DCMAKE_SHARED_LINKER_FLAGS=-Wl,--no-as-needed
cmake -LH "$place/apart" >"$place/options.txt" 2>&1
for option in VARIANT BUILD_SHARED BUILD_STATIC OVERRIDE DLOPEN TESTS TESTS_CRITERION TOOL BENCH INSTALL AS_MIMALLOC WERROR; do
  grep -B1 "^MICA_$option:" "$place/options.txt" | grep -qE '^// .{10}' || fail "cmake -LH does not explain MICA_$option"
  grep -q "^| \`MICA_$option\` | .* | .* |$" doc/using.md || fail "doc/using.md does not explain MICA_$option"
done
quietly ninja -C "$place/apart"
foreign=$(nm -D --defined-only "$place/apart/libmica.so" | awk '{ print $3 }' | grep -vE '^(mi|mica)_') || true
[ -z "$foreign" ] || fail "with MICA_OVERRIDE=OFF libmica.so exports" "$foreign"
nm -D --defined-only "$place/apart/libmica.so" | grep ' T mi_malloc$' >/dev/null || fail "with MICA_OVERRIDE=OFF there is no mi_malloc"
foreign=$(nm --defined-only "$place/apart/libmica.a" | sed -n 's/^[^ ]* [BDRTVW] //p' | grep -vE '^(mi_|mica_|DW\.ref\.|_\.stapsdt\.base$)') || true
[ -z "$foreign" ] || fail "with MICA_OVERRIDE=OFF libmica.a defines" "$foreign"
quietly ctest --test-dir "$place/apart" --no-tests=error
needed=$(readelf -d "$place/apart/libmica.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ "$needed" = libc.so.6 ] || fail "linked with --no-as-needed, libmica.so needs" "$needed"

# configured WANTED UNWANTED OPTION...: what the compiler is told, as patterns.
configured() {
  local flags
  rm -rf "$place/configured"
  quietly cmake -S . -B "$place/configured" -G Ninja -DMICA_TESTS=OFF "${@:3}"
  flags=$(grep -E '^  (FLAGS|DEFINES) = ' "$place/configured/build.ninja")
  grep -qE -- "$1" <<<"$flags" || fail "${*:3}: the compiler is not told $1"
  ! grep -qE -- "$2" <<<"$flags" || fail "${*:3}: the compiler is told $2"
}
configured '-O3' '-DMICA_DEBUG|-Werror' -DCMAKE_BUILD_TYPE=RelWithDebInfo
configured '-DMICA_DEBUG' '-O3|-DNDEBUG' -DCMAKE_BUILD_TYPE=Debug -DMICA_BUILD_STATIC=OFF
grep -q 'build libmica\.so' "$place/configured/build.ninja" || fail "there is no libmica.so"
! grep -qE '^build all: .*libmica\.a' "$place/configured/build.ninja" || fail "MICA_BUILD_STATIC=OFF builds libmica.a"
configured '-DNDEBUG' '-DMICA_DEBUG' -DCMAKE_BUILD_TYPE=Debug -DMICA_VARIANT=release
# Of a <sys/sdt.h> whose inner macros are others there are no probes.
mkdir -p "$place/other/sys"
printf '#define _SDT_PROBE(provider, name, n, arguments) ((void)0)\n#define DTRACE_PROBE(p, n) _SDT_PROBE(p, n, 0, ())\n' >"$place/other/sys/sdt.h"
for n in 1 2 3 4; do
  printf '#define DTRACE_PROBE%d(p, n, ...) _SDT_PROBE(p, n, %d, (__VA_ARGS__))\n' $n $n >>"$place/other/sys/sdt.h"
done
configured '-DMICA_NO_PROBES' '-Werror' -DCMAKE_C_FLAGS="-isystem $place/other"
quietly ninja -C "$place/configured" libmica.so
configured '-O3' '-DMICA_NO_PROBES'
! cmake -S . -B "$place/neither" -DMICA_BUILD_SHARED=OFF -DMICA_BUILD_STATIC=OFF >"$place/said.txt" 2>&1 || fail "no library is wanted, and nothing said"
grep -q "are both OFF" "$place/said.txt" || fail "$(cat "$place/said.txt")"
# An option of several words knows no other one, and CMake's words for ON and OFF as those.
for choice in MICA_TOOL=sometimes MICA_TESTS_CRITERION=maybe MICA_VARIANT=fast; do
  ! cmake -S . -B "$place/neither" "-D$choice" >"$place/said.txt" 2>&1 || fail "-D$choice is taken"
  grep -q "${choice%=*} is '${choice#*=}'" "$place/said.txt" || fail "$(cat "$place/said.txt")"
done
quietly cmake -S . -B "$place/words" -G Ninja -DMICA_TOOL=no -DMICA_TESTS_CRITERION=0
! grep -qE 'bin/mica:|criterion' "$place/words/build.ninja" || fail "-DMICA_TOOL=no builds the command, or -DMICA_TESTS_CRITERION=0 links it"
quietly cmake --list-presets=all

# ctest runs every suite of mica-unit, and every plain program.
[ -x "$build/tests/mica-unit" ] || fail "$build has no tests: ./build.sh test --variant release builds them"
{
  sed -n 's/^Test(\([A-Za-z0-9_]*\),.*/unit.\1/p' tests/*/test_*.c
  for source in tests/plain/*.c tests/plain/*.cc; do basename "${source%.*}" | sed 's/^/plain./'; done
} | sort -u >"$place/written.txt"
ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: //p' | sort >"$place/known.txt"
diff "$place/written.txt" "$place/known.txt" || fail "these are not the tests that ctest knows"
"$build/tests/mica-unit" --list 2>/dev/null | sed -n 's/^\([A-Za-z0-9_]*\): [0-9]* tests*$/unit.\1/p' | sort -u >"$place/compiled.txt"
diff <(grep '^unit' "$place/known.txt") "$place/compiled.txt" || fail "these are not the suites of mica-unit"
