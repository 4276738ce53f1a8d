#!/usr/bin/env bash
# The Debian packages: their control fields, their list of symbols, the debug information, and that a program can be built and
# run by what they hold.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

fail() {
  printf '%s\n' "$*"
  exit 1
}

./build.sh deb 2>"$place/said.txt" || fail "$(cat "$place/said.txt")"
version=$(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"/\1/p' include/mica/base.h)
number=$(sed -n 's/^libmica \([0-9.]*\) .*/\1/p' build/release-deb/control/shlibs)
packages=(build/release-deb/packages/*.*deb)
[ ${#packages[@]} -eq 5 ] || fail "five packages were expected: ${packages[*]}"
debug=build/release-deb/packages/libmica$number-dbgsym_$version-1_$(dpkg --print-architecture).ddeb
runtime=build/release-deb/packages/libmica${number}_$version-1_$(dpkg --print-architecture).deb
development=build/release-deb/packages/libmica-dev_$version-1_$(dpkg --print-architecture).deb
tools=build/release-deb/packages/libmica-tools_$version-1_$(dpkg --print-architecture).deb

# field PACKAGE NAME PATTERN: the control field is so.
field() {
  local value
  value=$(dpkg-deb -f "$1" "$2")
  [[ $value =~ ^($3)$ ]] || fail "$(basename "$1"): $2 is '$value', not '$3'"
}
for package in "$runtime" "$development" "$debug" "$tools"; do
  dpkg --info "$package" >/dev/null || fail "no package: $package"
  field "$package" Version "$version-1"
  field "$package" Architecture "$(dpkg --print-architecture)"
  field "$package" Maintainer '.+ <.+@.+>'
  field "$package" Description '(malloc replacement|debug symbols).*'
  dpkg -x "$package" "$place/root"
done
field "$runtime" Package "libmica$number"
field "$runtime" Section libs
field "$runtime" Depends 'libc6 \(>= [0-9.]+\)' # and nothing else
field "$development" Package libmica-dev
field "$development" Section libdevel
field "$development" Depends "libmica$number \(= $version-1\), libc6-dev"
field "$development" Conflicts libmimalloc-dev
field "$debug" Package "libmica$number-dbgsym"
field "$debug" Depends "libmica$number \(= $version-1\)"
field "$tools" Package libmica-tools
field "$tools" Section devel
field "$tools" Depends "libmica$number \\(= $version-1\\), .*libelf1.*"
field "$tools" Recommends 'python3, binutils'
dpkg-deb -I "$runtime" triggers | grep -x 'activate-noawait ldconfig' >/dev/null || fail "ldconfig is not triggered"
dpkg-deb -I "$runtime" shlibs | grep -x "libmica $number libmica$number (>= $version)" >/dev/null || fail "shlibs is wrong"

# Where Debian wants things; what a program needs to run is in the one package, and no more.
lib=$place/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
readelf -d "$lib/libmica.so.$number" | grep "SONAME.*\[libmica.so.$number\]" >/dev/null || fail "the SONAME is not libmica.so.$number"
! dpkg -c "$runtime" | grep -E '/include/|\.a$|libmica\.so( |$)|/man' || fail "that belongs to libmica-dev"
[ -s "$place/root/usr/share/gdb/auto-load/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)/libmica.so.$version-gdb.py" ] || fail "gdb does not find its commands"
[ "$("$place/root/usr/bin/mica" run printenv MICA_DEEPBIND)" = ignore ] || fail "the command mica does not run a program"
for name in "libmica$number" libmica-dev libmica-tools; do [ -s "$place/root/usr/share/doc/$name/copyright" ] || fail "$name: no licence"; done
gzip -dc "$place/root/usr/share/man/man3/mica.3.gz" | cmp - doc/mica.3
gzip -dc "$place/root/usr/share/man/man1/mica.1.gz" | cmp - doc/mica.1

# Every symbol of the library is listed with the version that brought it, and none that is listed is missing.
symbols() { # LIST: dpkg-gensymbols' word on the library that is packaged
  (mkdir -p "$place/source/debian" && cd "$place/source" && printf 'Source: mica\n\nPackage: libmica%s\nArchitecture: any\n' "$number" >debian/control &&
    dpkg-gensymbols -c4 -q -P"$place/root" -p"libmica$number" -v"$version-1" -e"$lib/libmica.so.$number" -I"$1" -O"$place/symbols.found")
}
dpkg-deb -I "$runtime" symbols >"$place/symbols"
symbols "$place/symbols" >"$place/said.txt" 2>&1 || fail "cmake/libmica.symbols.in is not what the library has:" "$(cat "$place/said.txt")"
{ cat "$place/symbols" && echo " mi_seed@Base 0.2.0"; } >"$place/symbols.gone"
! symbols "$place/symbols.gone" >/dev/null 2>&1 || fail "a symbol that is gone is not seen"
sed '/ mi_malloc@/d' "$place/symbols" >"$place/symbols.new"
! symbols "$place/symbols.new" >/dev/null 2>&1 || fail "a symbol that is not listed is not seen"

# The debug information is that of the library, and knows functions that the library hides; libmica.a has none.
id=$(readelf -n "$lib/libmica.so.$number" | sed -n 's/.*Build ID: //p')
information=$place/root/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug
nm "$information" | grep ' t mica_' >/dev/null || fail "the debug information has no hidden function"
readelf -SW "$information" | grep ' \.debug_info ' >/dev/null || fail "the debug information is none"
! readelf -SW "$lib/libmica.so.$number" "$lib/libmica.a" | grep ' \.debug_' || fail "that belongs to libmica$number-dbgsym"

cat >"$place/main.c" <<'EOC'
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  void* p = malloc(1000);
  if (!mi_is_in_heap_region(p) || mi_version() != MI_MALLOC_VERSION) return 1;
  free(p);
  puts("on mica");
  return 0;
}
EOC
export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
read -ra flags < <(pkg-config --cflags --libs mica)
gcc -o "$place/program" "$place/main.c" "${flags[@]}"
[ "$(LD_LIBRARY_PATH=$lib "$place/program")" = "on mica" ] || fail "a program built with the packages is not on mica"
