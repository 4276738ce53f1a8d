#!/usr/bin/env bash
# bash: 540 short processes, one after the other, most of which do nothing: what starting and ending costs.
# packages: bash coreutils
# release only: long
. "$(dirname "$0")/preload.bash"

workload() {
  cat >many.bash <<'EOT'
for i in $(seq 1 180); do
  /bin/true
  words=$(/bin/echo "process $i of ${#i}")
  bash -c 'a=("$@"); for x in "${a[@]}"; do b+=$x; done; echo "${#a[@]} ${#b}"' - $words
done
EOT
  under bash many.bash
}
compare
