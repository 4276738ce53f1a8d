#!/usr/bin/env python3
"""A room includes only those before it (source.py has the order), and the public headers; these include each other alone, tool/
what it likes, and bench/ nothing but the public interface. No room includes a file of tool/. The product names a public header as a program does, <mica/x.h>, an internal one by its
room, "page/x.h"; the public headers name each other as <mica/x.h>, or by the bare name within one folder. What looks at all
rooms, the formatter, clang-tidy and check_clang, leaves none out."""
import re

from source import PRODUCT, ROOMS, ROOT, TOOL, files, lines, name, report

MAY_USE = {"include": {"include"}}
for i, room in enumerate(ROOMS):
    MAY_USE[room] = {"include", *ROOMS[: i + 1]}
MAY_USE[TOOL] = {"include", *ROOMS, TOOL}
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


def written_well(room, source, quoted, path, used):
    """Whether the product's file names the repository's file, used, in the form that the rule above asks for."""
    if room == "bench":
        return True
    if not used.startswith("include/"):
        return quoted and path == used
    if not quoted:
        return "include/" + path == used
    return room == "include" and "/" not in path and used == name(source.parent / path)


violations = []
sources = files([*PRODUCT, TOOL, "bench"], ".c", ".h", ".cc")
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
        elif used is not None and not written_well(room, source, match[1] == '"', path, used):
            violations.append(f"{where}: {used} is named {match[0].split('include')[1].strip()}")
for place, first in ((".clang-tidy", "HeaderFilterRegex"), ("build.sh", "find "), ("tests/house/check_clang.sh", "< <(find ")):
    listing = [line for line in (ROOT / place).read_text().split("\n") if first in line and "segment" in line]
    missing = [room for room in [*ROOMS, TOOL] for line in listing if not re.search(rf"\b{room}\b", line)]
    violations.extend(f"{place}: leaves out {room}/" for room in (missing if listing else [*ROOMS, TOOL]))
report(violations, sources)
