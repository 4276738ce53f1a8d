#!/usr/bin/env bash
# The page of mica map in a browser, chromium: that it draws heaps of 10 MiB and 64 GiB, a program's, and one against an earlier one;
# that its sums are the columns'; keys, pointer, search. drawn.js is put at the end of the page and says a line for each check.
# drawn.sh [FOLDER]: pictures go there.
set -uo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
pictures=${1:-}
browser=(timeout 120 "$(command -v chromium || command -v chromium-browser || echo chromium)" --headless=new --no-sandbox --disable-gpu
  --hide-scrollbars --window-size=1400,900 --user-data-dir="$place/profile")

# looked NAME PAGE: what drawn.js says of it, and the page's own sums against those of map_read.py.
looked() {
  local dom name=$1 page=$2 text line
  { cat "$page" && echo '<script>' && cat tests/tool/more/drawn.js && echo '</script>'; } >"$place/looked.html"
  dom=$("${browser[@]}" --virtual-time-budget=60000 --dump-dom "file://$place/looked.html" 2>/dev/null)
  text=$(grep -o '<pre id="lines">[^<]*' <<<"$(tr '\n' '\001' <<<"$dom")" | tr '\001' '\n' | sed 's/<pre id="lines">//')
  while IFS= read -r line; do
    case "$line" in
    "PASS "*) pass "$name: ${line#PASS }" ;;
    ?*) fails "$name: ${line#FAIL }" ;;
    esac
  done <<<"$text"
  like "$name: every check was made" "PASS the end" "$text"
  wanted=$(tests/tool/map_read.py "$page" | python3 -c '
import json, sys
s = json.load(sys.stdin)["sums"]
print(*(f"data-{k}=\"{s[k]}\"" for k in ("pages", "slices", "used", "paged", "dirty", "waiting")), end=" ")
print("data-blocks=\"" + " ".join(str(n) for n in s["blocks"].values()) + "\"")')
  same "$name: the sums that it shows" "$wanted" "$(grep -o '<body[^>]*>' <<<"$dom" |
    grep -oE 'data-(pages|slices|used|paged|dirty|waiting|blocks)="[0-9 ]*"' | tr '\n' ' ' | sed 's/ $//')"
  [ -z "$pictures" ] || "${browser[@]}" --virtual-time-budget=20000 --screenshot="$pictures/${name// /-}.png" "file://$page" 2>/dev/null
}

made=$build/tests/mica-map-synthetic
"$made" 10 >"$place/10.html" 2>/dev/null
"$made" 10 3 "$place/10.html" >"$place/changed.html" 2>/dev/null
"$made" 65536 >"$place/64g.html" 2>/dev/null
cc -std=gnu11 -O1 -fno-builtin -Iinclude tests/tool/map_known.c -o "$place/map_known" "$build/libmica.so" -Wl,-rpath,"$build" -pthread || exit 1
coproc known { exec "$place/map_known"; }
read -r _ <&"${known[0]}"
"$mica" map "$known_PID" -o "$place/known.html" || lines_failed=1
echo >&"${known[1]}"
read -r _ <&"${known[0]}"
"$mica" map "$known_PID" -o "$place/later.html" --base "$place/known.html" || lines_failed=1
looked "10 MiB" "$place/10.html"
looked "two snapshots" "$place/changed.html"
looked "64 GiB" "$place/64g.html"
looked "a program" "$place/known.html"
looked "a program later" "$place/later.html"
# A heap without any memory.
"$made" 0 >"$place/0.html" 2>/dev/null
echo '<script>addEventListener("load", () => setTimeout(() => { for (const key of ["ArrowDown", "+", "0", "2"]) $("map").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })); document.body.dataset.keys = app.way; }, 1000));</script>' >>"$place/0.html"
like "an empty heap" '.*data-drawn="yes" data-pages="0".* data-keys="thread">' \
  "$("${browser[@]}" --virtual-time-budget=20000 --dump-dom "file://$place/0.html" 2>/dev/null | grep -o '<body[^>]*>')"
# A page whose snapshot is damaged says so.
sed 's/\(id="now">....................\)./\1!/' "$place/10.html" >"$place/bad.html"
like "a damaged snapshot: the page says so" '.*data-drawn="no".*' \
  "$("${browser[@]}" --virtual-time-budget=20000 --dump-dom "file://$place/bad.html" 2>/dev/null | grep -o '<body[^>]*>')"
ends
