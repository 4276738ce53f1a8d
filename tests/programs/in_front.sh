#!/usr/bin/env bash
# in_front: somebody else's malloc stands in front of mica: a program's own, a wrapper, heaptrack, the C library's
# libc_malloc_debug.so. Each sees every block that it is given back (api/front.h); each function that mica exports is held to it.
# And a program's own operators: a program that replaces the plain ones has all forms made of them (api/operators.h).
#
# MICA_LIBRARY: the library to preload; given by ./build.sh test.
set -euo pipefail

: "${MICA_LIBRARY:?the library to preload}"
export -n MICA_LIBRARY MICA_BUILD # they are not for what runs here
top=$(cd "$(dirname "$0")/../.." && pwd)
front=$top/tests/front
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export LC_ALL=C

fail() {
  printf '%s\n' "$*"
  exit 1
}

# says EXPECTED COMMAND...: what it prints, and that it ends well.
says() {
  local said status=0
  said=$("${@:2}" 2>"$place/stderr") || status=$?
  [ "$said" = "$1" ] && [ $status -eq 0 ] || fail "${*:2}: exit status $status: $said" "$(tail -n 20 "$place/stderr")"
}

flags=(-O1 -fno-builtin -Wall -Wextra -Werror)
"${CXX:-g++}" -std=c++17 "${flags[@]}" -o "$place/own_family" "$front/own_family.cc"
"${CXX:-g++}" -std=c++17 "${flags[@]}" -DFOUR -o "$place/own_four" "$front/own_family.cc"
"${CXX:-g++}" -std=c++17 "${flags[@]}" -pthread -o "$place/client" "$front/client.cc"
"${CC:-gcc}" "${flags[@]}" -shared -fPIC -o "$place/wrapper.so" "$front/wrapper.c"

# A program's own: a case for each function that is exported, mica's own namespace excepted.
LD_PRELOAD=$MICA_LIBRARY "$place/own_family" "$MICA_LIBRARY" >"$place/held" 2>"$place/stderr" ||
  fail "own_family: $(tail -n 1 "$place/held")"
nm -D --defined-only "$MICA_LIBRARY" | awk '{ print $3 }' | grep -vE '^(mi|mica)_' | sort -u >"$place/exported"
grep -v '^#' "$place/held" | sort -u | diff "$place/exported" - ||
  fail "these are exported without a case in tests/front/own_family.cc (<), or have a case and are not exported (>)"
LD_PRELOAD=$MICA_LIBRARY "$place/own_four" "$MICA_LIBRARY" >"$place/held" 2>"$place/stderr" || fail "own_four: $(tail -n 1 "$place/held")"

# A program's own operators, preloaded and linked with libmica.a.
for form in NEW NEW_ARRAY NEW_ALIGNED NEW_ARRAY_ALIGNED; do
  "${CXX:-g++}" -std=c++17 "${flags[@]}" -Wno-sized-deallocation "-D$form" -o "$place/own_operators" "$front/own_operators.cc"
  says ok env LD_PRELOAD="$MICA_LIBRARY" "$place/own_operators" mica
  says ok "$place/own_operators" any
  if [ -e "${MICA_LIBRARY%.so}.a" ]; then
    "${CXX:-g++}" -std=c++17 "${flags[@]}" -Wno-sized-deallocation "-D$form" -o "$place/own_operators" "$front/own_operators.cc" "${MICA_LIBRARY%.so}.a" \
      -Wl,--undefined=mi_malloc -pthread -ldl
    says ok "$place/own_operators" mica
  fi
done

# A library that is preloaded before mica, and one behind it, which nobody calls.
says ok "$place/client"
says ok env LD_PRELOAD="$place/wrapper.so:$MICA_LIBRARY" "$place/client" made
status=0
LD_PRELOAD="$MICA_LIBRARY:$place/wrapper.so" "$place/client" made >"$place/said" || status=$?
[ $status -eq 1 ] && grep -q "not seen all" "$place/said" || fail "the wrapper counts blocks though mica is in front of it"

# The C library's checking malloc, with its checks off and on.
for tunable in glibc.malloc.check=0 glibc.malloc.check=3; do
  says ok env GLIBC_TUNABLES="$tunable" LD_PRELOAD="libc_malloc_debug.so.0:$MICA_LIBRARY" "$place/client"
done

# heaptrack counts as many blocks with mica behind it as without, but for a few that mica's start makes the C library ask for.
if command -v heaptrack >/dev/null; then
  calls() { # OUTPUT COMMAND...: how many blocks were made, and how many of them were not given back
    heaptrack -o "$place/$1" "${@:2}" >"$place/said" 2>&1 </dev/null || fail "heaptrack: $(cat "$place/said")"
    sed -n 's/^[[:space:]]*\(leaked \)\{0,1\}allocations:[[:space:]]*//p' "$place/said" | tr '\n' ' '
  }
  read -r made leaked <<<"$(calls without "$place/client")"
  read -r made_with leaked_with <<<"$(LD_PRELOAD=$MICA_LIBRARY calls with "$place/client")"
  [ "${made:-0}" -ge 14000 ] || fail "heaptrack says: $(cat "$place/said")"
  [ "$made_with" -ge "$made" ] && [ "$made_with" -le $((made + 9)) ] && [ "$leaked_with" -le $((leaked + 9)) ] ||
    fail "heaptrack sees $made_with blocks and $leaked_with left with mica, $made and $leaked without"
else
  echo "no heaptrack here: left out" >&2
fi
