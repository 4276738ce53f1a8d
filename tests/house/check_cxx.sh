#!/usr/bin/env bash
# The C++ side of the interface, mimalloc's headers, and the classic pools', in every standard, by gcc and by clang: free of
# warnings, and the programs of tests/cxx/ run on the library. Those of C++14 and C++20 are left to `check_cxx.sh long`: all that
# the headers ask is whether it is C++17.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${MICA_BUILD:-$PWD/build/release}
export -n MICA_BUILD MICA_LIBRARY # they are not for what runs here
long=no
[ "${1:-}" != long ] || long=yes
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
flags=(-Wall -Wextra -pedantic -Wshadow -Werror -O0 -fno-builtin -D_GNU_SOURCE -Iinclude)
library=("$build/libmica.so" "-Wl,-rpath,$build" -pthread)
counted=-Wl,--wrap=mi_heap_new,--wrap=mi_heap_delete,--wrap=mi_heap_destroy
blocks_counted=-Wl,--wrap=mi_malloc,--wrap=mi_heap_malloc,--wrap=mi_malloc_aligned,--wrap=mi_free
classic=(-Iinclude/mica/classic -U_GNU_SOURCE -Wconversion -fsyntax-only)
every_allocator='#include <mica.h>
template struct mi_stl_allocator<int>;
template struct mi_heap_stl_allocator<int>;
template struct mi_heap_destroy_stl_allocator<int>;
template struct mi_two_level_allocator<int>;'
impossible='#include <mica.h>
volatile std::size_t size = std::size_t(1) << 60;
int main() { mi_two_level_allocator<char>().allocate(size); }'
family='malloc|calloc|realloc|free|cfree|strdup|strndup|realpath|aligned_alloc|posix_memalign|memalign|valloc|pvalloc'
family+='|reallocarray|reallocarr|reallocf|malloc_[a-z_]+|free_[a-z_]+'
family+='|_expand|_msize|_recalloc|_strn?dup|_wcsdup|_mbsdup|_w?dupenv_s|_posix_memalign|_aligned_[a-z_]+'

complain() {
  printf '%s\n' "$*"
  return 1
}

# runs PROGRAM: it ends well and says so.
runs() {
  local said
  said=$(timeout 600 "$1" 2>&1) || complain "$1: exit status $?: $said"
  [[ $said = *": ok" ]] || complain "$1: $said"
}

# operators PROGRAM COUNT: so many operators new and delete are the program's own.
operators() {
  local found
  found=$(nm --defined-only "$1" | grep -cE ' T _Z(n[wa]|d[la])') || true
  [ "$found" -eq "$2" ] || complain "$1 defines $found operators, not $2"
}

# override COMPILER...: the object file calls nothing by the C library's names.
override() {
  "$@" "${flags[@]}" -c -o "$place/$1-override.o" tests/cxx/override.c
  ! nm -u "$place/$1-override.o" | grep -E " U ($family)$" || complain "$*: mimalloc-override.h misses these"
}

# aborts PROGRAM: it ends by std::abort.
aborts() {
  local status=0
  { timeout 600 "$1"; } 2>/dev/null || status=$? # the shell says that it aborted, too
  [ "$status" -eq 134 ] || complain "$1: exit status $status"
}

# classic_headers COMPILER OPTION...: each by itself, by either path.
classic_headers() {
  local header
  for header in include/mica/classic/*.h; do
    "$@" "${flags[@]}" "${classic[@]}" - <<<"#include <${header##*/}>"
    "$@" "${flags[@]}" "${classic[@]}" - <<<"#include <${header#include/}>"
  done
}

check_c() { # COMPILER C++-COMPILER
  local standard
  for standard in 99 11 17; do "$1" -std=c$standard "${flags[@]}" -Wstrict-prototypes -fsyntax-only tests/cxx/headers.c; done
  for standard in 99 11 17; do
    "$1" -std=c$standard "${flags[@]}" -Wmissing-prototypes "${classic[@]}" tests/cxx/classic.c
  done
  classic_headers "$1" -std=c99 -x c
  classic_headers "$2" -std=c++11 -x c++
  override "$2" -x c++ -std=c++17
  override "$1" -std=c11
  "$1" -o "$place/$1-override" "$place/$1-override.o" "${library[@]}"
  runs "$place/$1-override"
}

check_cxx() { # COMPILER STANDARD
  local at=$place/$1-$2 own=10
  local compile=("$1" "-std=c++${2/23/2b}" "${flags[@]}")
  "${compile[@]}" -fsyntax-only -x c++ tests/cxx/headers.c
  "${compile[@]}" -fsyntax-only -fno-exceptions -fno-rtti -x c++ - <<<"$every_allocator"
  "${compile[@]}" "${classic[@]}" -x c++ tests/cxx/classic.c
  case "$2-$long" in 14-no | 20-no) return ;; esac
  "${compile[@]}" -fno-exceptions -fno-rtti -x c++ -o "$at-impossible" - -x none "${library[@]}" <<<"$impossible"
  aborts "$at-impossible"
  "${compile[@]}" -o "$at-containers" tests/cxx/containers.cc $counted "${library[@]}"
  "${compile[@]}" -o "$at-handler" tests/cxx/handler.cc "${library[@]}"
  runs "$at-containers"
  runs "$at-handler"
  "${compile[@]}" -o "$at-two_level" tests/cxx/two_level.cc $blocks_counted "${library[@]}"
  runs "$at-two_level"
  if [ "$2" -ge 17 ]; then
    own=20
    "${compile[@]}" -o "$at-resource" tests/cxx/resource.cc "${library[@]}"
    runs "$at-resource"
  fi
  if [ "$2" -ge 23 ]; then # C++17 in every variant
    "${compile[@]}" -o "$at-cxx_pool" tests/plain/cxx_pool.cc "${library[@]}"
    runs "$at-cxx_pool"
  fi
  "${compile[@]}" -o "$at-new_delete" tests/cxx/new_delete.cc "${library[@]}"
  runs "$at-new_delete"
  operators "$at-new_delete" $own
  # The static library does not insist on its own.
  "${compile[@]}" -o "$at-new_delete-static" tests/cxx/new_delete.cc "$build/libmica.a" -pthread
  runs "$at-new_delete-static"
}

check_compiler() { # C-COMPILER C++-COMPILER
  local standard
  check_c "$1" "$2"
  for standard in 11 14 17 20 23; do check_cxx "$2" "$standard"; done
}

check_compiler gcc g++ >"$place/gcc.txt" 2>&1 &
gcc=$!
check_compiler clang clang++ >"$place/clang.txt" 2>&1 &
clang=$!
status=0
wait $gcc || status=1
wait $clang || status=1
cat "$place/gcc.txt" "$place/clang.txt"
exit $status
