#!/usr/bin/env bash
# Profiles of a program that allocates known amounts in known places (tests/profile/places.c), as google-pprof, jeprof, protoc and
# mica report read them: functions, lines and sums, to the byte.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
library=${MICA_LIBRARY:-${MICA_BUILD:-$PWD/build/release}/libmica.so}
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
source=$PWD/tests/profile/places.c
gcc -std=gnu11 -g -O1 -pthread -o "$place/places" "$source" || exit 1
gcc -std=gnu11 -g -O1 -shared -fPIC -o "$place/plugin.so" tests/profile/plugin.c || exit 1
line() { grep -n "/\* line: $1 \*/" "$source" | cut -d: -f1; }

# profile FILE SETTINGS [COMMAND...]: one of the program's.
profile() {
  local file=$1 settings=$2
  shift 2
  [ $# -gt 0 ] || set -- "$place/places"
  timeout 120 env MICA_PROFILE="$file$settings" LD_PRELOAD="$library" "$@"
}

# ---- exact sums: every allocation a sample ----
profile "$place/a" ,every=1
profile "$place/b" ,every=1
# small 1000 * 100, large 4 * 1 MiB, in line 50 * 200, thread 300 * 40, deep 1 * 5000; dropped 500 * 3000
live=$((100000 + 4 * 1048576 + 10000 + 12000 + 5000))
# The C library's own (a thread's) beside them: what lies in no function of the program's source.
folded=$("$mica" report --folded "$place/a")
ours() { awk -v name="$1" '{ if ($0 ~ "(^|;)" name "(;| )") sum += $NF } END { print sum + 0 }' <<<"$2"; }
same "keep_small" 100000 "$(ours keep_small "$folded")"
same "keep_large" 4194304 "$(ours keep_large "$folded")"
same "keep_in_line" 10000 "$(ours 'keep_in_line;take_in_line' "$folded")"
same "in_thread" 12000 "$(ours in_thread "$folded")"
same "deep" 5000 "$(ours deep "$folded")"
same "drop_some lives no more" 0 "$(ours drop_some "$folded")"
allocated=$("$mica" report --folded --allocated "$place/a")
same "drop_some was allocated" 1500000 "$(ours drop_some "$allocated")"
same "64 frames, the innermost" "$(printf 'deep;%.0s' {1..63})take 5000" "$(grep ';deep;' <<<"$folded")"
same "no frame of mica's" "" "$(sed 's/allocate_dtv;calloc/ld.so/' <<<"$folded" | grep -E 'mica|mi_malloc|;malloc|;calloc')"
head=$(sed -n '1s/^heap profile: [0-9]*: \([0-9]*\) .*/\1/p' "$place/a")
same "the head is the sum of all" "$head" "$(awk '{ sum += $NF } END { print sum }' <<<"$folded")"
same "and little more than the program's" "yes" "$([ "$head" -ge $live ] && [ "$head" -lt $((live + 4096)) ] && echo yes)"

# ---- the table ----
table=$("$mica" report "$place/a")
like "the table: itself" " *114\.3 KiB .* 1,301 +.*  take" "$table"
like "the table: and below" " *0 B .* 0 +97\.7 KiB .* 1,000  keep_small" "$table"
like "the table: largest first" " *4\.0 MiB +9[0-9]\.[0-9]% +4 +4\.0 MiB .*  keep_large" "$(sed -n 4p <<<"$table")"
like "the table: a recursion counts once" " *0 B .* 0 +4\.9 KiB .* 1  deep" "$table"
like "lines" ".* take $source:$(line take)" "$("$mica" report --lines "$place/a")"
like "lines of callers" ".* keep_small $source:$(line keep_small)" "$("$mica" report --lines "$place/a")"
like "lines of what is in line" ".* take_in_line $source:$(line take_in_line)" "$("$mica" report --lines "$place/a")"
same "two files are added" "$((2 * head))" "$("$mica" report --folded "$place/a" "$place/b" | awk '{ sum += $NF } END { print sum }')"

# ---- growth ----
like "no growth" "live: \+0 blocks, 0 B; allocated so far: \+0 blocks, 0 B" "$("$mica" report --base "$place/a" "$place/b" | head -1)"
profile "$place/c" ,every=1 "$place/places" "$place/plugin.so"
growth=$("$mica" report --base "$place/a" "$place/c" --folded)
same "growth: what the library has, whose code is closed" 14000 "$(awk '/(^|;)0x[0-9a-f]+ [0-9]+$/ { sum += $NF } END { print sum + 0 }' <<<"$growth")"
same "growth: nothing else" "" "$(grep keep_ <<<"$growth")"

# ---- google-pprof and jeprof ----
for reader in google-pprof jeprof; do
  text=$("$reader" --text --show_bytes --lines "$place/places" "$place/a" 2>/dev/null)
  like "$reader: the sum" "Total: $head B" "$text"
  like "$reader: a function and its line" " *4194304 +[0-9.]+% +[0-9.]+% +4194304 +[0-9.]+% keep_large .*places.c:$(line keep_large)( .*)?" "$text"
  like "$reader: a caller" " *0 +0.0% +[0-9.]+% +100000 +[0-9.]+% keep_small .*places.c:$(line keep_small)( .*)?" "$text"
  like "$reader: what was allocated" " *0 +0.0% +[0-9.]+% +1500000 +[0-9.]+% drop_some" \
    "$("$reader" --text --show_bytes --alloc_space "$place/places" "$place/a" 2>/dev/null)"
done
# Weights are applied in the file, so no reader scales again.
profile "$place/sampled" ,every=2K
sum=$(sed -n '1s/^heap profile: [0-9]*: \([0-9]*\) .*/\1/p' "$place/sampled")
for reader in google-pprof jeprof; do
  like "$reader: a sampled sum" "Total: $sum B" "$("$reader" --text --show_bytes "$place/places" "$place/sampled" 2>/dev/null)"
done

# ---- pprof's form ----
"$mica" report --pprof "$place/a.pb.gz" "$place/a"
zcat "$place/a.pb.gz" | protoc --decode=perftools.profiles.Profile -I tests/tool tests/tool/pprof.proto >"$place/text"
sums=$(python3 tests/tool/pprof_sums.py "$place/text" keep_small drop_some keep_large take_in_line)
same "pprof: types" "types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes" "$(sed -n 1p <<<"$sums")"
same "pprof: keep_small" "keep_small 1000 100000 1000 100000 places.c:$(line keep_small)" "$(sed -n 2p <<<"$sums")"
same "pprof: drop_some" "drop_some 500 1500000 0 0 places.c:$(line drop_some)" "$(sed -n 3p <<<"$sums")"
same "pprof: keep_large" "keep_large 4 4194304 4 4194304 places.c:$(line keep_large)" "$(sed -n 4p <<<"$sums")"
same "pprof: take_in_line" "take_in_line 50 10000 50 10000 places.c:$(line take_in_line)" "$(sed -n 5p <<<"$sums")"

# ---- leaks ----
leaks=$("$mica" report --leaks "$place/a")
same "leaks: exit status" 3 "$("$mica" report --leaks "$place/a" >/dev/null; echo $?)"
same "leaks: a stack, the largest first" "4 blocks, 4.0 MiB, from
    keep_large  $source:$(line keep_large)" "$(sed -n 3,4p <<<"$leaks")"
like "leaks: a recursion in one line" "    deep  $source:$(line deep)  62 times" "$leaks"
printf '# ours\nleak:keep_\nlibc.so\ndee*/places.c\nplaces.c\n' >"$place/suppress"
left=$("$mica" report --leaks --suppress "$place/suppress" "$place/a")
same "suppressed" "no" "$(grep -q keep_ <<<"$left" && echo yes || echo no)"
like "suppressed: the count" "still allocated: 0 blocks, 0 B, from 0 stacks; left out: 1,35[6-9] blocks, 4\.1 MiB" "$left"
printf '^keep_large$\n*in_thre*\n' >"$place/suppress"
like "suppressed by function" "still allocated: 1,05[1-5] blocks, .*; left out: 30[4-7] blocks, .*" "$("$mica" report --leaks --suppress "$place/suppress" "$place/a")"
printf '*\n' >"$place/suppress"
same "no leaks" 0 "$("$mica" report --leaks --suppress "$place/suppress" "$place/a" >/dev/null; echo $?)"
printed=$(profile "" ,leaks 2>&1)
like "at exit: the sum" "mica: still allocated in process [0-9]+: [0-9,]+ blocks, $head bytes, by the stack that they came from:" "$printed"
like "at exit: a function" "mica:     keep_large\+0x[0-9a-f]+ \(.*/places\+0x[0-9a-f]+\)" "$(sed -n 3p <<<"$printed")"
like "at exit: its amount" "mica: 4 blocks, 4194304 bytes from" "$(sed -n 2p <<<"$printed")"

# ---- the flame graph ----
"$mica" report --flame "$place/a.html" "$place/a"
same "flame graph: its data" "keep_small 100000 1000" "$(python3 tests/tool/flame_row.py "$place/a.html" keep_small)"
same "flame graph: nothing from elsewhere" "" "$(grep -oE '(src|href|url)[=(][^ >]*|https?://[^ ]*' "$place/a.html")"

# ---- bad input ----
bad() { # NAME LINE ARGUMENTS...
  local name=$1 wanted=$2
  shift 2
  like "$name" "1: mica report: $wanted" "$(said "$mica" report "$@")"
}
bad "no such file" "/nowhere: No such file or directory" /nowhere
bad "no profile" "$source: not a heap profile of mica's: .*" "$source"
head -c 3000 "$library" >"$place/bytes"
bad "bytes" "$place/bytes: not a heap profile of mica's: .*" "$place/bytes"
: >"$place/empty"
bad "an empty file" "$place/empty: not a heap profile of mica's: .*" "$place/empty"
head -3 "$place/a" >"$place/cut"
bad "a profile that is cut off" "$place/cut: it is cut off: no mappings at its end" "$place/cut"
sed '2s/@/at/' "$place/a" >"$place/damaged"
bad "a damaged line" "$place/damaged:2: neither a stack nor MAPPED_LIBRARIES" "$place/damaged"
bad "no place to write to" "/nowhere/a.html: No such file or directory" --flame /nowhere/a.html "$place/a"
bad "no place for pprof's form" "/nowhere/a.gz: No such file or directory" --pprof /nowhere/a.gz "$place/a"
bad "no suppressions" "/nowhere: No such file or directory" --suppress /nowhere "$place/a"
like "an unknown option" "2: usage: mica report .*" "$(said "$mica" report --line "$place/a" | head -1)"
mv "$place/places" "$place/away"
like "the program is gone" "mica report: $place/places: not there any more, or no program: its functions have no names" "$("$mica" report "$place/a" 2>&1)"
ends
