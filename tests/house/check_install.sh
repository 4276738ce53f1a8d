#!/usr/bin/env bash
# An installed mica is found by pkg-config and by CMake, wherever its tree lies; programs linked with it, or with mimalloc 3, or
# with neither and preloaded, run on it.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${MICA_BUILD:-$PWD/build/release}
export -n MICA_BUILD MICA_LIBRARY # they are not for what runs here
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

fail() {
  printf '%s\n' "$*"
  exit 1
}

# What is installed, under DESTDIR as without it; then the tree is moved.
cmake --install "$build" --prefix "$place/first" >/dev/null
DESTDIR=$place/root cmake --install "$build" --prefix "$place/first" >/dev/null
diff -r "$place/first" "$place/root$place/first" || fail "DESTDIR makes a difference"
mv "$place/first" "$place/moved"
lib=$(dirname "$(find "$place/moved" -name libmica.a)")
diff -r include "$place/moved/include" || fail "the headers that are installed are not those of include/"
[ -s "$place/moved/share/man/man3/mica.3" ] || fail "there is no man page"
[ ! -e "$build/bin/mica" ] || [ "$("$place/moved/bin/mica" --version)" = "mica $(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"/\1/p' include/mica/base.h)" ] ||
  fail "the command mica does not run"
[ ! -e "$lib/libmimalloc.so.3" ] || fail "libmimalloc.so.3 is installed though nobody asked for it"

# It needs the C library and nothing else.
needed=$(readelf -d "$lib/libmica.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ "$needed" = libc.so.6 ] || fail "libmica.so needs" "$needed"

# One version everywhere; the SONAME is the part of it that must be equal.
version=$(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"/\1/p' include/mica/base.h)
case "$version" in 0.*) soname=libmica.so.${version%.*} ;; *) soname=libmica.so.${version%%.*} ;; esac
readelf -d "$lib/libmica.so" | grep "SONAME.*\[$soname\]" >/dev/null || fail "the SONAME is not $soname"
[ "$(readlink "$lib/libmica.so")" = "$soname" ] || fail "libmica.so is no link to $soname"
[ "$(readlink "$lib/$soname")" = "libmica.so.$version" ] || fail "$soname is no link to libmica.so.$version"

# Two programs, in C and in C++, that end well only on mica, and one that knows nothing of it.
cat >"$place/main.c" <<'EOC'
#include <mimalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  char* p = malloc(100);
  if (!p || !mi_is_in_heap_region(p) || mi_version() != MI_MALLOC_VERSION) return 1;
  memset(p, 1, 100);
  free(p);
  puts("on mica");
  return 0;
}
EOC
cat >"$place/main.cc" <<'EOC'
#include <iostream>
#include <mica.h>
#include <vector>
int main() {
  std::vector<int> plain(100, 1);
  std::vector<int, mi_stl_allocator<int>> ours(100, 2);
  if (!mi_is_in_heap_region(plain.data()) || !mi_is_in_heap_region(ours.data())) return 1;
  std::cout << "on mica\n";
}
EOC
cat >"$place/unaware.c" <<'EOC'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  char* p = malloc(100);
  int (*ours)(const void*) = (int (*)(const void*))dlsym(RTLD_DEFAULT, "mi_is_in_heap_region");
  puts(p && ours && (ours(p) & 1) ? "on mica" : "on another malloc");
  free(p);
  return 0;
}
EOC
echo 'int main(void) { return 0; }' >"$place/silent.c"
has_mica() { # PROGRAM: linked with the static library, it has it though nothing in it calls for it
  nm "$1" | grep ' T mi_malloc$' >/dev/null || fail "$1 has no malloc of mica's"
}
check() { # NAME COMMAND...: the program says that it runs on mica
  local name=$1 said
  shift
  said=$("$@") || true
  [ "$said" = "on mica" ] || fail "$name: $said"
}

# pkg-config, shared and static.
PKG_CONFIG_PATH=$(dirname "$(find "$place/moved" -name mica.pc)")
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion mica)" = "$version" ] || fail "mica.pc has another version"
read -ra flags < <(pkg-config --cflags --libs mica)
gcc -o "$place/by-pkg-config" "$place/main.c" "${flags[@]}"
check pkg-config env LD_LIBRARY_PATH="$(pkg-config --variable=libdir mica)" "$place/by-pkg-config"
read -ra static_flags < <(pkg-config --static --cflags --libs mica)
gcc -static -o "$place/by-pkg-config-static" "$place/main.c" "${static_flags[@]}"
check "pkg-config --static" "$place/by-pkg-config-static"
gcc -static -o "$place/silent" "$place/silent.c" "${static_flags[@]}"
has_mica "$place/silent"

