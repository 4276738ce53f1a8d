#!/usr/bin/env bash
# gpp.sh -- g++ compiles work.cpp to an object; nearly all of it is cc1plus, which gets the allocator as the driver does. The
# object must be, to the byte, the one that is compiled once without an allocator preloaded, linked and run.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" g++

compile=(g++ -std=c++17 -O1 -c "$programs/work.cpp" -o "$work/work.o")
[ "$mode" = quick ] || compile+=(-DWHOLE)

# try EXPECTED: the object for comparison, and what it prints when it is run.
try() {
  measure_under "" "${compile[@]}"
  mv "$work/work.o" "$work/expected-$mode.o"
  g++ "$work/expected-$mode.o" -o "$work/tried" || broken "the object cannot be linked"
  "$work/tried" >"$work/output" || broken "the compiled program failed"
  printed "$1"
}

made_once "$(g++ --version) ${compile[*]} $(cat "$programs/work.cpp")" try "$(by_mode '54487 294 803' '13676 42 21')"
rm -f "$work/work.o"
measure "${compile[@]}"
cmp -s "$work/work.o" "$work/expected-$mode.o" || broken "the object differs from what g++ makes without an allocator"
printf '%s\n' "$line"
