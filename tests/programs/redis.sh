#!/usr/bin/env bash
# redis-server: set and get of many keys, redis-benchmark, lazy frees in its background thread, a fork for saving, and an
# orderly end. On a socket of its own, so that no other server matters.
# packages: redis-server redis-tools
# release only: long
. "$(dirname "$0")/preload.bash"

cli() { redis-cli -s "$PWD/socket" "$@"; }
cli_ping() { [ "$(cli ping)" = PONG ]; }

commands() {
  awk 'BEGIN {
    for (i = 0; i < 20000; i++) printf "SET key:%d %0*d\n", i, i % 300 + 1, i
    for (i = 0; i < 20000; i++) printf "GET key:%d\n", i
    for (i = 0; i < 5000; i++) printf "HSET h:%d f%d %d\nRPUSH l:%d %d\nZADD z:%d %d m%d\nAPPEND a:%d %d\n", i % 50, i, i, i % 20, i, i % 30, i % 977, i, i % 10, i
    for (i = 0; i < 50; i++) printf "HLEN h:%d\nHGET h:%d f%d\n", i, i, i
    for (i = 0; i < 20; i++) printf "LRANGE l:%d 0 20\n", i
    for (i = 0; i < 30; i++) printf "ZRANGE z:%d 0 20 WITHSCORES\n", i
    for (i = 0; i < 20000; i += 2) printf "DEL key:%d\n", i
    for (i = 0; i < 20; i++) printf "UNLINK h:%d l:%d\n", i, i
    print "DBSIZE"
  }'
}

workload() {
  serve redis-server --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --save "" --daemonize no --logfile "$PWD/log"
  answered cli_ping
  commands | cli
  redis-benchmark -s "$PWD/socket" -q -n 40000 -c 20 -d 200 -t set,get,incr,lpush,rpop,sadd,hset,zadd,mset >&2
  redis-benchmark -s "$PWD/socket" -q -n 40000 -c 10 -P 16 -d 3000 -t set,get >&2
  cli info commandstats | sed -n 's/^\(cmdstat_[a-z|]*\):calls=\([0-9]*\),.*rejected_calls=\([0-9]*\),failed_calls=\([0-9]*\).*/\1 \2 \3 \4/p' |
    grep -E 'cmdstat_(set|get|incr|lpush|rpop|sadd|hset|zadd|mset) ' | sort
  cli info errorstats | grep -c '^errorstat' || true
  cli bgsave
  for _ in $(seq 1 6000); do
    cli info persistence | grep -q '^rdb_bgsave_in_progress:0' && break
    sleep 0.1
  done
  cli info persistence | grep '^rdb_last_bgsave_status'
  redis-check-rdb dump.rdb | tail -n 1
  cli flushall async
  cli dbsize
  cli shutdown nosave
  wait "$server"
}
compare
