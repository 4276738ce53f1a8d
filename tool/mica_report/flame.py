"""flame.py -- stacks as a tree: in lines that other tools fold, and as a page with a flame graph (flame.html)."""
import json
import os

from mica_report import files
from mica_report.symbols import stack_of
from mica_report.table import one_line

PLACE = os.path.dirname(os.path.realpath(__file__))


def outward(stack, lines):
    """The stack's names, the outermost first."""
    return [one_line(frame.text(lines)) for frame in reversed(stack_of(stack))] or ["?"]


def folded(out, profile, allocated, lines):
    sums = {}
    for stack, amounts in profile.stacks.items():
        key = ";".join(name.replace(";", ":") for name in outward(stack, lines))
        sums[key] = sums.get(key, 0) + amounts.of(allocated)[1]
    for key in sorted(sums):
        if sums[key] > 0:
            print(key, sums[key], file=out)


def tree(profile, allocated, lines):
    """Each node: [name, bytes, blocks, children]; what is not above 0 is left out."""
    root = ["all", 0, 0, {}]
    for stack, amounts in profile.stacks.items():
        blocks, bytes_ = amounts.of(allocated)
        if bytes_ <= 0:
            continue
        node = root
        for name in [None, *outward(stack, lines)]:
            if name is not None:
                node = node[3].setdefault(name, [name, 0, 0, {}])
            node[1] += bytes_
            node[2] += blocks
    return root


def plain(node):
    """The tree without its names' tables; not by recursion, as stacks may be deep."""
    made = node[:3] + [[]]
    waiting = [(node, made)]
    while waiting:
        from_, to = waiting.pop()
        for child in sorted(from_[3].values(), key=lambda c: (-c[1], c[0])):
            copy = child[:3] + [[]]
            to[3].append(copy)
            waiting.append((child, copy))
    return made


def rows(root):
    """The tree as a list, a parent before its children: [name, bytes, blocks, number of the parent]."""
    found, waiting = [], [(root, -1)]
    for node, parent in waiting:
        found.append([*node[:3], parent])
        waiting.extend((child, len(found) - 1) for child in node[3])
    return found


def write(path, profile, allocated, lines, title):
    with open(os.path.join(PLACE, "flame.html"), encoding="utf-8") as file:
        page = file.read()
    data = {"title": title, "what": "allocated so far" if allocated else "live", "rows": rows(plain(tree(profile, allocated, lines)))}
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    with files.writing(path) as file:
        file.write(page.replace("/*DATA*/null", text).encode())
