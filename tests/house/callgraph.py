"""Who calls whom in the product, and how much stack each function takes: the release build's sources, compiled once more by gcc
with -fcallgraph-info=su. What the compiler has put in line is part of the function that it stands in."""
import hashlib
import json
import pickle
import re
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from interface import BUILD
from source import PRODUCT

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


def state(rows):
    """What the graph depends on: how and from what the objects are made."""
    top = Path(__file__).parents[2]
    digest = hashlib.sha256(json.dumps(rows).encode())
    for folder in PRODUCT:
        for path in sorted((top / folder).rglob("*.[ch]*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Graph:
    """frame: function -> bytes of stack, of those that the product defines. calls: function -> those that it calls. A static
    function's name begins with its file's and a colon."""

    def __init__(self):
        rows = json.loads((Path(BUILD) / "compile_commands.json").read_text())
        rows = [row for row in rows if re.search(r"mica_(shared_)?objects\.dir", row["command"])]
        self.frame, self.calls = {}, {}
        kept, key = Path(BUILD) / "callgraph.pickle", state(rows)
        if kept.exists():
            was, *graph = pickle.loads(kept.read_bytes())
            if was == key:
                self.frame, self.calls = graph
                return
        self.make(rows)
        kept.write_bytes(pickle.dumps((key, self.frame, self.calls)))

    def make(self, rows):
        with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
            texts = list(pool.map(lambda pair: compiled(pair[1], place, pair[0]), enumerate(rows)))
        for text in texts:
            for title, label in NODE.findall(text):
                match = re.search(r"\\n(\d+) bytes \((\w+(?:,\w+)*)\)", label)
                if match:
                    self.frame[title] = int(match[1]) if match[2] != "dynamic" else None
            for caller, callee in EDGE.findall(text):
                self.calls.setdefault(caller, set()).add(callee)
