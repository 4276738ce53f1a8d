#!/usr/bin/env bash
# mica stat and mica where: of quiet programs, whose contents are known, of programs under load, of cores. look.sh [MOMENTS
# [PART...]]: so many looks at programs under load; parts of look.py alone.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
flags=(-std=gnu11 -O1 -g -Wall -fno-builtin -Iinclude)
cc "${flags[@]}" tests/tool/look_known.c -o "$place/look_known" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
cc "${flags[@]}" tests/tool/look_load.c -o "$place/look_load" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
cc "${flags[@]}" -static tests/tool/look_known.c -o "$place/look_known_static" "$build/libmica.a" -pthread && strip "$place/look_known_static" || exit 1
tool=${MICA_TOOL:-$mica} # in bin/ of its build
reader=$(dirname "$(dirname "$tool")")/tool/libmica_reader.a
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE -O1 -g -Wall ${LOOK_FLAGS:-} -I. -Iinclude tests/tool/look_census.c -o "$place/look_census" "$reader" -lelf || exit 1
python3 tests/tool/look.py "$tool" "$build/libmica.so" "$place" "$@" || lines_failed=1
ends
