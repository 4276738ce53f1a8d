#!/usr/bin/env python3
"""Compares the reports of two runs under valgrind: reports.py WITHOUT.xml WITH.xml

Prints each kind of report that the second has and the first has not, and a summary. Exit status 1 if there is one. A report's
kind: what the tool calls it, and the innermost named functions on its stack but for those of the allocator and of valgrind.
Races on the program's own data are of one kind, and so are all remarks on its locks: which of them a run shows depends on how
its threads run."""
import re
import sys
import xml.etree.ElementTree as xml

FRAMES = 3
NOT_THE_PROGRAM = re.compile(r"libmica|vgpreload|/ld-linux|/libc[.]so")
PLACE = re.compile(r"(?:data race|Conflicting).* at (0x[0-9A-Fa-f]+)")
LIBRARIES = 0x4000000  # valgrind loads a program below this address, and all else above


def text(node, name):
    found = node.find(name)
    return found.text if found is not None and found.text else "?"


def heading(error):
    return text(error, "what") if error.find("what") is not None else text(error, "xwhat/text")


def kind(error):
    place = PLACE.search(heading(error))
    if place and int(place[1], 16) < LIBRARIES:
        return "race", "the program's own data"
    if re.search(r"pthread_|\block\b", heading(error)) and not place:
        return "locks", "of the program"
    frames = [text(f, "fn") for f in error.iter("frame") if not NOT_THE_PROGRAM.search(text(f, "obj"))]
    return text(error, "kind"), tuple(f for f in frames if f != "?")[:FRAMES]


def reports(path):
    root = xml.parse(path).getroot()
    states = [text(s, "state") for s in root.iter("status")]
    if states != ["RUNNING", "FINISHED"]:
        sys.exit(f"{path}: the run did not end: {states}")
    return {kind(error): error for error in root.iter("error")}


without, with_mica = reports(sys.argv[1]), reports(sys.argv[2])
new = [with_mica[k] for k in with_mica if k not in without]
for error in new:
    print(heading(error))
    for frame in error.find("stack"):
        print("   ", text(frame, "fn"), text(frame, "obj"))
print(f"{len(with_mica)} kinds of report, {len(without)} on the C library's malloc, {len(new)} new")
sys.exit(1 if new else 0)
