#!/usr/bin/env bash
# sqlite3: a table of 100,000 rows, indexes, joins, aggregates, deletes, VACUUM and an integrity check.
# packages: sqlite3
. "$(dirname "$0")/preload.bash"

workload() {
  under sqlite3 data.db <<'EOT'
PRAGMA cache_size=-64000;
CREATE TABLE item(id INTEGER PRIMARY KEY, grp INTEGER, name TEXT, weight REAL);
CREATE TABLE grp(id INTEGER PRIMARY KEY, title TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
  INSERT INTO item SELECT i, (i * 7919) % 997, 'item ' || ((i * 104729) % 1000003) || substr(hex(i * 48271), 1, i % 9), i * 0.25 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 996) INSERT INTO grp SELECT i, 'group ' || i FROM n;
COMMIT;
CREATE INDEX item_grp ON item(grp);
CREATE INDEX item_name ON item(name);
SELECT count(*), sum(weight), min(name), max(name) FROM item;
SELECT g.title, count(*), sum(i.weight), group_concat(i.id) FROM item i JOIN grp g ON g.id = i.grp GROUP BY g.id ORDER BY sum(i.weight) DESC LIMIT 20;
SELECT a.id, b.id FROM item a JOIN item b ON a.name = b.name AND a.id < b.id ORDER BY a.id, b.id LIMIT 50;
SELECT name, length(name) FROM item ORDER BY name COLLATE NOCASE DESC LIMIT 30;
DELETE FROM item WHERE id % 3 = 0;
UPDATE item SET name = upper(name) || '!' WHERE grp < 100;
SELECT grp % 10, count(DISTINCT name), avg(weight) FROM item GROUP BY 1 ORDER BY 1;
VACUUM;
PRAGMA integrity_check;
SELECT id, row_number() OVER (PARTITION BY grp ORDER BY weight DESC) FROM item ORDER BY 2 DESC, 1 LIMIT 20;
EOT
}
compare
