#!/usr/bin/env bash
# A program that was built with the released library runs on this one: of the released ABI (abi.xml) no function is gone, and none
# is of another type; structures of the public headers are laid out as they were. Functions may be added.
# usage: tests/house/check_abi.sh [--write]    --write: this library's ABI becomes the released one (with a new SONAME)
set -euo pipefail
cd "$(dirname "$0")/../.."
released=tests/house/abi.xml
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

fail() {
  printf '%s\n' "$*"
  exit 1
}

./build.sh deb >"$place/said.txt" 2>&1 || fail "$(cat "$place/said.txt")"
library=$(readlink -f build/release-deb/libmica.so)
cmake --install build/release-deb --prefix "$place/installed" --component development >/dev/null
abidw --no-architecture --no-corpus-path --no-comp-dir-path --no-elf-needed --no-show-locs --no-parameter-names \
  --exported-interfaces-only --drop-private-types --headers-dir "$place/installed/include" "$library" >"$place/now.xml"
if [ "${1:-}" = --write ]; then
  cp "$place/now.xml" "$released"
  exit
fi

# compatible OLD NEW: programs built with the old one run on the new one.
compatible() {
  abidiff --no-added-syms --suppressions tests/house/abi.suppr "$1" "$2" >"$place/report.txt" 2>&1
}
compatible "$released" "$place/now.xml" || fail "the ABI is another one than the released (a new minor version may have one: --write):" "$(cat "$place/report.txt")"

# The comparison sees a function that is gone, one of another type, and a structure with another layout; a new function may be.
was() { # NAME SED-SCRIPT: the ABI as it is now, but for this
  sed "$2" "$place/now.xml" >"$place/$1.xml"
  ! cmp -s "$place/now.xml" "$place/$1.xml" || fail "$1: nothing was changed"
}
was gone "s/mi_pool_reset/mi_pool_gone/"
was typed "/function-decl name='mi_pool_reset'/,/<\/function-decl>/{/<parameter/d}"
was laid-out "/class-decl name='mi_heap_area_s'/,/<\/class-decl>/s/layout-offset-in-bits='64'/layout-offset-in-bits='72'/"
was grown "/class-decl name='mi_stats_s'/s/size-in-bits='[0-9]*'/size-in-bits='331840'/"
was without "/function-decl name='mi_pool_reset'/,/<\/function-decl>/d; /mi_pool_reset/d"
for name in gone typed laid-out; do
  ! compatible "$place/$name.xml" "$place/now.xml" || fail "abidiff does not see a function or structure that was $name"
done
compatible "$place/grown.xml" "$place/now.xml" || fail "mi_stats_t must not grow: $(cat "$place/report.txt")"
compatible "$place/without.xml" "$place/now.xml" || fail "a new function is taken for a break: $(cat "$place/report.txt")"
