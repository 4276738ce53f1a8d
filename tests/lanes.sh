# lanes.sh -- runs jobs of the suite side by side, so that no processor waits for another's. Read by tests/suite.sh, whose count
# it uses.
#
# A job is a function with its arguments. It runs in a shell of its own, with a count of its own, which goes to a file: PASSED
# FAILED PARTS, a line for each part, a line for each failure. What it prints is printed when it has ended, so that no two jobs'
# lines are mixed; that a part of it has ended is told at once (suite_part_ends). The parts of the table are in the order in
# which the jobs ended.
# shellcheck shell=bash

lanes_most=$(($(nproc) + 1)) # jobs at a time; each waits now and then
lanes_running=()             # PID FOLDER NAME

# lanes_job NAME FUNCTION ARGUMENT...: begins a job when a lane is free.
lanes_job() {
  local lanes_place
  [ ${#lanes_running[@]} -lt $lanes_most ] || lanes_wait
  lanes_place=$(mktemp -d)
  (
    trap - INT TERM
    suite_passed=0 suite_failed=0 suite_failures=() suite_parts=() suite_part_name=''
    "${@:2}"
    suite_part_ends
    {
      echo "$suite_passed $suite_failed ${#suite_parts[@]}"
      [ ${#suite_parts[@]} -eq 0 ] || printf '%s\n' "${suite_parts[@]}"
      [ $suite_failed -eq 0 ] || printf '%s\n' "${suite_failures[@]}"
    } >"$lanes_place/count"
  ) >"$lanes_place/output" 2>&1 </dev/null &
  lanes_running+=("$! $lanes_place $1")
}

# lanes_wait: waits for one job to end, and counts it.
lanes_wait() {
  local i pid='' place name
  wait -n -p pid || true
  [ -n "$pid" ] || pid=${lanes_running[0]%% *} # there is none left to wait for
  for i in "${!lanes_running[@]}"; do
    [ "${lanes_running[i]%% *}" = "$pid" ] || continue
    read -r pid place name <<<"${lanes_running[i]}"
    lanes_running=("${lanes_running[@]:0:i}" "${lanes_running[@]:i+1}")
    lanes_count "$place" "$name"
    rm -rf "$place"
    return
  done
}

# lanes_count FOLDER NAME: what the job printed, and its count into the suite's.
lanes_count() {
  local passed failed parts line
  printf '\n==== %s\n' "$2"
  cat "$1/output"
  if [ ! -e "$1/count" ]; then
    suite_fail "$2: did not come to its end"
    return
  fi
  {
    read -r passed failed parts
    suite_passed=$((suite_passed + passed))
    suite_failed=$((suite_failed + failed))
    while IFS= read -r line; do
      if [ $((parts--)) -gt 0 ]; then suite_parts+=("$line"); else suite_failures+=("$line"); fi
    done
  } <"$1/count"
}

# lanes_all: waits for all of them.
lanes_all() {
  while [ ${#lanes_running[@]} -gt 0 ]; do lanes_wait; done
}

# lanes_end: ends the jobs, with all that they have begun, and the suite. Jobs are not told of a key that interrupts.
lanes_end() {
  local job
  for job in "${lanes_running[@]}"; do lanes_kill "${job%% *}"; done
  exit 130
}
lanes_kill() {
  local child
  kill -STOP "$1" 2>/dev/null || return 0 # so that it begins nothing more
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do lanes_kill "$child"; done
  kill -KILL "$1" 2>/dev/null || true
}