# Wherever mica stands in the command, and though the linker leaves out what it sees no need for: programs that call malloc, that
# leave that to the C library, and that do neither until their end. What asks them is preloaded, and knows mica's functions.
cat >"$place/ask.c" <<'EOC'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((destructor)) static void ask(void) {
  int (*ours)(const void*) = (int (*)(const void*))dlsym(RTLD_DEFAULT, "mi_is_in_heap_region");
  char *p = malloc(100), *q = strdup("a text");
  puts(ours && (ours(p) & 1) && (ours(q) & 1) ? "on mica" : "on another malloc");
}
EOC
gcc -shared -fPIC -o "$place/ask.so" "$place/ask.c"
echo 'int main(int n, char** v) { return v[n] != 0; }' >"$place/quiet.c"
echo '#include <string.h>
int main(int n, char** v) { return n > 9 ? strdup(v[0])[0] : 0; }' >"$place/copies.c"
for source in silent quiet copies unaware; do
  for linker in bfd gold lld; do
    command -v "ld.$linker" >/dev/null || continue
    gcc "-fuse-ld=$linker" -Wl,--as-needed -o "$place/first" "${flags[@]}" "$place/$source.c"
    gcc "-fuse-ld=$linker" -Wl,--as-needed -o "$place/last" "$place/$source.c" "${flags[@]}"
    for order in first last; do
      asked=$(env "LD_PRELOAD=$place/ask.so" "LD_LIBRARY_PATH=$lib" "$place/$order" | tail -n 1)
      [ "$asked" = "on mica" ] || fail "linked with mica $order by $linker, $source is $asked"
    done
    gcc "-fuse-ld=$linker" -static -o "$place/static" "${static_flags[@]}" "$place/$source.c"
    has_mica "$place/static"
    gcc "-fuse-ld=$linker" -o "$place/static" "$place/$source.c" "$lib/libmica.a" -Wl,--undefined=mi_malloc -pthread
    has_mica "$place/static"
  done
done

# Programs written to the classic pools, as they are.
read -ra flags < <(pkg-config --cflags --libs mica)
for program in nginx_pool mp_pool; do
  gcc -o "$place/$program" "tests/plain/$program.c" -iquote . -I"$(pkg-config --variable=includedir mica)/mica/classic" "${flags[@]}"
  said=$(LD_LIBRARY_PATH=$(pkg-config --variable=libdir mica) "$place/$program") || fail "$program: $said"
  [ "$said" = "$program: ok" ] || fail "$program: $said"
done

# CMake, likewise, C and C++; a version that would not do is refused.
cat >"$place/CMakeLists.txt" <<EOC
cmake_minimum_required(VERSION 3.18)
project(user C CXX)
find_package(mica ${version%.*} REQUIRED)
add_executable(shared main.cc)
target_link_libraries(shared mica::mica)
add_executable(static main.c)
target_link_libraries(static mica::mica_static)
add_executable(silent silent.c)
target_link_libraries(silent mica::mica_static)
add_executable(silent_shared silent.c)
target_link_libraries(silent_shared mica::mica)
target_link_options(silent_shared PRIVATE LINKER:--as-needed)
find_package(mica 99 QUIET)
if(mica_FOUND)
  message(FATAL_ERROR "mica is taken for version 99")
endif()
EOC
spaced="$place/a folder with spaces" # which CMake is to quote
cp -a "$place/moved" "$spaced"
{
  cmake -S "$place" -B "$place/build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++ -DCMAKE_PREFIX_PATH="$spaced" &&
    ninja -C "$place/build"
} >"$place/build.log" 2>&1 || fail "$(cat "$place/build.log")"
check mica::mica "$place/build/shared"
check mica::mica_static "$place/build/static"
has_mica "$place/build/silent"
readelf -d "$place/build/silent_shared" | grep "NEEDED.*\[$soname\]" >/dev/null || fail "mica::mica is left out where --as-needed holds"

# Preloaded.
gcc -o "$place/unaware" "$place/unaware.c"
[ "$("$place/unaware")" = "on another malloc" ] || fail "the program that knows nothing of mica sees it without preloading"
check preloaded env LD_PRELOAD="$lib/libmica.so" "$place/unaware"

# Under mimalloc's name: a program that was linked with a libmimalloc.so.3, and one that is linked by -lmimalloc.
cmake --install "$build" --prefix "$place/moved" --component as-mimalloc >/dev/null
echo "$lib" >"$place/ld.conf"
PATH=$PATH:/sbin ldconfig -f "$place/ld.conf" -C "$place/ld.cache"
known=$(PATH=$PATH:/sbin ldconfig -C "$place/ld.cache" -p)
for name in "$soname" libmimalloc.so.3; do [[ $known = *"$lib/$name"* ]] || fail "ldconfig does not know $name"; done
mkdir "$place/mimalloc"
echo 'int mi_version(void) { return 30403; } int mi_is_in_heap_region(const void* p) { return p == 0; }' |
  gcc -shared -fPIC -Wl,-soname,libmimalloc.so.3 -o "$place/mimalloc/libmimalloc.so" -x c -
ln -s libmimalloc.so "$place/mimalloc/libmimalloc.so.3"
gcc -o "$place/of-mimalloc" "$place/main.c" -I"$place/moved/include" -L"$place/mimalloc" -lmimalloc
! env LD_LIBRARY_PATH="$place/mimalloc" "$place/of-mimalloc" >/dev/null || fail "the stand-in for mimalloc is taken for mica"
check libmimalloc.so.3 env LD_LIBRARY_PATH="$lib" "$place/of-mimalloc"
check "preloaded libmimalloc.so.3" env LD_PRELOAD="$lib/libmimalloc.so.3" "$place/unaware"
gcc -o "$place/by-lmimalloc" "$place/main.c" -I"$place/moved/include" -L"$lib" -lmimalloc
readelf -d "$place/by-lmimalloc" | grep "NEEDED.*\[$soname\]" >/dev/null || fail "-lmimalloc does not lead to $soname"
check -lmimalloc env LD_LIBRARY_PATH="$lib" "$place/by-lmimalloc"
# Both names in one process are one library.
mapped=$(env LD_PRELOAD="$lib/libmica.so $lib/libmimalloc.so.3" grep -cE ' r-xp .*/libm(ica|imalloc)\.so' /proc/self/maps) || true
[ "$mapped" = 1 ] || fail "under both names there are $mapped libraries"
