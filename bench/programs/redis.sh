#!/usr/bin/env bash
# redis.sh -- redis-server under redis-benchmark: 50 clients that send 16 commands at a time, values of 100 bytes, random keys.
# The allocator is under the server only. `time` is the wall time of redis-benchmark; processor seconds, peak and faults are
# the server's, the faults of its start included. The packaged server is linked with jemalloc: without an allocator to
# preload, the C library is preloaded, so that its malloc comes first.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" redis-server redis-tools

socket=$work/socket
[ ${#socket} -lt 108 ] || broken "BENCH_WORK is too long a path for a socket"
requests=$(by_mode 60000 18000)
allocator=${BENCH_PRELOAD:-$(ldd "$(command -v redis-server)" | awk '$1 ~ /^libc\.so/ { print $3 }')}
tests=(set get lpush lpop sadd hset mset)

cli() { redis-cli -s "$socket" "$@"; }

# stop: ends the server of a run that went wrong, and waits, so that it does not remove the next one's socket.
stop() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
}

# serve: starts the server and waits until it answers.
serve() {
  local settings=()
  read -r -a settings <<<"${BENCH_SETTINGS:-}"
  rm -f "$socket" "$work/log"
  env "${settings[@]}" LD_PRELOAD="$allocator" redis-server --port 0 --unixsocket "$socket" --dir "$work" --save "" \
    --appendonly no --logfile "$work/log" >"$work/errors" 2>&1 </dev/null &
  server=$!
  trap stop EXIT
  for _ in {1..200}; do
    [ "$(cli ping 2>/dev/null)" != PONG ] || return 0
    kill -0 "$server" 2>/dev/null || broken "redis-server ended at its start: $(tail -n 1 "$work/errors")"
    sleep 0.05
  done
  broken "redis-server does not answer"
}

# processor: nanoseconds that the server's threads have run.
processor() { cat "/proc/$server/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

# resident: the server's peak, in KiB; faults: its page faults, small and large.
resident() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$server/status"; }
faults() { sed 's/.*) //' "/proc/$server/stat" | awk '{ print $8 + $10 }'; }

# calls COMMAND: how often the server has been asked, if it never refused.
calls() { cli info commandstats | sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*rejected_calls=0,failed_calls=0.*/\1/p"; }

# right: every request was served, and what is kept has the right form.
right() {
  local test key
  for test in "${tests[@]}"; do
    [ "$(calls "$test")" -ge "$requests" ] || broken "$test: $(calls "$test") good calls instead of $requests"
  done
  [ "$(cli llen mylist)" -eq $(($(calls lpush) - $(calls lpop))) ] || broken "the list has $(cli llen mylist) elements"
  [ "$(cli dbsize)" -gt "$((requests / 2))" ] || broken "only $(cli dbsize) keys"
  for key in $(cli scan 0 match 'key:*' count 50 | tail -n +2); do
    [ "$(cli strlen "$key")" -eq 100 ] || broken "$key has $(cli strlen "$key") bytes"
  done
}

serve
grep -q -F "$(readlink -f "$allocator")" "/proc/$server/maps" || broken "$allocator is not in the server"
before=$(processor)
measure_under "" redis-benchmark -s "$socket" -q -n "$requests" -c 50 -P 16 -d 100 -r 100000 -t "$(
  IFS=,
  echo "${tests[*]}"
)"
cpu=$(($(processor) - before))
line="${line%% *} cpu=$(awk "BEGIN { printf \"%.4f\", $cpu / 1e9 }") peak_kib=$(resident) faults=$(faults)"
right
cli shutdown nosave >/dev/null 2>&1 || true
wait "$server" || broken "redis-server failed at its end"
trap - EXIT
printf '%s\n' "$line"
