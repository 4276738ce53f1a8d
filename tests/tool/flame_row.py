"""flame_row.py -- the row of a function in the data of a flame graph, whose parents hold no less than their children have together.
usage: flame_row.py PAGE FUNCTION"""
import json
import re
import sys

page = open(sys.argv[1], encoding="utf-8").read()
rows = json.loads(re.search(r"const data = (\{.*\});", page)[1])["rows"]
wrong = [row for i, row in enumerate(rows)
         if row[3] >= i or (row[3] < 0) != (i == 0) or sum(kid[1] for kid in rows if kid[3] == i) > row[1]]
print(*(wrong[0] if wrong else next(row for row in rows if row[0] == sys.argv[2])[:3]))
