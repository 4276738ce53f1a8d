#!/bin/sh
# Checks page/page_word.h, the file that the library is built from, under Relacy: every situation of page_word_model.h on
# random schedules, stale reads included; then with one memory order weakened at a time, which must be caught.
# usage: tests/model/run.sh [LIBRARY]    LIBRARY is not looked at. Prints PASS or FAIL lines; returns the failures' number.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
schedules=${MODEL_SCHEDULES:-100000}
export here root work schedules

# one NAME SITUATION EXPECTED FLAGS...: compiles and runs one search; EXPECTED is "holds" or "caught".
cat >"$work/one" <<'ONE'
name=$1 situation=$2 expected=$3
shift 3
if ! g++ -std=c++17 -O2 -fno-sized-deallocation -I"$root/page" -I"$here" -DCONFIG="$situation" "$@" \
  "$here/page_word_relacy.cpp" -o "$work/$name" >"$work/$name.log" 2>&1; then
  echo "FAIL model/$name does not compile: $(head -1 "$work/$name.log")"
elif timeout 300 "$work/$name" "$schedules" >"$work/$name.log" 2>&1; then
  [ "$expected" = holds ] && echo "PASS model/$name holds on $schedules schedules" || echo "FAIL model/$name was not caught"
elif [ $? -eq 124 ]; then
  echo "FAIL model/$name did not end in time"
else
  [ "$expected" = caught ] && echo "PASS model/$name caught" || echo "FAIL model/$name: $(grep -m1 -vE '^page_word_test|^$' "$work/$name.log")"
fi
ONE

{
  for situation in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo "situation-$situation $situation holds"; done
  for order in PUSH:6 COLLECT:6 DETACH:9 TAKE:9 EMPTY:9 OFFER:10 SEEK:10 TELL:6 HEAR:6; do
    echo "mutant-${order%:*}-relaxed ${order#*:} caught -DPW_MO_${order%:*}=memory_order_relaxed"
  done
} | xargs -P 2 -L 1 sh "$work/one" | tee "$work/lines"
exit "$(grep -vc '^PASS' "$work/lines")"
