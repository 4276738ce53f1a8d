#!/usr/bin/env bash
# mica stat, where and map of programs at random moments, and of cores of them (moments.py). moments.sh [MOMENTS [SECONDS]]: so
# many moments, and cores for so long; the stress programs are those of the build.
set -uo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
flags=(-O1 -g -Wall -I. -Iinclude)
cc -std=gnu11 "${flags[@]}" -fno-builtin tests/tool/look_load.c -o "$place/look_load" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
cc -std=c11 -D_GNU_SOURCE "${flags[@]}" tests/tool/look_census.c -o "$place/look_census" "$build/tool/libmica_reader.a" -lelf || exit 1
python3 -B tests/tool/more/moments.py "$mica" "$build/libmica.so" "$build/tests/plain" "$place" "$@" || lines_failed=1
ends
