#!/usr/bin/python3
"""profiling_report.py -- the tables of a run of profiling.py. Alone: those of a profiling.json again; with --markdown: the tables of
notes/profile.md."""
import json
import sys
from statistics import median, quantiles

import machine
import report

OFF, AGAIN = "off", "off again"
FIELDS = (("cpu", "processor time"), ("time", "time by the clock"))
LIMITS = {"512K": 1.02, "64K": 1.10}  # of mica's processor time


def ratios(document, row, allocator, rate, field):
    """Of each round, to the same allocator with its profiler off."""
    found = {}
    for run in document["runs"]:
        if run["row"] == row and run["allocator"] == allocator and run["rate"] in (rate, OFF) and "failed" not in run:
            found.setdefault(run["round"], {})[run["rate"]] = run[field]
    return [pair[rate] / pair[OFF] for pair in found.values() if rate in pair and OFF in pair]


def cell(figures):
    """The median, and the middle half of the rounds."""
    if not figures:
        return "-"
    if len(figures) < 4:
        return f"{median(figures):.3f}"
    low, _, high = quantiles(figures, n=4)
    return f"{median(figures):.3f} ({low:.2f}-{high:.2f})"


def columns(document):
    return [(a["name"], a["rate"]) for a in document["allocators"] if a["rate"] != OFF]


def body(document, field):
    """A line for each row: the cells of all columns."""
    names = [row["name"] for row in document["rows"]]
    return [[name, *(cell(ratios(document, name, *column, field)) for column in columns(document))] for name in names]


def counted(document):
    """A line for each program: instructions of all columns, divided by those of the allocator with its profiler off."""
    found = {(c["program"], c["allocator"], c["rate"]): c["instructions"] for c in document["counted"]}
    taking = [column for column in columns(document) if any(key[1:] == column for key in found)]
    rows = []
    for name in dict.fromkeys(key[0] for key in found):
        pairs = [(found.get((name, *column)), found.get((name, column[0], OFF))) for column in taking]
        rows.append([name, *(f"{n / off:.4f}" if n and off else "-" for n, off in pairs)])
    return ["", *(f"{a} {r}" for a, r in taking)], rows


def verdicts(document):
    for rate, limit in LIMITS.items():
        worst = [(median(found), row["name"]) for row in document["rows"] if (found := ratios(document, row["name"], "mica", rate, "cpu"))]
        if worst:
            most, name = max(worst)
            yield f"mica, {rate}: at most {limit:.2f} of its time while off: {most:.3f} ({name}), {'met' if most <= limit else 'missed'}"


def lines(document):
    settings = document["settings"]
    yield machine.line(document["machine"])
    yield f"profiling: {settings['rounds']} rounds{', quick' if settings['quick'] else ''}" + \
        (", interrupted: what was finished is here" if document["interrupted"] else "")
    yield from (f"  {a['name']}, {a['rate']}: {a['version']} {a['settings']}" for a in document["allocators"])
    yield from (f"  {row['name']}: {row['command']}" for row in document["rows"])
    for field, name in FIELDS:
        yield ""
        yield f"{name}, divided by that of the same allocator with its profiler off: median of the rounds (their middle half)"
        yield from report.grid(["", *(f"{a} {r}" for a, r in columns(document))], body(document, field))
    if document["counted"]:
        yield ""
        yield "instructions, divided likewise; in one run"
        yield from report.grid(*counted(document))
    yield from verdicts(document)
    failed = {(run["row"], run["allocator"], run["rate"], run["failed"]) for run in document["runs"] if "failed" in run}
    yield from (f"failed: {' '.join(each)}" for each in sorted(failed))


def markdown(document):
    head = ["", *(f"{a} {r}" for a, r in columns(document))]
    for each in (head, ["---"] * len(head), *body(document, "cpu")):
        yield f"| {' | '.join(each)} |"
    head, rows = counted(document)
    yield ""
    for each in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(each)} |"


def main():
    with open(sys.argv[-1], encoding="utf-8") as file:
        document = json.load(file)
    print("\n".join((markdown if "--markdown" in sys.argv else lines)(document)))


if __name__ == "__main__":
    main()
