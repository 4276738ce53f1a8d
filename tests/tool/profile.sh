#!/usr/bin/env bash
# mica profile: the sampling of a process, begun and ended from outside; what it writes is what the process itself would write.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$place"' EXIT

# At each line that it reads it allocates 1,000 blocks of 1,000 bytes, and one of 300,000, by known functions, and writes its own
# profile; it says when it is done.
cat >"$place/main.c" <<'EOC'
#include <mica.h>
#include <mica/profile.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
void* volatile kept[100000];
static int n;
__attribute__((noinline)) static void many(void) {
  for (int i = 0; i < 1000; i++) kept[n++] = malloc(1000);
}
__attribute__((noinline)) static void one(void) { kept[n++] = malloc(300000); }
int main(int argc, char** argv) {
  char line;
  if (argc != 2) return 1;
  while (read(0, &line, 1) == 1) {
    many();
    one();
    mi_profile_dump(argv[1]);
    if (write(1, "done\n", 5) != 5) return 1;
  }
  return 0;
}
EOC
gcc -g -O1 -o "$place/program" "$place/main.c" -Iinclude "$build/libmica.so" -Wl,-rpath,"$build"
cc -std=c11 -D_GNU_SOURCE -O1 -g -Wall -I. -Iinclude tests/tool/profile_switch.c tool/profile_copy.c "$(dirname "$(dirname "$mica")")/tool/libmica_reader.a" \
  -lelf -o "$place/switch" || exit 1
mkfifo "$place/in" "$place/out"
"$place/program" "$place/own" <"$place/in" >"$place/out" &
pid=$!
exec 3>"$place/in" 4<"$place/out"
allocates() { echo >&3 && read -r -u 4; }
# blocks NAME COUNT: that many are live in the file. Of those that were in the thread's cache when it began, up to 64 at a time,
# the thread makes no slow call.
blocks() {
  local found
  found=$(sed -n '1s/heap profile: \([0-9]*\): .*/\1/p' "$place/dump")
  same "$1" "about $2" "$([ "$found" -le "$2" ] && [ "$found" -gt $(($2 - 130)) ] && echo "about $2" || echo "$found")"
}

allocates
same "never begun" "1: mica profile: process $pid was never profiled: mica profile $pid --start begins it" "$(said "$mica" profile "$pid" --dump)"
same "begun" "0: " "$(said "$mica" profile "$pid" --start=1)"
like "told" "0: process $pid: on, a sample in 1 bytes; 0 samples from 0 stacks, 0 bytes live of 0" "$(said "$mica" profile "$pid")"
allocates
same "written" "0: " "$(said "$mica" profile "$pid" --dump -o "$place/dump")"
blocks "every block" 1001
same "as the process writes it" "" "$(diff "$place/own" "$place/dump")"
same "on stdout" "" "$(diff <("$mica" profile "$pid" --dump) "$place/dump")"
same "ended" "0: " "$(said "$mica" profile "$pid" --stop)"
allocates
"$mica" profile "$pid" --dump -o "$place/dump"
same "nothing more" "$(grep @ "$place/own")" "$(grep @ "$place/dump")"
blocks "still as many" 1001
same "begun again" "0: " "$(said "$mica" profile "$pid" --start=1)"
allocates
"$mica" profile "$pid" --dump -o "$place/dump"
blocks "and more" 2002
# Sums of weights: of 4 MB in samples of 4 KiB some thousand; far beyond any chance the sum is within a half of it.
"$mica" profile "$pid" --start=4K
like "another rate" "process $pid: on, a sample in 4096 bytes; .*" "$("$mica" profile "$pid")"
for _ in 1 2 3; do allocates; done
"$mica" profile "$pid" --dump -o "$place/dump"
bytes=$(sed -n '1s/heap profile: [0-9]*: \([0-9]*\) .*/\1/p' "$place/dump")
same "by weights" "yes" "$([ "$bytes" -gt 4550000 ] && [ "$bytes" -lt 8450000 ] && echo yes)"
report=$("$mica" report "$place/dump" 2>&1)
like "mica report names a function" '.* many.*' "$report"
like "and another" '.* one.*' "$report"
same "begun by default" "524288" "$("$mica" profile "$pid" --start && "$mica" profile "$pid" | sed -n 's/.*a sample in \([0-9]*\) bytes.*/\1/p')"

# Two that begin it at once.
same "of two at once each is seen" "0: " "$(said "$place/switch" "$pid")"

# What is asked wrongly, and what cannot be.
same "no process" "2: mica profile: which process? (mica help profile)" "$(said "$mica" profile --start)"
same "two at a time" "2: mica profile: one of --start, --stop and --dump (mica help profile)" "$(said "$mica" profile "$pid" --start --stop)"
same "a bad rate" "2: mica profile: --start=often: a number of bytes, or one that ends in K, M or G (mica help profile)" "$(said "$mica" profile "$pid" --start=often)"
same "a rate of nothing" "2: mica profile: --start=0: a number of bytes, or one that ends in K, M or G (mica help profile)" "$(said "$mica" profile "$pid" --start=0)"
same "a file for nothing" "2: mica profile: -o goes with --dump (mica help profile)" "$(said "$mica" profile "$pid" --stop -o x)"
same "a core file" "2: mica profile: '$place/own' is no number of a process (mica help profile)" "$(said "$mica" profile "$place/own" --dump)"
like "a file that cannot be" "1: mica profile: /no/such/file: .*" "$(said "$mica" profile "$pid" --dump -o /no/such/file)"
like "a full device" "1: mica profile: stdout: No space left on device" "$(said sh -c "'$mica' profile $pid --dump >/dev/full")"
exec 3>&-
wait "$pid"
like "a process that has ended" "1: mica profile: there is no process $pid|1: mica profile: .*" "$(said "$mica" profile "$pid" --start)"
pid=
sleep 1000 &
bare=$!
like "a process without mica" "1: mica profile: .*mica.*" "$(said "$mica" profile $bare --start)"
kill $bare
ends
