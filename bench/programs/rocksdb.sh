#!/usr/bin/env bash
# rocksdb.sh -- RocksDB's own db_bench with two threads: fills a database in random order, overwrites it, reads it at random,
# in order and by seeking. The memory tables are small, so that tables are written, compacted and cached; the files lie in
# memory where /dev/shm is. It must find as many keys as it does without an allocator preloaded.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" rocksdb-tools

folder=$work
[ ! -w /dev/shm ] || folder=/dev/shm
database=$(mktemp -d "$folder/bench-rocksdb.XXXXXX")
trap 'rm -rf "$database"' EXIT

keys=$(by_mode 28000 9000)
load=(db_bench --db="$database" --benchmarks=fillrandom,overwrite,readrandom,readseq,seekrandom --num="$keys"
  --threads=2 --seed=1 --write_buffer_size=$((2 << 20)) --cache_size=$((4 << 20)) --max_background_jobs=2 --progress_reports=false)

# found: what depends on the keys alone: each part's operations, and how many of them found something.
found() { sed -nE 's/^(\w+) +: .* ([0-9]+ operations);(.*\((.* found)\))?.*/\1 \2 \4/p' "$work/output"; }

try() {
  measure_under "" "${load[@]}"
  [ "$(found | wc -l) $(found | grep -c "of $keys found")" = "5 2" ] || broken "db_bench does not say what it has found"
  found >"$work/expected-$mode"
  rm -rf "$database"
}

made_once "$(db_bench --version) ${load[*]/$database/}" try
measure "${load[@]}"
[ "$(found)" = "$(cat "$work/expected-$mode")" ] || broken "found '$(found)' instead of '$(cat "$work/expected-$mode")'"
printf '%s\n' "$line"
