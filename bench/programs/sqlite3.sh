#!/usr/bin/env bash
# sqlite3.sh -- work.sql in sqlite3's shell, on a database in memory: its pages, cursors, sorters and texts are malloc's.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" sqlite3

full='170000|424915000|4335000
5|1752|4460100
77|1752|4456468
27|1756|4456304
person 10077|item 438|4999
person 10077|item 678|4999
person 13171|item 387|4999
5975482
17389
117424|293669872|3934560|item 0|item 999'
quick='70000|174965000|1785000
57|724|1883964
7|724|1878008
10|720|1874920
person 10077|item 797|4999
person 10077|item 421|4999
person 13171|item 130|4999
2460491
7169
48356|120919487|1509972|item 0|item 999'

measure sqlite3 -batch -init /dev/null -cmd '.parameter init' -cmd ".parameter set :n $(by_mode 170000 70000)" \
  :memory: ".read '$programs/work.sql'"
printed "$(by_mode "$full" "$quick")"
printf '%s\n' "$line"
