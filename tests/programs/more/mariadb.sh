#!/usr/bin/env bash
# mariadb: a server of its own, a fixed number of queries over sixteen connections (a thread each), and SQL that joins, sorts
# and groups, in InnoDB.
# packages: mariadb-server-core mariadb-client
. "$(dirname "$0")/../preload.bash"

sql() { mariadb --no-defaults -S "$PWD/socket" -u root -N "$@"; }

workload() {
  mkdir data tmp
  leave_root
  under mariadb-install-db --no-defaults --datadir="$PWD/data" --auth-root-authentication-method=normal --skip-test-db >&2
  serve mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/socket" --tmpdir="$PWD/tmp" --pid-file="$PWD/pid" \
    --skip-networking --innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=0
  answered sql -e 'SELECT 1'
  mariadb-slap --no-defaults -S "$PWD/socket" -u root --concurrency=16 --auto-generate-sql \
    --auto-generate-sql-load-type=mixed --auto-generate-sql-add-autoincrement --auto-generate-sql-execute-number=375 >&2
  sql <<'EOT'
CREATE DATABASE d; USE d;
CREATE TABLE t(i INT PRIMARY KEY, g INT, m CHAR(32), x TEXT) ENGINE=InnoDB;
INSERT INTO t SELECT seq, seq % 997, MD5(seq), REPEAT('x', seq % 50) FROM seq_1_to_60000;
CREATE INDEX tm ON t(m);
SELECT g, COUNT(*), MIN(m), MAX(LENGTH(x)) FROM t GROUP BY g ORDER BY g LIMIT 5;
SET group_concat_max_len = 10000000;
SELECT MD5(GROUP_CONCAT(m ORDER BY m)) FROM t;
SELECT COUNT(*) FROM t a JOIN t b ON a.i = b.i + 1 WHERE a.m < b.m;
SELECT MD5(JSON_ARRAYAGG(JSON_OBJECT('i', i, 'm', m))) FROM (SELECT i, m FROM t WHERE i % 10 = 0 ORDER BY i) q;
DELETE FROM t WHERE i % 2 = 0;
OPTIMIZE TABLE t;
SELECT COUNT(*), SUM(i) FROM t;
EOT
  served
}
compare
