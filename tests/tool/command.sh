#!/usr/bin/env bash
# The program `mica`: its help, its version, what it says of words that it does not know; and the usages in its manual page.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash

version=$(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"$/\1/p' include/mica/base.h)
same "the version" "mica $version" "$("$mica" --version)"
same "no command" "2: mica: which command? (mica help)" "$(said "$mica")"
same "an unknown command" "2: mica: no command 'rum'; the nearest is 'run' (mica help)" "$(said "$mica" rum)"
same "another one" "2: mica: no command 'stats'; the nearest is 'stat' (mica help)" "$(said "$mica" stats)"
same "a long one" "2: mica: no command '$(printf 'x%.0s' {1..300})'; the nearest is 'run' (mica help)" \
  "$(said "$mica" "$(printf 'x%.0s' {1..300})")"
same "help of two commands" "2: mica: help takes one command, not 'stat'" "$(said "$mica" help run stat)"
same "help of an unknown one" "2: mica: no command 'docter'; the nearest is 'doctor' (mica help)" "$(said "$mica" help docter)"
same "help, in two ways" "$("$mica" help)" "$("$mica" --help)"
same "help of a command, in two ways" "$("$mica" help run)" "$("$mica" run --help)"

same "a full device" "1: mica help: stdout cannot be written to" "$(said sh -c "'$mica' help >/dev/full")"
same "a full device, of a command" "1: mica doctor: stdout cannot be written to" "$(said sh -c "'$mica' doctor true >/dev/full")"

# Each command is in the help, and stands in the manual page with the same words behind it.
commands=$("$mica" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | grep -vx help)
same "the commands" "run stat top map where profile report doctor" "$(echo $commands)"
for command in $commands; do
  usage=$("$mica" help "$command" | sed -n 's/^usage: mica //p')
  page=$(sed -n "s/^\.It Cm $command\b *\(.*\)/\1/p" doc/mica.1 | sed 's/\.\.\.//g; s/\b[A-Z][a-z]\b//g; s/Fl //g; s/[^a-z ]//g' | tr -s ' \n' '\n' | sort -u)
  words=$(sed "s/^$command//" <<<"$usage" | tr -d '.' | tr -cs 'a-zA-Z\n' '\n' | tr 'A-Z' 'a-z' | sort -u)
  same "$command: the usage in the manual page" "$(grep . <<<"$words" | tr '\n' ' ')" "$(grep . <<<"$page" | tr '\n' ' ')"
done
ends
