#!/usr/bin/env bash
# The product is free of clang's warnings, too, in both variants; gcc's are errors in the build itself.
# usage: check_clang.sh [ROOT [FOLDER...]]    FOLDER: of the product; all of them if none is named
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
mapfile -t sources < <(find base observe block page segment profile heap stats pool api tool -name '*.c')
[ $# -lt 2 ] || mapfile -t sources < <(find "${@:2}" -name '*.c')
[ ${#sources[@]} -gt 0 ] || { echo "nothing to compile"; exit 1; }
# Paths that the build hands to the command.
tool=('-DMICA_TOOL_LIBDIR="x"' '-DMICA_TOOL_LIBEXECDIR="x"' '-DMICA_TOOL_SONAME="x"' '-DMICA_TOOL_SOVERSION="x"')
for variant in -DNDEBUG -DMICA_DEBUG; do
  clang -std=c11 -fsyntax-only -D_GNU_SOURCE=1 $variant "${tool[@]}" -I. -Iinclude -fPIC -fvisibility=hidden -fno-builtin \
    -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Werror "${sources[@]}"
done
