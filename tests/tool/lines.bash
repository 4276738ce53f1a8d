# lines.bash -- what the tests of the command share: where it is, and a line for each check. Sourced at the top of the repository.
# shellcheck shell=bash
build=${MICA_BUILD:-$PWD/build/release}
mica=${TOOL_COMMAND:-$build/bin/mica} # or another build of it, which lies beside the library
export -n MICA_BUILD MICA_LIBRARY # they are not for what runs here
lines_failed=0

pass() { printf 'PASS  %s\n' "$1"; }
fails() { # NAME TEXT...
  printf '%s\n' "${@:2}"
  printf 'FAIL  %s\n' "$1"
  lines_failed=1
}

# same NAME WANTED FOUND; like NAME PATTERN FOUND: an extended regular expression that one line of it is wholly.
same() { if [ "$2" = "$3" ]; then pass "$1"; else fails "$1" "wanted: $2" "found:  $3"; fi; }
like() { if grep -qxE -- "$2" <<<"$3"; then pass "$1"; else fails "$1" "wanted: $2" "found:  $3"; fi; }
unlike() { if grep -qxE -- "$2" <<<"$3"; then fails "$1" "unwanted: $2" "found:  $3"; else pass "$1"; fi; }

# said COMMAND...: "STATUS: " and all that it says.
said() {
  local output status=0
  output=$(timeout 120 "$@" 2>&1 </dev/null) || status=$?
  printf '%d: %s\n' "$status" "$output"
}

# ends: the exit status of the test.
ends() { exit $lines_failed; }
