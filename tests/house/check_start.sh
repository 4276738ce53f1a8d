#!/usr/bin/env bash
# What mica says by itself, in a program that it is preloaded into: nothing; one line for its version, where that is wanted, for a
# name in the environment that is none of its options', for a sanitizer's runtime; and at the end, where statistics are wanted, a
# table of where the memory is, whose rows add up.
set -euo pipefail
build=${MICA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build/release}
export -n MICA_BUILD MICA_LIBRARY # no options: mica would say so
library=$(realpath -e "$build/libmica.so")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
failed=0

# said NAME WANTED COMMAND...: the command's stderr is what is wanted, an extended regular expression for the whole of it.
said() {
  "${@:3}" >out.txt 2>err.txt || { echo "$1: exit status $?: $(cat err.txt)" && failed=1; }
  local text
  text=$(cat err.txt; printf .)
  [[ "${text%.}" =~ ^$2$ ]] || { echo "$1: ${text%.}" && failed=1; }
}
with() { env LD_PRELOAD="$library" "$@"; }
line=$'\n'

said "nothing is wanted" "" with /bin/true
said "the version" "mica: version [0-9.]+, in process [0-9]+$line" with MICA_SHOW_VERSION=1 /bin/true
said "a misspelled name" "mica: MICA_SHOW_STAT is no option of mica's; the nearest is MICA_SHOW_STATS$line" \
  with MICA_SHOW_STAT=1 /bin/true
said "a misspelled name, silenced" "" with MICA_SHOW_STAT=1 MICA_SHOW_ERRORS=0 /bin/true

cat >table.c <<'EOC'
#include <stdlib.h>
int main(void) {
  for (int i = 0; i < 5000; i++)
    if (malloc(200) == NULL) return 1;
  return malloc(3000000) == NULL;
}
EOC
cat >alike.c <<'EOC'
#include <stdlib.h>
void __tsan_init(void);
void __tsan_init(void) {}
int main(void) { return malloc(10) == NULL; }
EOC
"${CC:-gcc}" -O0 -fno-builtin table.c -o table
"${CC:-gcc}" -O0 -fno-builtin -rdynamic alike.c -o alike
sees="does not see mica's blocks; where its malloc comes first, mica's is not in use$line"
said "a runtime like ThreadSanitizer's" "mica: ThreadSanitizer runs in this process, and $sees" with ./alike
said "the same, silenced" "" with MICA_SHOW_ERRORS=0 ./alike
for sanitizer in address:AddressSanitizer thread:ThreadSanitizer memory:MemorySanitizer; do # their runtimes are in the program
  clang -fsanitize="${sanitizer%:*}" table.c -o checked 2>/dev/null || continue
  said "${sanitizer#*:}" "mica: ${sanitizer#*:} runs in this process, and $sees" with ASAN_OPTIONS=detect_leaks=0 ./checked
done

with MICA_SHOW_STATS=1 ./table 2>table.txt
awk '
  /^mica .*, by class$/ { inside = 1; next }
  !inside || /block size/ { next }
  { size = $1; blocks = $2; pages = $3; share = $(NF - 2); if ($1 == "all") { all = 1 } }
  $1 == "all" { want_blocks = blocks; want_pages = pages; want_share = share; next }
  { sum_blocks += blocks; sum_pages += pages; sum_share += share }
  $1 == 208 && blocks >= 5000 && $NF == 12 { found++ }
  $1 == "large" && blocks >= 1 && $NF == "-" { found++ }
  END {
    if (found != 2) { print "no rows for what the program has"; exit 1 }
    if (!all || sum_blocks != want_blocks || sum_pages != want_pages) { print "the rows do not add up"; exit 1 }
    if (want_share != 100.0 || sum_share < 90 || sum_share > 100) { print "shares: " sum_share " of " want_share; exit 1 }
  }' table.txt || { cat table.txt && failed=1; }
exit $failed
