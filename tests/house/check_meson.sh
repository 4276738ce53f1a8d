#!/usr/bin/env bash
# doc/using.md's examples for Meson: an installed mica is found by pkg-config, and mica's sources can be a subproject.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${MICA_BUILD:-$PWD/build/release}
export -n MICA_BUILD MICA_LIBRARY # they are not for what runs here
top=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# shellcheck source=tests/house/using.bash
. tests/house/using.bash
command -v meson >/dev/null || { echo "left out: there is no meson" && exit 0; }

program "$place/installed"
example "Meson: an installed mica" >"$place/installed/meson.build"
cmake --install "$build" --prefix "$place/prefix" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$place/prefix" -name mica.pc)")
export PKG_CONFIG_PATH
quietly meson setup "$place/installed/build" "$place/installed"
quietly ninja -C "$place/installed/build"
on_mica "$place/installed/build/program"
on_mica "$place/installed/build/program-static"

program "$place/sub"
example "Meson: as a subproject" >"$place/sub/meson.build"
mkdir "$place/sub/subprojects"
ln -s "$top" "$place/sub/subprojects/mica"
quietly meson setup "$place/sub/build" "$place/sub"
quietly ninja -C "$place/sub/build"
on_mica "$place/sub/build/program"
