#!/usr/bin/env bash
# mica doctor: of programs that are examined, and of processes that wait, each with one thing that is wrong, or with none.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
processes=()
trap 'kill "${processes[@]}" 2>/dev/null; rm -rf "$place"' EXIT
chmod 755 "$place"
unset "${!MICA_@}" "${!MIMALLOC_@}"

cat >"$place/waits.c" <<'EOC'
#include <stdlib.h>
#include <unistd.h>
int main(void) {
  void* p = malloc(100);
  free(p);
  if (write(1, "ready\n", 6) == 6) pause();
  return 0;
}
EOC
own='static char m[1 << 20]; static unsigned long n; void* malloc(unsigned long s) { n += 16; char* p = m + n; n += (s + 15) & ~15UL; return p; } void free(void* p) { (void)p; }'
gcc -o "$place/waits" "$place/waits.c"
gcc -static -o "$place/static" "$place/waits.c"
gcc -static -o "$place/holds" "$place/waits.c" "$build/libmica.a" -Wl,--undefined=mi_malloc -pthread
gcc -w -o "$place/own" -x c "$place/waits.c" - <<<"$own"
gcc -w -shared -fPIC -o "$place/front.so" -x c - <<<"$own"
gcc -fsanitize=address -o "$place/asan" "$place/waits.c"
gcc -o "$place/linked" "$place/waits.c" -Wl,--no-as-needed "$build/libmica.so" -Wl,-rpath,"$build"
cp "$place/waits" "$place/php8.4"

# waits COMMAND...: a process that has begun; its number is in pid.
waits() {
  : >"$place/out"
  "$@" >"$place/out" 2>"$place/err" &
  pid=$!
  processes+=("$pid")
  until grep -q ready "$place/out"; do
    kill -0 "$pid" 2>/dev/null || { fails "$* does not run" "$(cat "$place/err")" && return; }
    sleep 0.05
  done
}
ended() { kill "$pid" && wait "$pid" 2>/dev/null; }
# doctor NAME STATUS PATTERN SUBJECT [OPTION...]: the exit status, and a line.
doctor() {
  local output
  output=$(said "$mica" doctor "${@:4}")
  like "$1" "($2: )?$3" "$output"
  same "$1: the exit status" "$2" "${output%%: *}"
}

