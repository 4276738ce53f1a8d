#!/usr/bin/env bash
# What the command does with names that others chose, which may hold a terminal's or HTML's signs; with places that cannot be
# written to, or are no files; and with profiles whose numbers and files are not what they should be.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
waiting=
trap '[ -z "$waiting" ] || kill "$waiting"; rm -rf "$place"' EXIT

# ---- names: of the program's file, and of its thread ----
cat >"$place/named.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(void) {
  char* volatile block = malloc(100);
  prctl(PR_SET_NAME, "\033[31m<b>%s\"");
  puts("ready");
  fflush(stdout);
  sleep(600);
  return block == NULL;
}
C
mkdir "$place/<"
name=$(printf '%s/</script>\033[2J%%s"\n.bin' "$place")
cc -O0 -o "$name" "$place/named.c" || exit 1
coproc "$mica" run "$name"
waiting=$COPROC_PID
read -r _ <&"${COPROC[0]}"
plain() { if LC_ALL=C grep -q '[^[:print:]]'; then echo "not plain"; else echo plain; fi; }
for words in "stat" "top --once" "doctor"; do
  # shellcheck disable=SC2086
  said=$("$mica" $words "$waiting")
  same "$words: a name moves no cursor" plain "$(plain <<<"$said")"
done
like "stat: the program's name" "process $waiting \($place/</script>\?\[2J%s\"\?\.bin\): mica .*" "$("$mica" stat "$waiting")"
like "stat: the thread's name" " .* \?\[31m<b>%s\" .*" "$("$mica" stat "$waiting")"
same "stat: the name in JSON" "$name" "$("$mica" stat --json "$waiting" | python3 -c 'import json, sys; print(json.load(sys.stdin)["stat"]["program"])')"

# ---- what is written, and cannot be ----
for words in help --version "help run" "stat $waiting" "stat --json $waiting" "top --once" "where $waiting 16" "doctor $waiting" "map $waiting -o -"; do
  # shellcheck disable=SC2086
  found=$({ "$mica" $words >/dev/full; } 2>&1)
  same "$words: a full disk" "1: mica ${words%% *}: stdout cannot be written to" "$?: $found"
done
ln -s real.html "$place/link.html"
"$mica" map "$waiting" -o "$place/link.html"
same "map: through a link" "link, a page" \
  "$([ -L "$place/link.html" ] && echo -n link), $(grep -q '^<!' "$place/real.html" && echo a page)"
mkfifo "$place/pipe"
timeout 60 cat "$place/pipe" >"$place/piped.html" &
until timeout 60 "$mica" map "$waiting" -o "$place/pipe" 2>/dev/null; do sleep 0.05; done # until it is read
wait $!
same "map: into a pipe" "pipe, a page" "$([ -p "$place/pipe" ] && echo -n pipe), $(grep -q '^<!' "$place/piped.html" && echo a page)"
same "map: into a full device" "1: mica map: $place/full cannot be written: No space left on device" \
  "$(ln -s /dev/full "$place/full" && said "$mica" map "$waiting" -o "$place/full")"

# ---- what is no plain file: nobody is waited for ----
pipe=$place/pipe
chmod 755 "$pipe"
# never NAME STATUS: LINE COMMAND...
never() { same "$1" "$2" "$(said timeout 20 "${@:3}")"; }
never "map: a pipe as --base" "1: mica map: $pipe: it is no plain file" "$mica" map "$waiting" --base "$pipe"
never "map: a device as --base" "1: mica map: /dev/zero: it is no plain file" "$mica" map "$waiting" --base /dev/zero
never "map: a folder as --base" "1: mica map: $place: Is a directory" "$mica" map "$waiting" --base "$place"
never "map: a pipe that nobody reads" "1: mica map: $pipe cannot be written: nobody reads that pipe" "$mica" map "$waiting" -o "$pipe"
for words in "stat $pipe" "map $pipe" "where $pipe 16"; do
  # shellcheck disable=SC2086
  never "${words%% *}: a pipe" "1: mica ${words%% *}: $pipe is no core" "$mica" $words
