-- work.sql -- the SQL of the suite, for a database in memory; the parameter :n says how many rows. Inserts, indexes, joins,
-- groups, sorting, text put together and deletions. Every answer depends on the data alone.
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, town INTEGER, born INTEGER);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, person INTEGER, item TEXT, price INTEGER, note TEXT);

BEGIN;
WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :n / 4)
INSERT INTO person SELECT i, 'person ' || (i * 7919 % 100003), i * 31 % 97, 1920 + i * 17 % 90 FROM number;
WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :n)
INSERT INTO purchase SELECT i, 1 + i * 5303 % (:n / 4), 'item ' || (i * 613 % 1009),
  i * 37 % 5000,
  substr('a note of some length that differs from row to row and is cut somewhere', 1 + i % 20, 1 + i * 11 % 50)
  FROM number;
COMMIT;

CREATE INDEX purchase_person ON purchase (person);
CREATE INDEX purchase_item ON purchase (item, price);
CREATE INDEX person_name ON person (name);

SELECT count(*), sum(price), sum(length(note)) FROM purchase;
SELECT town, count(*), sum(price) FROM person JOIN purchase ON purchase.person = person.id
  GROUP BY town ORDER BY sum(price) DESC, town LIMIT 3;
SELECT name, item, price FROM purchase JOIN person ON person.id = purchase.person ORDER BY price DESC, name, purchase.id
  LIMIT 3;
SELECT sum(length(notes)) FROM (SELECT group_concat(note || '/' || item, ';') AS notes FROM purchase GROUP BY person);
SELECT count(*) FROM (SELECT DISTINCT upper(name) || born FROM person WHERE name LIKE '%9%');

UPDATE purchase SET note = note || ' changed', price = price + 1
  WHERE item IN (SELECT item FROM purchase WHERE id % 97 = 0);
DELETE FROM purchase WHERE person IN (SELECT id FROM person WHERE town < 30);
SELECT count(*), sum(price), sum(length(note)), min(item), max(item) FROM purchase;