# ---- programs ----
doctor "a program" 0 'ok     malloc       mica can be preloaded; mica run does so' "$place/waits"
doctor "a program of the path" 0 'ok     program      /.*/ls' ls
doctor "a linked one" 0 'ok     malloc       it is linked with libmica\.so\.[0-9.]*' "$place/linked"
doctor "a static one that holds mica" 0 'ok     malloc       it holds mica itself.*' "$place/holds"
doctor "a static one" 1 'wrong  malloc       it is linked statically: .*; link it with libmica.a' "$place/static"
doctor "a malloc of its own" 1 'wrong  malloc       it defines malloc itself, .*' "$place/own"
doctor "a sanitizer" 1 'wrong  malloc       it is built with AddressSanitizer, .*' "$place/asan"
doctor "RTLD_DEEPBIND" 0 'look   deepbind     .*; set MICA_DEEPBIND=ignore, as mica run does' "$place/php8.4"
printf '#!/usr/bin/env waits\n' >"$place/script" && chmod +x "$place/script"
PATH=$place:$PATH doctor "a script" 0 "ok     program      $place/script, which $place/waits reads" "$place/script"
cp "$place/waits" "$place/a \"name\" \\"
same "a name with quotes, as JSON" "$place/a \"name\" \\" "$("$mica" doctor --json "$place/a \"name\" \\" | python3 -c 'import json, sys; print(json.load(sys.stdin)["findings"][0]["text"])')"
export MICA_DIRTY_LIMITS=1
doctor "a misspelled option" 1 'wrong  option       MICA_DIRTY_LIMITS is no option of mica.s; the nearest is MICA_DIRTY_LIMIT' "$place/waits"
unset MICA_DIRTY_LIMITS
many=()
for i in $(seq 300); do many+=("MICA_UNKNOWN_$i=x"); done
found=$(env "${many[@]}" MICA_DEEPBIND=off "$mica" doctor "$place/waits")
same "300 variables, and what comes behind them" "300 and more" "$(grep -c '^look   option       MICA_UNKNOWN_' <<<"$found")$(grep -q '^wrong  option       MICA_DEEPBIND=off' <<<"$found" && grep -q '^ok     overcommit' <<<"$found" && echo ' and more')"
# setting VARIABLE [WHY]: what is said of it in the environment; WHY: it is wrong.
setting() {
  if [ $# -eq 1 ]; then
    like "$1" "ok     option       $1" "$(env "$1" "$mica" doctor "$place/waits")"
  else
    like "$1" "wrong  option       $1 is not understood; .*$2.*" "$(env "$1" "$mica" doctor "$place/waits")"
  fi
}
setting MICA_PROFILE=/tmp/x.%p,every=64K,signal=USR2,leaks
setting MICA_PROFILE=,leaks
setting MICA_PROFILE=x,every=0 "every is a number of bytes"
setting MICA_PROFILE=x,often "it is FILE"
setting MICA_PROFILE=x,signal=KILL "a signal is"
setting MICA_DEEPBIND=Ignore
setting MICA_DEEPBIND=off "ignore"
setting MICA_STATS_SIGNAL=USR1
setting MICA_STATS_SIGNAL=SEGV "a signal is"
setting MICA_STATS_INTERVAL=10
setting MICA_STATS_INTERVAL=10s "a number of seconds"
setting MICA_STATS_FILE=/run/x.json
setting MICA_MEMORY_LIMIT=64M
setting MICA_MEMORY_LIMIT=64MM "values"
same "no such program" "1: mica doctor: no-such: there is no such program" "$(said "$mica" doctor no-such)"
same "no such process" "1: mica doctor: there is no process 999999999" "$(said "$mica" doctor 999999999)"
same "nothing" "2: mica doctor: which process, or which program? (mica help doctor)" "$(said "$mica" doctor)"
same "two" "2: mica doctor: one process or program, not 'b', too (mica help doctor)" "$(said "$mica" doctor a b)"
same "an unknown option" "2: mica doctor: no option --xml (mica help doctor)" "$(said "$mica" doctor --xml a)"
# Whatever a file holds: no crash, no hang.
cp "$place/own" "$place/torn" && chmod +x "$place/torn"
size=$(stat -c %s "$place/torn")
bad=0
for seed in $(seq 1 60); do
  cp "$place/own" "$place/torn"
  python3 - "$place/torn" "$seed" "$size" <<'EOP'
import random, sys
path, seed, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
with open(path, "r+b") as f:
    for _ in range(40):
        f.seek(random.choice([random.randrange(20, 900), random.randrange(size)]))
        f.write(bytes([random.choice([0, 255, random.randrange(256)])]))
    if seed % 3 == 0:
        f.truncate(random.randrange(64, size))
EOP
  timeout 20 "$mica" doctor "$place/torn" >/dev/null 2>&1
  [ $? -le 1 ] || { bad=$((bad + 1)) && echo "seed $seed"; }
done
same "files that hold anything" 0 $bad

# ---- processes ----
version=$(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"$/\1/p' include/mica/base.h)
waits "$mica" run "$place/waits"
doctor "preloaded" 0 "ok     library      mica $version, release: .*/libmica\.so[.0-9]*, preloaded" "$pid"
doctor "its malloc" 0 "ok     malloc       mica's is the first" "$pid"
doctor "its setting" 0 "ok     option       MICA_DEEPBIND=ignore" "$pid"
doctor "it may be looked at" 0 "ok     looking      stat, top, .*" "$pid"
same "as JSON" "1 ok 0" "$("$mica" doctor "$pid" --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["version"], d["verdict"], sum(f["verdict"] != "ok" for f in d["findings"]))')"
if [ "$(id -u)" -eq 0 ]; then
  cp "$mica" "$place/mica"
  nobody=$(setpriv --reuid=65534 --regid=65534 --clear-groups "$place/mica" doctor "$pid")
  like "another user's" "wrong  process      its files cannot be seen; ask as its user, or as root" "$nobody"
  like "another user's memory" "look   looking      .* may not read its memory: .*" "$nobody"
fi
ended
waits "$place/linked"
doctor "linked" 0 "ok     library      mica $version, .*libmica\.so[.0-9]*, linked" "$pid"
ended
waits "$place/holds"
doctor "static" 0 "ok     library      mica $version.*/holds, the static library, in the program" "$pid"
ended
waits "$place/waits"
doctor "without mica" 1 "wrong  library      mica is not in this process; start it by mica run, or link it with mica" "$pid"
ended
waits env LD_PRELOAD="$place/front.so:$build/libmica.so" "$place/waits"
doctor "a malloc in front" 0 "look   malloc       that of $place/front.so comes before mica's; .*" "$pid"
ended
waits "$mica" run "$place/own"
doctor "the program's own" 1 "wrong  malloc       the program defines malloc itself, before mica; .*" "$pid"
ended
waits env LD_PRELOAD="$build/libmica.so" MICA_SHOW_STAT=1 MIMALLOC_PAGE_RESET=1 MICA_PURGE_DELAY=soon MICA_OS_TAG=1 MICA_HOME=/x "$place/waits"
doctor "a misspelled option of a process" 1 "wrong  option       MICA_SHOW_STAT is no option of mica's; the nearest is MICA_SHOW_STATS" "$pid"
doctor "a value that is not understood" 1 "wrong  option       MICA_PURGE_DELAY=soon is not understood; .*" "$pid"
doctor "an option without effect" 1 "look   option       MICA_OS_TAG=1 has no effect in mica" "$pid"
doctor "another's variable" 1 "look   option       MICA_HOME is no option of mica's" "$pid"
ended
waits bash -c "ulimit -v 12000; exec '$mica' run '$place/waits'"
doctor "a limit that is near" 0 "look   limit        RLIMIT_AS is 11\.7 MiB, of which [0-9.]* are used; raise it .*" "$pid"
ended
cp "$build/libmica.so" "$place/libmica.so"
waits env LD_PRELOAD="$place/libmica.so:$build/libmica.so" "$place/waits"
doctor "two of them" 1 "wrong  library      a second mica $version.*; use one" "$pid"
ended
waits env LD_PRELOAD="$build/libmica.so" "$place/php8.4"
doctor "RTLD_DEEPBIND of a process" 0 "look   deepbind     .*" "$pid"
ended

# ---- a process whose first thread has ended while another goes on ----
cat >"$place/leaves.c" <<'EOC'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void* goes_on(void* arg) {
  pthread_join(*(pthread_t*)arg, NULL);
  *(void* volatile*)&arg = malloc(3000000);
  if (write(1, "ready\n", 6) == 6) pause();
  return arg;
}
int main(void) {
  static pthread_t first, other;
  first = pthread_self();
  pthread_create(&other, NULL, goes_on, &first);
  pthread_exit(NULL);
}
EOC
gcc -o "$place/leaves" "$place/leaves.c" -pthread
waits env MICA_SHOW_STAT=1 LD_PRELOAD="$build/libmica.so" "$place/leaves"
until grep -q '^State:.Z' "/proc/$pid/status"; do sleep 0.05; done
doctor "its program" 1 "ok     process      $pid: $place/leaves" "$pid"
doctor "its library" 1 "ok     library      mica $version, .*, preloaded" "$pid"
doctor "its environment" 1 "wrong  option       MICA_SHOW_STAT is no option of .*" "$pid"
doctor "whether it may be looked at" 1 "ok     looking      stat, top, .*" "$pid"
like "what top says of it" " +$pid +[1-9].*" "$("$mica" top --once)"
like "what stat says of it" "  process resident +[1-9].*" "$("$mica" stat "$pid")"
like "its program, of stat" '.*"program": ".*/leaves".*' "$("$mica" stat --json "$pid")"
"$mica" profile "$pid" --start
like "its mappings, in a profile" '.*/libmica\.so.*' "$("$mica" profile "$pid" --dump)"
ended

doctor "the kernel's" 1 "wrong  process      .*" 2
ends
