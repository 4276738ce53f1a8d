"""pprof_sums.py -- of a profile that protoc has decoded to text: the types of its values, and of each function that is named the sums of
all samples that it is in, with its line. usage: pprof_sums.py TEXT FUNCTION..."""
import os
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
strings = re.findall(r'^string_table: "(.*)"$', text, re.M)


def blocks(name):
    return re.findall(rf"^{name} \{{\n(.*?)^\}}", text, re.M | re.S)


def number(name, block):
    found = re.search(rf"^\s*{name}: (\d+)", block, re.M)
    return int(found[1]) if found else 0


functions = {number("id", b): (strings[number("name", b)], os.path.basename(strings[number("filename", b)])) for b in blocks("function")}
places = {number("id", b): [(*functions[int(f)], line or "0") for f, line in re.findall(r"function_id: (\d+)(?:\s+line: (\d+))?", b)]
          for b in blocks("location")}
print("types", *(strings[number("type", b)] + "/" + strings[number("unit", b)] for b in blocks("sample_type")))
sums, lines = {}, {}
for sample in blocks("sample"):
    values = [int(value) for value in re.findall(r"value: (\d+)", sample)]
    frames = [frame for i in re.findall(r"location_id: (\d+)", sample) for frame in places[int(i)]]
    for name in {frame[0] for frame in frames}:
        sums[name] = [a + b for a, b in zip(sums.get(name, [0] * 4), values)]
    for name, file, line in frames:
        lines.setdefault(name, set()).add(f"{file}:{line}")
for name in sys.argv[2:]:
    print(name, *sums.get(name, ["none"]), *sorted(lines.get(name, [])))
