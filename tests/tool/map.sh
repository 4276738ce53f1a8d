#!/usr/bin/env bash
# mica map and mica top: of a program whose contents are known, and of a core of it; of made-up heaps of 10 MiB and of 64 GiB; what
# they say of what cannot be looked at. tests/tool/more/drawn.sh looks at the map as a browser draws it.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
mica=${MICA_TOOL:-$mica}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
cc -std=gnu11 -O1 -g -Wall -fno-builtin -Iinclude tests/tool/map_known.c -o "$place/map_known" "$build/libmica.so" -Wl,-rpath,"$build" \
  -pthread || exit 1
python3 -B tests/tool/map.py "$mica" "$place" || lines_failed=1

# ---- made-up heaps ----
for mib in 10 3000 65536; do
  wanted=$("$build/tests/mica-map-synthetic" $mib 2>&1 >"$place/made.html")
  found=$(tests/tool/map_read.py "$place/made.html" | python3 -c '
import json, sys
s = json.load(sys.stdin)
print("pages={pages} counted={counted} paged={paged} dirty={dirty}".format(**s["sums"]))')
  same "a heap of $mib MiB: sums" "$wanted" "$found"
  same "a heap of $mib MiB: at most 20 MiB" "" "$(find "$place/made.html" -size +20M)"
done

# ---- what cannot be looked at ----
like "map: no process" "1: mica map: .*999999999.*" "$(said "$mica" map 999999999)"
like "map: no core" "1: mica map: .*" "$(said "$mica" map "$place/made.html" -o "$place/absent.html")"
same "map: no file of it" "" "$(ls "$place" | grep absent)"
same "map: nothing to look at" "2: mica map: one process or core is needed (mica help map)" "$(said "$mica" map)"
same "map: two of them" "2: mica map: one process or core is needed (mica help map)" "$(said "$mica" map 1 2)"
same "map: no such option" "2: mica map: no option --bass (mica help map)" "$(said "$mica" map 1 --bass x)"
same "map: a bad number" "2: mica map: --blocks takes a number of pages up to 1048576, not '-3' (mica help map)" "$(said "$mica" map 1 --blocks -3)"
same "map: no earlier map" "1: mica map: $place/absent.html: No such file or directory" "$(said "$mica" map 1 --base "$place/absent.html")"
same "map: an earlier map that is none" "1: mica map: $0: it is no map that this command wrote" "$(said "$mica" map 1 --base "$0")"
# Cut, and with a byte changed: at the beginning, in the middle and at the end of the packed part.
head -c 60000 "$place/made.html" >"$place/cut.html"
same "map: an earlier map that is cut" "1: mica map: $place/cut.html: it is no map that this command wrote" \
  "$(said "$mica" map 1 --base "$place/cut.html")"
"$build/tests/mica-map-synthetic" 10 >"$place/made.html" 2>/dev/null
python3 - "$place" <<'PYTHON'
import sys
text = open(sys.argv[1] + "/made.html", "rb").read()
at = text.index(b'id="now">') + 9
end = text.index(b"</script>", at)
for name, place in (("first", at + 4), ("middle", (at + end) // 2), ("last", end - 3)):
    for byte in (b"!", b"A" if text[place:place + 1] != b"A" else b"B"):
        open(f"{sys.argv[1]}/bad-{name}-{byte[0]}.html", "wb").write(text[:place] + byte + text[place + 1:])
PYTHON
for bad in "$place"/bad-*.html; do
  same "map: an earlier map with a byte changed: $(basename "$bad" .html)" "1: mica map: $bad: it is no map that this command wrote" \
    "$(said "$mica" map 1 --base "$bad")"
done
same "top: no process" "2: mica top: 'x' is no process (mica help top)" "$(said "$mica" top x)"
same "top: two of them" "2: mica top: one process at most, not '2' too (mica help top)" "$(said "$mica" top 1 2)"
same "top: a bad interval" "2: mica top: --interval takes 0.1 to 3600 seconds, not '0' (mica help top)" "$(said "$mica" top --interval 0)"
same "top: no interval" "2: mica top: --interval needs a value (mica help top)" "$(said "$mica" top --interval)"
like "top: a process that is not there" "1: mica top: .*999999999.*" "$(said "$mica" top 999999999)"
like "top: a process without mica" "1: mica top: .*$$.*" "$(said "$mica" top $$)"
ends
