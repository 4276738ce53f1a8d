#!/usr/bin/env bash
# An installed mica is found by pkg-config and by CMake, wherever its tree lies; a program linked with it runs on it.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${MICA_BUILD:-$PWD/build/release}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cmake --install "$build" --prefix "$place/first" >/dev/null
mv "$place/first" "$place/moved"

internal='config.h geometry.h watch'
for name in $internal; do
  [ -z "$(find "$place/moved" -path "*/include/*" -name "$name*")" ] || {
    echo "an internal header is installed: $name"
    exit 1
  }
done

cat >"$place/main.c" <<'EOT'
#include <mimalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  char* p = malloc(100);
  if (!p || !mi_is_in_heap_region(p)) return 1;
  memset(p, 1, 100);
  free(p);
  puts("on mica");
  return 0;
}
EOT
check() { # NAME COMMAND...: the program says that it runs on mica
  local name=$1
  shift
  [ "$("$@")" = "on mica" ] || {
    echo "$name: malloc is not mica's"
    exit 1
  }
}

PKG_CONFIG_PATH=$(dirname "$(find "$place/moved" -name mica.pc)")
export PKG_CONFIG_PATH
read -ra flags < <(pkg-config --cflags --libs mica)
gcc -o "$place/by-pkg-config" "$place/main.c" "${flags[@]}"
check pkg-config env LD_LIBRARY_PATH="$(pkg-config --variable=libdir mica)" "$place/by-pkg-config"

cat >"$place/CMakeLists.txt" <<'EOT'
cmake_minimum_required(VERSION 3.25)
project(user C)
find_package(mica 0.1 REQUIRED)
add_executable(shared main.c)
target_link_libraries(shared mica::mica)
add_executable(static main.c)
target_link_libraries(static mica::mica_static)
EOT
cmake -S "$place" -B "$place/build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_PREFIX_PATH="$place/moved" >/dev/null
ninja -C "$place/build" >/dev/null
check mica::mica "$place/build/shared"
check mica::mica_static "$place/build/static"
