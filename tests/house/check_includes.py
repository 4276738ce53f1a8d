#!/usr/bin/env python3
"""A folder includes only those before it (source.py has the order), and the public headers; these include each other alone, and
bench/ nothing but the public interface."""
import re

from source import PRODUCT, ROOMS, ROOT, files, lines, name, report

MAY_USE = {"include": {"include"}}
for i, room in enumerate(ROOMS):
    MAY_USE[room] = {"include", *ROOMS[: i + 1]}
INTERFACE = {"include/mica.h", "include/mimalloc.h"}  # what bench/ may use

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def target(source, quoted, path):
    """The included file, relative to the root; None for a system header."""
    places = [ROOT, ROOT / "include"] if not quoted else [source.parent, ROOT, ROOT / "include"]
    for place in places:
        if (place / path).is_file():
            return name((place / path).resolve())
    return None


def allowed(room, used):
    if room == "bench":
        return used.startswith("bench/") or used in INTERFACE
    return used.split("/")[0] in MAY_USE[room]


violations = []
sources = files([*PRODUCT, "bench"], ".c", ".h", ".cc")
for source in sources:
    room = name(source).split("/")[0]
    for number, line in lines(source, strings=True):
        match = INCLUDE.match(line)
        if not match:
            continue
        where, path = f"{name(source)}:{number}", match[2]
        used = target(source, match[1] == '"', path)
        if path.endswith(".c"):
            violations.append(f"{where}: includes a .c file: {path}")
        elif ".." in path.split("/"):
            violations.append(f"{where}: a path with ..: {path}")
        elif used is None and match[1] == '"':
            violations.append(f"{where}: no such file: {path}")
        elif used is not None and not allowed(room, used):
            violations.append(f"{where}: {room}/ must not use {used}")
report(violations, sources)
