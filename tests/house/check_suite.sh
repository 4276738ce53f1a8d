#!/usr/bin/env bash
# The suite counts what its jobs have passed and failed, names each failure, takes a job that does not come to its end for one, and
# ends its jobs, with what they have begun, when it is ended itself.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
status=0

# A suite whose jobs are named in the call.
{
  printf '#!/usr/bin/env bash\nset -euo pipefail\ntop=%q\noutside=%q\n' "$top" "$place"
  cat <<'EOT'
. "$top/tests/suite.sh"
passes() { suite_part passing && suite_pass one && suite_pass two; }
fails() {
  suite_part failing
  suite_one three 600 true
  suite_one four 600 sh -c 'echo why; exit 7'
  suite_beside five 600 false
  suite_settle
}
says() { suite_part saying && suite_lines six sh -c 'echo "PASS a"; echo "FAIL b"; exit 1'; }
silent() { suite_part silent && suite_lines seven true; }
dies() { suite_part dying && suite_pass eight && exit 0; }
hangs() { suite_one nine 600 sh -c 'echo $$ >"$0"; sleep 600; :' "$outside/sleeper"; }
trap lanes_end INT TERM
for job; do lanes_job "job $job" "$job"; done
lanes_all
suite_count
EOT
} >"$place/suite"

# expect TEXT: a line that the suite says begins so.
expect() { awk -v text="$1" 'index($0, text) == 1 { found = 1 } END { exit !found }' "$place/said" || { echo "the suite does not say: $1" && status=1; }; }

if bash "$place/suite" passes fails says silent dies >"$place/said" 2>&1; then echo "jobs failed, and the suite did not" && status=1; fi
for text in 'PASS  one' 'PASS  three' 'why' 'exit status 7' 'FAIL  four' 'FAIL  five' 'PASS  six: a' 'FAIL  six: b' 'failed: four' 'failed: five' \
  'failed: six: b' 'failed: seven: exit status 0' 'failed: job dies: did not come to its end' '4 passed, 5 failed' \
  'passing                                2       0' 'failing                                3       2'; do
  expect "$text"
done
bash "$place/suite" passes >"$place/said" 2>&1 || { echo "all passed, and the suite failed" && status=1; }
expect '2 passed, 0 failed'

bash "$place/suite" hangs >"$place/said" 2>&1 &
until [ -s "$place/sleeper" ]; do sleep 0.1; done
kill -TERM $!
wait $! || true
sleeper=/proc/$(cat "$place/sleeper")/status
for ((i = 0; i < 600; i++)); do
  if [ ! -e "$sleeper" ] || grep -qs '^State:.Z' "$sleeper"; then break; fi
  sleep 0.1
done
[ $i -lt 600 ] || { echo "a job goes on when the suite has been ended" && status=1; }
exit $status
