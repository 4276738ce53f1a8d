#!/usr/bin/env python3
"""No walk without a bound: each function that follows links of blocks, or of a pool's records, in a loop has its row in
notes/misuse.md, which says what bounds it; and each row's functions are in the file that it names."""
import re

from source import PRODUCT, ROOT, bare, files, name, report

LINK = re.compile(r"\b(?:mica_link_get|PW_LINK_GET|mica_pile_below|mica_pile_take|take_reserved|mica_block_nth)\s*\(")
POOL_LINK = re.compile(r"->\s*(?:next|made_before)\b(?!\s*=[^=])|\bbefore\(")
LOOP = re.compile(r"\b(?:for|while)\s*\(")
NOTE = ROOT / "notes/misuse.md"

violations = []


# Of any type, at the beginning of a line: words, the name, its parameters, and a body.
BRACKETED = r"\((?:[^(){};]|\((?:[^(){};]|\([^(){};]*\))*\))*\)"
FUNCTION = re.compile(rf"^[A-Za-z_](?:[^;={{}}()#]|{BRACKETED})*[\s*](\w+)\s*{BRACKETED}\s*\{{", re.M)


def functions(text):
    """(first line, name, body) of each function of a file."""
    text = bare(text)
    for match in FUNCTION.finditer(text):
        one_line = re.compile(r"[^\n]*\}[ \t]*$", re.M).match(text, match.end())
        end = one_line.end() if one_line else text.find("\n}", match.end())
        yield text.count("\n", 0, match.start()) + 1, match[1], text[match.start():end]


rows = {}  # function -> the files that its rows name
for line in NOTE.read_text().split("\n"):
    if line.startswith("| `"):
        found = []
        for word, file in re.findall(r"`(\w+)`|\(`([\w/.]+)`", line.split("|")[1]):
            if word:
                found.append(word)
                rows.setdefault(word, set())
            else:
                for function in found:
                    rows[function].add(file)
                found = []

walkers, sources = set(), files(PRODUCT, ".c", ".h")
where = {}
for source in sources:
    for number, function, body in functions(source.read_text()):
        where.setdefault(function, set()).add(name(source))
        links = LINK.search(body) or (name(source).startswith("pool/") and POOL_LINK.search(body))
        if links and LOOP.search(body):
            walkers.add(function)
            if name(source) not in rows.get(function, set()):
                violations.append(f"{name(source)}:{number}: {function} follows links in a loop: no row of {name(NOTE)} says what bounds it")
for function, places in rows.items():
    violations.extend(f"{name(NOTE)}: no {function} in {place}" for place in sorted(places - where.get(function, set())))
report(violations, walkers)
