#!/usr/bin/env bash
# postgresql: a cluster of its own, pgbench with a fixed number of transactions over eight connections (a process each), queries
# that sort, hash and aggregate in parallel, and a vacuum.
# packages: postgresql
. "$(dirname "$0")/../preload.bash"

sql() { psql -qAtX -h "$PWD" -U owner -d postgres "$@"; }

workload() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  leave_root
  under "$bin/initdb" -D "$PWD/data" -U owner --no-sync --locale=C --encoding=UTF8 >&2
  serve "$bin/postgres" -D "$PWD/data" -k "$PWD" -c listen_addresses= -c fsync=off -c shared_buffers=32MB \
    -c max_parallel_workers_per_gather=2 -c min_parallel_table_scan_size=0 -c autovacuum=off
  answered sql -c 'SELECT 1'
  pgbench -h "$PWD" -U owner -i -q -s 2 postgres >&2
  pgbench -h "$PWD" -U owner -n -c 8 -j 2 -t 500 postgres | grep 'transactions actually'
  pgbench -h "$PWD" -U owner -n -S -M prepared -c 8 -j 2 -t 2000 postgres | grep 'transactions actually'
  sql <<'EOT'
SELECT count(*) FROM pgbench_history;
SELECT sum(abalance) = (SELECT sum(delta) FROM pgbench_history) FROM pgbench_accounts;
CREATE TABLE t AS SELECT i, md5(i::text) AS m, i % 997 AS g, repeat('x', i % 50) AS x FROM generate_series(1, 150000) AS i;
CREATE INDEX ON t(m);
SELECT g, count(*), min(m), max(length(x)) FROM t GROUP BY g ORDER BY g LIMIT 5;
SELECT md5(string_agg(m, ',' ORDER BY m)) FROM t;
SELECT count(*) FROM t a JOIN t b ON a.i = b.i + 1 WHERE a.m < b.m;
SELECT md5(array_agg(j ORDER BY i)::text) FROM (SELECT i, to_jsonb(t) AS j FROM t WHERE i % 10 = 0) AS q;
SELECT count(*) FROM t WHERE x ~ '^x{20,30}$';
DELETE FROM t WHERE i % 2 = 0;
VACUUM ANALYZE t;
SELECT count(*), sum(i) FROM t;
EOT
  served INT
}
compare
