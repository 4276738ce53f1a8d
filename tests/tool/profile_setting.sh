#!/usr/bin/env bash
# MICA_PROFILE in the environment: which files come, at the end and at a signal, in forks and where they cannot be written; and what
# is said of a setting that is not understood.
set -uo pipefail
cd "$(dirname "$0")/../.."
library=${MICA_LIBRARY:-${MICA_BUILD:-$PWD/build/release}/libmica.so}
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1

# with SETTING COMMAND...: what it says; the files that come lie in a folder of their own. (env is the C library's malloc's.)
with() {
  local setting=$1
  shift
  rm -rf files
  mkdir files
  said env MICA_PROFILE="$setting" LD_PRELOAD="$library" "$@"
}
files() { (cd files && for file in *; do [ ! -e "$file" ] || printf '%s ' "$file"; done); }
whole() { grep -c '^heap profile: .* @ heapprofile$\|^MAPPED_LIBRARIES:$' "$1"; }
hello=(perl -e 'print "hello"')

# ---- files ----
same "a file at the end" "0: hello" "$(with files/a "${hello[@]}")"
same "one, and nothing beside it" "a " "$(files)"
same "it is whole" 2 "$(whole files/a)"
# shellcheck disable=SC2016
same "%p" "0: yes" "$(with files/%p.heap sh -c 'exec perl -e "print qq(yes)"')"
like "%p: numbers" "[0-9]+\.heap " "$(files)"
# shellcheck disable=SC2016
same "%n, and a signal" "0: hello" "$(with files/a.%n,signal=USR2 perl -e 'kill USR2 => $$; kill USR2 => $$; print "hello"')"
same "%n: three files" "a.0 a.1 a.2 " "$(files)"
same "each is whole" "2 2 2" "$(for i in 0 1 2; do whole files/a.$i; done | xargs)"
# shellcheck disable=SC2016
same "a signal, and killed" "137: " "$(with files/a,signal=SIGUSR1,every=1 perl -e 'kill USR1 => $$; kill KILL => $$' 2>&1 | grep -v Killed)"
same "what was written stays" "a " "$(files)"
# shellcheck disable=SC2016
same "a fork" "0: " "$(with files/a perl -e 'if (fork == 0) { exit 0 } wait')"
like "a fork: a file of its own" "a a\.[0-9]+ " "$(files)"
# shellcheck disable=SC2016
same "a fork, by %p" "0: " "$(with files/%p perl -e 'if (fork == 0) { exit 0 } wait')"
like "a fork, by %p: two" "[0-9]+ [0-9]+ " "$(files)"
same "a file is replaced" "2" "$(mkdir -p files; with files/a "${hello[@]}" >/dev/null; with files/a "${hello[@]}" >/dev/null; whole files/a)"
like "a device is written to" "0: helloheap profile: .*" "$(with /proc/self/fd/1 "${hello[@]}" | head -1)"
like "no such folder" "0: hellomica: MICA_PROFILE: /nowhere/a: cannot be written, error 2" "$(with /nowhere/a "${hello[@]}")"
same "an empty setting" "0: hello" "$(with "" "${hello[@]}")"
same "nothing comes of it" "" "$(files)"
# shellcheck disable=SC2016
same "a signal that the program has" "0: mine" \
  "$(with files/a,signal=USR2 perl -e '$SIG{USR2} = sub { print "mine" }; kill USR2 => $$' 2>&1)"

# ---- rates ----
rate() { with "files/a,every=$1" perl -e 'my @a = map { "x" x 1000 } 1..20000' >/dev/null; sed -n '1s/.*\[\([0-9]*\): \([0-9]*\)\].*/\1 \2/p' files/a; }
read -r count bytes <<<"$(rate 1)"
same "every=1: all" "yes" "$([ "$count" -gt 20000 ] && [ "$bytes" -gt 20000000 ] && echo yes)"
for every in 10000 10k 10KiB; do
  read -r count bytes <<<"$(rate "$every")"
  same "every=$every: about all" "yes" "$([ "$bytes" -gt 17000000 ] && [ "$bytes" -lt 80000000 ] && echo yes)"
done

# ---- leaks ----
same "leaks, and no file" "0: hello" "$(with ",leaks" "${hello[@]}" | head -1 | sed 's/mica:.*//')"
like "leaks: a line" "(hello)?mica: still allocated in process [0-9]+: [0-9]+ blocks, [0-9]+ bytes, by the stack that they came from:" \
  "$(with ",leaks" "${hello[@]}" | sed 's/^0: //')"
same "leaks, and a file" "0: hello" "$(with files/a,leaks "${hello[@]}")"
same "leaks: every allocation is a sample" "yes" "$(awk 'NR == 1 { exit !($3 + 0 > 100) }' files/a && echo yes)"

# ---- what is not understood ----
refused() { # NAME SETTING TEXT
  same "$1" "0: mica: MICA_PROFILE=$2 is not understood; $3
hello" "$(with "$2" perl -e '$| = 1; print "hello"')"
  same "$1: the rest counts" 2 "$(whole files/a)"
}
refused "a part" files/a,evry=1 "it is FILE[,every=BYTES][,signal=NAME][,leaks]"
refused "a part with more behind it" files/a,leaks=1 "it is FILE[,every=BYTES][,signal=NAME][,leaks]"
refused "an empty part" files/a, "it is FILE[,every=BYTES][,signal=NAME][,leaks]"
refused "no rate" files/a,every=0 "every is a number of bytes above 0, with K, M or G behind it if need be"
refused "a bad rate" files/a,every=12X "every is a number of bytes above 0, with K, M or G behind it if need be"
refused "a negative rate" files/a,every=-1 "every is a number of bytes above 0, with K, M or G behind it if need be"
refused "a rate beyond all numbers" files/a,every=17179869185G "every is a number of bytes above 0, with K, M or G behind it if need be"
refused "a bad signal" files/a,signal=KILL "a signal is USR1, USR2, HUP, RTMIN+1 or another that programs may use"
like "a signal that is ignored" "0: mica: MICA_PROFILE: the signal USR2 has no effect: the program ignores it, or has a handler for it" \
  "$(with files/a,signal=USR2 sh -c "trap '' USR2; exec perl -e 'print qq(hello)'" 2>&1 | grep mica: | sed 's/^mica/0: mica/')"
like "a misspelt name" "mica: MICA_PROFLE is no option of mica's; the nearest is MICA_PROFILE" \
  "$(env MICA_PROFLE=files/a LD_PRELOAD="$library" perl -e 1 2>&1)"
ends
