#!/usr/bin/env bash
# mimalloc40: a program written to mimalloc, compiled unchanged against mica's headers and linked to mica, says what it must. Where
# mimalloc's own header is installed it is compiled against that, too: so it is a program of mimalloc's.
#
# MICA_LIBRARY: the library to link to; given by ./build.sh test.
set -euo pipefail

: "${MICA_LIBRARY:?the library to link to}"
export -n MICA_LIBRARY MICA_BUILD # they are not for what runs here
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
compiler=("${CC:-gcc}" -std=c11 -Wall -Wextra -Werror -O1 -g)

"${compiler[@]}" "-I$top/include" -c "$here/mimalloc40.c" -o "$place/mimalloc40.o"
functions=$(nm -u "$place/mimalloc40.o" | grep -c ' mi_')
if [ "$functions" -lt 40 ]; then
  echo "only $functions of mimalloc's functions are used"
  exit 1
fi
"${compiler[@]}" "$place/mimalloc40.o" -o "$place/mimalloc40" "$MICA_LIBRARY" "-Wl,-rpath,$(dirname "$MICA_LIBRARY")"
status=0
"$place/mimalloc40" >"$place/said" || status=$?
diff "$here/mimalloc40.expected" "$place/said"
[ "$status" -eq 0 ] || { echo "exit status $status" && exit 1; }

for folder in /usr/include /usr/include/mimalloc-*; do
  if [ -e "$folder/mimalloc.h" ] && ! grep -q mica "$folder/mimalloc.h"; then
    "${compiler[@]}" "-I$folder" -fsyntax-only "$here/mimalloc40.c"
  fi
done
echo "$functions functions"
