#!/usr/bin/env python3
"""Calls between rooms, as the release build's objects have them: a room calls only those before it (source.py has the order), no
two .c files call each other in a circle, directly or by way of others, and outside of api/ nothing calls what mica exports.
Variables count like functions.

The objects are those of MICA_OBJECTS, or of the build that MICA_BUILD names. Each source has one, as new as it is, and each
object has its source: a check of what was built before a change would prove nothing."""
import os
import subprocess
from collections import deque
from pathlib import Path

from source import ROOMS, ROOT, files, name, report

BUILD = Path(os.environ.get("MICA_BUILD", ROOT / "build/release"))
OBJECTS = Path(os.environ.get("MICA_OBJECTS", BUILD / "CMakeFiles/mica_objects.dir"))
# For the checkers' variants only; in libmica.so only, and uses nothing of the others.
LEFT_OUT = {"heap/tracked.c", "observe/own_data.c", "api/override_dlopen.c"}

violations = []


def room(source):
    return source.split("/")[0]


def fresh_objects():
    """source -> its object."""
    sources = {name(path): path for path in files(ROOMS, ".c", ".cc")}
    objects = {str(path.relative_to(OBJECTS))[:-len(".o")]: path for path in sorted(OBJECTS.rglob("*.o"))}
    for source in sorted(sources.keys() - objects.keys() - LEFT_OUT):
        violations.append(f"{source}: no object: build first")
    for source in sorted(objects.keys() - sources.keys()):
        violations.append(f"{source}: an object without a source: remove {objects[source]}")
    found = {source: objects[source] for source in sorted(objects.keys() & sources.keys())}
    for source, path in found.items():
        if path.stat().st_mtime < sources[source].stat().st_mtime:
            violations.append(f"{source}: newer than its object: build first")
    return found


def symbols(path):
    """(name, whether it is defined there, whether it is exported) of each global symbol of an object."""
    output = subprocess.run(["readelf", "-sW", path], check=True, capture_output=True, text=True).stdout
    for row in map(str.split, output.splitlines()):
        if len(row) == 8 and row[4] in ("GLOBAL", "WEAK"):
            yield row[7], row[6] != "UND", row[5] == "DEFAULT"


def graph(objects):
    """source -> the source that it uses -> the symbols; the symbols that are exported."""
    defined, used, exports = {}, {}, set()
    for source, path in objects.items():
        for symbol, here, exported in symbols(path):
            if here:
                defined[symbol] = source
                exports.update([symbol] if exported else [])
            else:
                used.setdefault(source, set()).add(symbol)
    edges = {source: {} for source in objects}
    for source, wanted in used.items():
        for symbol in sorted(wanted & defined.keys()):
            if defined[symbol] != source:
                edges[source].setdefault(defined[symbol], []).append(symbol)
    return edges, exports


def way_back(edges, start, within):
    """The shortest circle through start, as its sources; [] if there is none."""
    before, waiting = {}, deque([start])
    while waiting:
        at = waiting.popleft()
        for to in sorted(edges[at].keys() & within):
            if to == start:
                way = [at]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if to not in before:
                before[to] = at
                waiting.append(to)
    return []


def reached(edges, start):
    seen, waiting = set(), [start]
    while waiting:
        for to in edges[waiting.pop()]:
            if to not in seen:
                seen.add(to)
                waiting.append(to)
    return seen


def check_circles(edges):
    reach = {source: reached(edges, source) for source in edges}
    seen = set()
    for source in sorted(edges):
        circle = {other for other in reach[source] if source in reach[other]}
        if source in seen or source not in circle:
            continue
        seen |= circle
        way = min((way_back(edges, at, circle) for at in sorted(circle)), key=len)
        steps = [f"{to} ({', '.join(edges[at][to])})" for at, to in zip(way, way[1:] + way[:1])]
        others = sorted(circle - set(way))
        violations.append(f"a circle: {way[0]} -> {' -> '.join(steps)}" + (f"; also in it: {' '.join(others)}" if others else ""))


def check_calls(edges, exports):
    for source, users in sorted(edges.items()):
        for used, wanted in sorted(users.items()):
            if ROOMS.index(room(used)) > ROOMS.index(room(source)):
                violations.append(f"{source}: calls up to {used}: {', '.join(wanted)}")
            public = [symbol for symbol in wanted if symbol in exports]
            if public and room(source) != "api":
                violations.append(f"{source}: calls what mica exports: {', '.join(public)}")


found = fresh_objects()
edges, exports = graph(found)
check_circles(edges)
check_calls(edges, exports)
report(violations, exports)
