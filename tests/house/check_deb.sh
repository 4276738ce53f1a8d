#!/usr/bin/env bash
# The Debian packages: their control fields, and that a program can be built and run by what they hold.
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
packages=(build/release-deb/packages/*.deb)
[ ${#packages[@]} -eq 2 ] || fail "two packages were expected: ${packages[*]}"
runtime=build/release-deb/packages/libmica${number}_$version-1_$(dpkg --print-architecture).deb
development=build/release-deb/packages/libmica-dev_$version-1_$(dpkg --print-architecture).deb

# field PACKAGE NAME PATTERN: the control field is so.
field() {
  local value
  value=$(dpkg-deb -f "$1" "$2")
  [[ $value =~ ^($3)$ ]] || fail "$(basename "$1"): $2 is '$value', not '$3'"
}
for package in "$runtime" "$development"; do
  dpkg --info "$package" >/dev/null || fail "no package: $package"
  field "$package" Version "$version-1"
  field "$package" Architecture "$(dpkg --print-architecture)"
  field "$package" Maintainer '.+ <.+@.+>'
  field "$package" Description 'malloc replacement.*'
  dpkg -x "$package" "$place/root"
done
field "$runtime" Package "libmica$number"
field "$runtime" Section libs
field "$runtime" Depends 'libc6 \(>= [0-9.]+\)' # and nothing else
field "$development" Package libmica-dev
field "$development" Section libdevel
field "$development" Depends "libmica$number \(= $version-1\), libc6-dev"
field "$development" Conflicts libmimalloc-dev
dpkg-deb -I "$runtime" triggers | grep -x 'activate-noawait ldconfig' >/dev/null || fail "ldconfig is not triggered"
dpkg-deb -I "$runtime" shlibs | grep -x "libmica $number libmica$number (>= $version)" >/dev/null || fail "shlibs is wrong"

# Where Debian wants things; what a program needs to run is in the one package, and no more.
lib=$place/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
readelf -d "$lib/libmica.so.$number" | grep "SONAME.*\[libmica.so.$number\]" >/dev/null || fail "the SONAME is not libmica.so.$number"
! dpkg -c "$runtime" | grep -E '/include/|\.a$|libmica\.so( |$)|/man' || fail "that belongs to libmica-dev"
for name in "libmica$number" libmica-dev; do [ -s "$place/root/usr/share/doc/$name/copyright" ] || fail "$name: no licence"; done
gzip -dc "$place/root/usr/share/man/man3/mica.3.gz" | cmp - doc/mica.3

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
