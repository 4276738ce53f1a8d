#!/usr/bin/env bash
# What mica says by itself, in a program that it is preloaded into: nothing; one line for its version, where that is wanted, for a
# name in the environment that is nearly one of its options', for a sanitizer's runtime, none of which blocks or ends a program
# whose stderr takes nothing; and at the end, where statistics are wanted, a table of where the memory is, whose rows add up.
set -euo pipefail
build=${MICA_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build/release}
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
said "other people's names" "" with MICA_HOME=/ MICA_BUILD=/ MICA_LIBRARY=/ MICA_CONFIG=/ MICA_ROOT=/ /bin/true
said "the word for dlopen" "" with MICA_DEEPBIND=ignore mica_deepbind=Ignore /bin/true
said "another word for dlopen" "mica: MICA_DEEPBIND=yes is not understood; nothing but ignore is$line" \
  with MICA_DEEPBIND=yes /bin/true
said "dlopen's variable, misspelled" "mica: MICA_DEPBIND is no option of mica's; the nearest is MICA_DEEPBIND$line" \
  with MICA_DEPBIND=ignore /bin/true
said "many misspelled names" "(mica: MICA_SHOW_STATS_[0-9]+ is no option of mica's; the nearest is MICA_SHOW_STATS$line){32}" \
  with $(seq -f MICA_SHOW_STATS_%g=1 300) /bin/true
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
  clang -fsanitize="${sanitizer%:*}" table.c -o checked || { failed=1 && continue; }
  said "${sanitizer#*:}" "mica: ${sanitizer#*:} runs in this process, and $sees" with ASAN_OPTIONS=detect_leaks=0 ./checked
done

# goes_on WHERE: what stderr, now file 9, takes or not, no line makes a program wait or end. (A hang ends by timeout, with 124.)
goes_on() {
  for setting in MICA_SHOW_STAT=1 MICA_SHOW_VERSION=1 MICA_VERBOSE=1 MICA_DIRTY_LIMIT=much MICA_DEEPBIND=no OTHER=1; do
    local program=/bin/true status=0
    [ $setting != OTHER=1 ] || program=./alike
    timeout 10 env --default-signal=PIPE LD_PRELOAD="$library" "$setting" $program 2>&9 || status=$?
    [ $status = 0 ] || { echo "$setting $program, $1: exit status $status" && failed=1; }
  done
}
exec 9> >(:)
wait $!
goes_on "no reader"
mkfifo full
exec 9<>full
dd if=/dev/zero of=full bs=4096 count=4096 oflag=nonblock 2>dd.txt && echo "a pipe took 16 MiB" && failed=1
goes_on "a full pipe"
exec 9</dev/null
goes_on "not to be written"
timeout 10 env LD_PRELOAD="$library" MICA_VERBOSE=1 MICA_SHOW_STAT=1 /bin/true 2>&- ||
  { echo "no stderr: exit status $?" && failed=1; }

with MICA_SHOW_STATS=1 /bin/true 2>table.txt
grep -A2 ', by class$' table.txt | grep -q '^  all ' || { cat table.txt && echo "no sum of no blocks" && failed=1; }
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
# Figures of a program that knows nothing of mica: at a signal, as long as the program has no handler of its own, and at its end.
with MICA_STATS_SIGNAL=USR1 "MICA_STATS_FILE=$place/figures.%p.json" /bin/bash -c '
  kill -USR1 $$ && mv "figures.$$.json" now.json && trap "echo its own" USR1 && kill -USR1 $$ && [ ! -e "figures.$$.json" ] &&
  echo "$$" >process.txt; exec /bin/true' >out.txt 2>err.txt || { echo "figures: exit status $?: $(cat err.txt)" && failed=1; }
[ "$(cat out.txt err.txt)" = "its own" ] || { echo "figures, and a handler: $(cat out.txt err.txt)" && failed=1; }
for file in now.json "figures.$(cat process.txt).json"; do
  /usr/bin/python3 -c 'import json, sys; f = json.load(open(sys.argv[1])); assert f["process"]["pid"] == int(sys.argv[2]); assert f["version"] >= 1' \
    "$file" "$(cat process.txt)" || { echo "figures: $file" && failed=1; }
done
said "a signal that no program may use" "mica: MICA_STATS_SIGNAL=KILL is not understood; [^$line]*$line" \
  with MICA_STATS_SIGNAL=KILL /bin/true
said "settings, misspelled" "mica: MICA_STATS_FILES is no option of mica's; the nearest is MICA_STATS_FILE$line" \
  with MICA_STATS_FILES=x /bin/true

exit $failed
