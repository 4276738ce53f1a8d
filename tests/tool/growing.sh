#!/usr/bin/env bash
# The case of notes/looking-inside.md: what doc/examples/growing.c leaves behind is found from outside, to the line in its source.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$place"' EXIT

source=doc/examples/growing.c
gcc -g -O1 "$source" -o "$place/growing" -lpthread
made=$(grep -n 'malloc(bytes)' "$source" | cut -d: -f1)
called=$(grep -n '= make_page(' "$source" | cut -d: -f1)

"$mica" run "$place/growing" 1000 &
pid=$!
for _ in {1..300}; do # until it runs on mica
  "$mica" profile "$pid" --start 2>"$place/said" && break
  sleep 0.1
done
same "begun" "" "$(cat "$place/said")"

# 20 MiB more than at the first dump: the table of sessions has 7 at most, and chance adds one or two.
"$mica" profile "$pid" --dump -o "$place/first"
for _ in {1..300}; do
  sleep 0.2
  "$mica" profile "$pid" --dump -o "$place/second" && "$mica" report "$place/second" --base "$place/first" --lines >"$place/report"
  grep -qE '^live: .* ([2-9][0-9]|[0-9]{3,})\.[0-9] MiB;' "$place/report" && break
done
like "made there" " +[0-9.]+ MiB +(9[0-9]|10[0-9])\.[0-9]% .*  make_page .*growing\.c:$made" "$(cat "$place/report")"
like "called there" " +0 B .* +(9[0-9]|10[0-9])\.[0-9]% .*  answer .*growing\.c:$called" "$(cat "$place/report")"

"$mica" map "$pid" -o "$place/before.html"
same "two snapshots" "0: " "$(said "$mica" map "$pid" -o "$place/after.html" --base "$place/before.html")"
like "in top" " +$pid .* growing" "$("$mica" top --once)"
ends
