"""Who calls whom in the product, and how much stack each function takes: the release build's sources, compiled once more by gcc
with -fcallgraph-info=su. What the compiler has put in line is part of the function that it stands in."""
import json
import re
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from interface import BUILD

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"', re.M)
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', re.M)
INDIRECT = "__indirect_call"


def compiled(row, place, number):
    """The graph of one source, as the compiler writes it."""
    words = shlex.split(row["command"])
    words = ["g++" if row["file"].endswith(".cc") else "gcc", *words[1:]]
    words[words.index("-o") + 1] = f"{place}/{number}.o"
    subprocess.run([*words, "-fcallgraph-info=su"], cwd=row["directory"], check=True, capture_output=True, timeout=600)
    return Path(place, f"{number}.ci").read_text()


class Graph:
    """frame: function -> bytes of stack, of those that the product defines. calls: function -> those that it calls. A static
    function's name begins with its file's and a colon."""

    def __init__(self):
        rows = json.loads((Path(BUILD) / "compile_commands.json").read_text())
        rows = [row for row in rows if "mica_objects.dir" in row["command"]]
        self.frame, self.calls = {}, {}
        with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
            texts = list(pool.map(lambda pair: compiled(pair[1], place, pair[0]), enumerate(rows)))
        for text in texts:
            for title, label in NODE.findall(text):
                match = re.search(r"\\n(\d+) bytes \((\w+(?:,\w+)*)\)", label)
                if match:
                    self.frame[title] = int(match[1]) if match[2] != "dynamic" else None
            for caller, callee in EDGE.findall(text):
                self.calls.setdefault(caller, set()).add(callee)