done
never "doctor: a pipe" "1: mica doctor: $pipe: Permission denied" "$mica" doctor "$pipe"
like "run: a pipe" "12[67]: .*$pipe.*" "$(said timeout 20 "$mica" run "$pipe")"
"$mica" profile "$waiting" --start
never "profile: a pipe that nobody reads" "1: mica profile: $pipe: nobody reads that pipe" "$mica" profile "$waiting" --dump -o "$pipe"
"$mica" profile "$waiting" --dump -o "$place/some"
never "report: a pipe that nobody writes" "1: mica report: $pipe: a pipe that nobody writes" "$mica" report "$pipe"
never "report: a pipe as --base" "1: mica report: $pipe: a pipe that nobody writes" "$mica" report "$place/some" --base "$pipe"
never "report: a pipe as --suppress" "1: mica report: $pipe: a pipe that nobody writes" "$mica" report "$place/some" --suppress "$pipe"
never "report: a device" "1: mica report: /dev/zero: neither a plain file nor a pipe" "$mica" report /dev/zero
never "report: a folder" "1: mica report: $place: Is a directory" "$mica" report "$place"
never "report: --flame into a pipe that nobody reads" "1: mica report: $pipe: a pipe that nobody reads" "$mica" report "$place/some" --flame "$pipe"
never "report: --pprof into a pipe that nobody reads" "1: mica report: $pipe: a pipe that nobody reads" "$mica" report "$place/some" --pprof "$pipe"
same "report: a shell's pipe" "$("$mica" report "$place/some")" "$("$mica" report <(cat "$place/some"))"
same "profile: a shell's pipe" "$(grep @ "$place/some")" "$("$mica" profile "$waiting" --dump -o >(cat) | grep @)"

# ---- a core of another kind of machine: its header is enough ----
for change in "4 \001" "18 \000"; do
  head -c 64 "$mica" >"$place/core"
  printf '\004' | dd of="$place/core" bs=1 seek=16 conv=notrunc status=none
  # shellcheck disable=SC2059
  printf "${change#* }" | dd of="$place/core" bs=1 seek="${change% *}" conv=notrunc status=none
  same "a core with a changed byte ${change% *} of its header" "1: mica stat: $place/core is a core of another kind of machine" \
    "$(said "$mica" stat "$place/core")"
done

# ---- profiles ----
head='heap profile: 1: 100 [1: 100] @ heapprofile'
nines=$(printf '9%.0s' {1..5000})
for numbers in "1: $nines [1: 100] @ 0x10" "${nines:0:19}: 100 [1: 100] @ 0x10" "1: 100 [1: 100] @ 0x1${nines:0:16}"; do
  printf '%s\n%s\n\nMAPPED_LIBRARIES:\n' "$head" "$numbers" >"$place/numbers"
  same "report: a number of $(tr -d -c 0-9 <<<"$numbers" | wc -c) digits" "1: mica report: $place/numbers:2: neither a stack nor MAPPED_LIBRARIES" \
    "$(said "$mica" report "$place/numbers")"
done
printf '%s\n1: 100 [1: 100] @ 0x1010\n\nMAPPED_LIBRARIES:\n1000-2000 r-xp 00000000 00:00 0   %s\n' "$head" "$place/pipe" >"$place/piping"
like "report: a library that is a pipe" " *100 B .*  pipe\+0x10" "$(timeout 60 "$mica" report "$place/piping" 2>/dev/null)"
printf '%s\n1: 100 [1: 100] @ 0x1010\n\nMAPPED_LIBRARIES:\n1000-2000 r-xp 00000000 00:00 0   /\033[2J\n' "$head" >"$place/moving"
same "report: a library's name moves no cursor" plain "$("$mica" report --leaks "$place/moving" 2>&1 | plain)"
like "report: --top takes no sign" ".*: argument --top: a number, not '-1'" "$(said "$mica" report --top -1 "$place/moving")"
ends
