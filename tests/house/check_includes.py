#!/usr/bin/env python3
"""A room includes only rooms above it: block < page < segment < heap. All may use include/ and observe/; observe/ uses
only include/; override/ uses the heap through its public face; bench/ uses nothing but the public interface."""
import re

from source import PRODUCT, ROOMS, ROOT, files, lines, name, report

MAY_USE = {"include": {"include"}, "observe": {"include", "observe"}, "override": {"include", "observe", "override"}}
for i, room in enumerate(ROOMS):
    MAY_USE[room] = {"include", "observe", *ROOMS[: i + 1]}
# What override/ may use of heap/.
HEAP_FACE = {"heap/alloc.h", "heap/fast.h", "heap/forms.h", "heap/memalign.h", "heap/new.h", "heap/report.h", "heap/zalloc.h"}
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
    return used.split("/")[0] in MAY_USE[room] or (room == "override" and used in HEAP_FACE)


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
