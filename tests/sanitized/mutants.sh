#!/usr/bin/env bash
# ThreadSanitizer's own proof that it can fail: stress_handoff with one memory order of the product made relaxed must report a
# data race, and as it is must not.
# usage: tests/sanitized/mutants.sh BUILD [SCALE]    BUILD: build/tsan-gcc or build/tsan-clang. Prints PASS or FAIL lines;
# the exit status is the number of failures.
#
# Not here: the orders of the hint bits (DIR_MO_*). They order no data, as whoever finds a bit takes the page by its word; the
# models check them.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
scale=${2:-10}
orders="PW_MO_PUSH PW_MO_COLLECT PW_MO_ABANDON PW_MO_RECLAIM PW_MO_EMPTY"
cc=${build##*-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the orders are compiled into, and the objects of the build that are none of these.
mapfile -t files < <(cd "$top" && grep -lE '\bpw_[a-z_]+\(' {observe,block,page,segment,profile,heap,heap/first_class,stats,pool,api}/*.c)
mapfile -t objects < <(find "$build/CMakeFiles/mica_objects.dir" -name '*.o')
for file in "${files[@]}"; do
  for i in "${!objects[@]}"; do
    case "${objects[i]}" in */mica_objects.dir/"$file.o") unset "objects[i]" ;; esac
  done
done

# compile NAME OPTION...: the product with these files compiled anew, and the test, in one program.
compile() {
  local program=$work/$1 file anew=()
  shift
  for file in "${files[@]}" tests/plain/stress_handoff.c; do
    anew+=("$program.${file//\//-}.o")
    "$cc" -std=c11 -D_GNU_SOURCE=1 -DNDEBUG -I"$top" -I"$top/include" -include "$build/renamed.h" -O1 -g -fno-builtin \
      -fsanitize=thread -ftls-model=initial-exec "$@" -c "$top/$file" -o "${anew[-1]}" || return 1
  done >"$program.log" 2>&1
  "$cc" -fsanitize=thread "${anew[@]}" "${objects[@]}" -o "$program" -lpthread -lstdc++ >>"$program.log" 2>&1
}

# judge NAME EXPECTED: runs the program of that name; EXPECTED is "silent" or "race".
judge() {
  local name=$1 expected=$2 found=silent status=0
  "$top/tests/sanitized/run.sh" "$build" timeout 1800 "$work/$name" 1 "$scale" >"$work/$name.log" 2>&1 </dev/null || status=$?
  if grep -q 'ThreadSanitizer: data race' "$work/$name.log"; then found=race; elif [ $status -ne 0 ]; then found="status $status"; fi
  if [ "$found" = "$expected" ]; then
    echo "PASS $name: $found"
  else
    tail -n 20 "$work/$name.log"
    echo "FAIL $name: $found, not $expected"
    failures=$((failures + 1))
  fi
}

failures=0
for order in none $orders; do
  options=()
  [ "$order" = none ] || options=("-D$order=memory_order_relaxed")
  if ! compile "$order" "${options[@]}"; then
    head -n 5 "$work/$order.log"
    echo "FAIL $order: does not compile"
    failures=$((failures + 1))
  elif [ "$order" = none ]; then
    judge "$order" silent
  else
    judge "$order" race
  fi
done
exit $failures
