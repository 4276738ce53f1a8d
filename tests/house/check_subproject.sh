#!/usr/bin/env bash
# doc/using.md's examples for mica as a part of another CMake project: whatever the parent sets for its own targets, mica builds;
# it sets, tests, installs and packs nothing there. Under a sanitizer that owns malloc, mica keeps its mi_ functions only.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
export -n MICA_BUILD MICA_LIBRARY # they are not for what runs here
top_place=$(mktemp -d)
place="$top_place/a folder with spaces"
mkdir "$place"
trap 'rm -rf "$top_place"' EXIT
# shellcheck source=tests/house/using.bash
. tests/house/using.bash

# parent NAME HEADING: a project from that example.
parent() {
  program "$place/$1"
  example "$2" >"$place/$1/CMakeLists.txt"
  ln -s "$top" "$place/$1/mica"
}

# built NAME OPTION...: configures and builds it.
built() {
  quietly cmake -S "$place/$1" -B "$place/$1/build" -G Ninja "${@:2}"
  quietly ninja -C "$place/$1/build"
}

# A parent that wants much of its own code: standards, one file of many, link-time optimization, no warning.
hostile() {
  parent hostile "CMake: mica's sources in a folder"
  sed -i '/^add_subdirectory/i\
set(CMAKE_C_STANDARD 17)\
set(CMAKE_UNITY_BUILD ON)\
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)\
set(CMAKE_COMPILE_WARNING_AS_ERROR ON)\
add_compile_options(-Wall -Wextra -Wpedantic -Wsign-conversion -Werror -flto $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)\
get_cmake_property(cache_before CACHE_VARIABLES)' "$place/hostile/CMakeLists.txt"
  cat >>"$place/hostile/CMakeLists.txt" <<'EOC'
enable_testing()
install(TARGETS program DESTINATION bin)
add_executable(shared main.c)
target_link_libraries(shared PRIVATE mica::mica)
get_cmake_property(cache CACHE_VARIABLES)
list(REMOVE_ITEM cache ${cache_before})
if(MICA_INSTALL)
  list(FILTER cache EXCLUDE REGEX "^_?(CMAKE_INSTALL_[A-Z]+DIR|GNUInstallDirs.*)$")
endif()
list(FILTER cache EXCLUDE REGEX "^(MICA_|_?MICA_|mica_|CMAKE_CXX_|CMAKE_HAVE_|CMAKE_PROJECT_VERSION|FIND_PACKAGE_MESSAGE_DETAILS_Threads|FETCHCONTENT_|Threads_)")
if(cache OR NOT CMAKE_C_STANDARD EQUAL 17 OR DEFINED CPACK_GENERATOR OR DEFINED MICA_SOVERSION OR CMAKE_EXPORT_COMPILE_COMMANDS)
  message(FATAL_ERROR "mica has set something of the parent's: ${cache}")
endif()
EOC
  built hostile
  on_mica "$place/hostile/build/program"
  on_mica "$place/hostile/build/shared"
  [ "$(ctest --test-dir "$place/hostile/build" -N | sed -n 's/^Total Tests: //p')" = 0 ] || fail "mica's tests are the parent's"
  quietly cmake --install "$place/hostile/build" --prefix "$place/hostile/nothing"
  [ "$(cd "$place/hostile/nothing" && find . -type f)" = ./bin/program ] || fail "mica is installed with the parent"
  [ ! -e "$place/hostile/build/CPackConfig.cmake" ] || fail "mica is packed with the parent"
  # Asked for, it is installed.
  built hostile -DMICA_INSTALL=ON
  quietly cmake --install "$place/hostile/build" --prefix "$place/hostile/all"
  [ -n "$(find "$place/hostile/all" -name mica-config.cmake)" ] || fail "MICA_INSTALL=ON installs nothing"
}

# The flags come by CMAKE_C_FLAGS, and by add_compile_options.
sanitized() { # NAME C-COMPILER C++-COMPILER SANITIZER
  parent "$1" "CMake: FetchContent"
  sed -i "/^include(FetchContent)/i if(by_options)\n  add_compile_options(-fsanitize=$4)\n  add_link_options(-fsanitize=$4)\nendif()" \
    "$place/$1/CMakeLists.txt"
  cp tests/beside/two_owners.c "$place/$1/main.c"
  CC=$2 CXX=$3 built "$1" -Dby_options=ON
  "$place/$1/build/program" >"$place/$1/said" 2>&1 || fail "$4, $2: $(tail -n 40 "$place/$1/said")"
  CC=$2 CXX=$3 cmake -S "$place/$1" -B "$place/$1/by-flags" -DCMAKE_C_FLAGS="-g -fsanitize=$4" >"$place/$1/configured" 2>&1
  grep -q "MICA_OVERRIDE is OFF" "$place/$1/configured" || fail "$4, $2: nothing is said of mica's malloc"
}

address() {
  sanitized address gcc g++ address
  ! "$place/address/build/program" bug >"$place/address/said" 2>&1 || fail "a use after mi_free is not reported"
  grep -q "use-after-poison" "$place/address/said" || fail "a use after mi_free is not reported:" "$(tail -n 40 "$place/address/said")"
}

hostile >"$place/hostile.txt" 2>&1 &
jobs_begun=($!)
address >"$place/address.txt" 2>&1 &
jobs_begun+=($!)
if [ "${1:-}" = long ]; then
  sanitized thread clang clang++ thread >"$place/thread.txt" 2>&1 &
  jobs_begun+=($!)
fi
status=0
for job in "${jobs_begun[@]}"; do wait "$job" || status=1; done
cat "$place"/*.txt
exit $status
