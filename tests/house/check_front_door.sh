#!/usr/bin/env bash
# build.sh run: the command's own output and exit status, statistics only when asked for; build.sh help and mistakes.
set -u
cd "$(dirname "$0")/../.."
status=0
expect() { # NAME EXPECTED FOUND
  [ "$2" = "$3" ] || { printf '%s: expected %q, found %q\n' "$1" "$2" "$3" && status=1; }
}
expect "output of run" hello "$(./build.sh run echo hello 2>&1)"
expect "arguments of run" "a b|c" "$(./build.sh run printf '%s|%s' 'a b' c 2>&1)"
./build.sh run sh -c 'exit 7'
expect "exit status of run" 7 $?
expect "mica in the process" yes "$(./build.sh run grep -q /build/release/libmica.so /proc/self/maps && echo yes)"
expect "stdout of run --stats" hello "$(./build.sh run --stats echo hello 2>/dev/null)"
expect "MICA_DEEPBIND in run" ignore "$(./build.sh run printenv MICA_DEEPBIND)"
expect "MICA_DEEPBIND of the user's in run" "" "$(MICA_DEEPBIND='' ./build.sh run --stats printenv MICA_DEEPBIND 2>/dev/null)"
[ -n "$(./build.sh run --stats perl -e 1 2>&1 >/dev/null)" ] || expect "stderr of run --stats" "statistics" ""
for verb in help build run test cross soak model bench programs drawn format tidy docs deb install clean; do
  ./build.sh help | grep -q "^  $verb " || expect "help names $verb" yes no
done
./build.sh no-such-verb 2>/dev/null
expect "exit status of a bad verb" 2 $?
./build.sh build no-such-variant 2>/dev/null
expect "exit status of a bad variant" 2 $?
for arguments in "--variant no-such-variant" "--variant" "--variant tsan no-such-variant" "tsan" "--help"; do
  # shellcheck disable=SC2086 # words
  ./build.sh test $arguments >/dev/null 2>&1
  expect "exit status of test $arguments" 2 $?
done
for arguments in "a-while" "0" "-1" "5 5"; do
  # shellcheck disable=SC2086 # words
  ./build.sh soak $arguments >/dev/null 2>&1
  expect "exit status of soak $arguments" 2 $?
done
./build.sh cross no-such-target >/dev/null 2>&1
expect "exit status of a bad target" 2 $?
./build.sh model no-such-argument >/dev/null 2>&1
expect "exit status of model with an argument" 2 $?
./build.sh programs no-such-program >/dev/null 2>&1
expect "exit status of programs with a bad name" 2 $?
expect "the list of variants" "build.sh: no variant 'x': there are debug release tsan asan ubsan valgrind" \
  "$(./build.sh test --variant x 2>&1)"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/include" && echo "/* somebody's */" >"$place/include/mimalloc.h"
./build.sh install "$place" >/dev/null 2>&1
expect "install over another allocator's header" 2 $?
./build.sh install --as-mimalloc relative >/dev/null 2>&1
expect "install into a path that is not absolute" 2 $?
./build.sh install "$place" --help >/dev/null 2>&1
expect "install with too many arguments" 2 $?
exit $status
