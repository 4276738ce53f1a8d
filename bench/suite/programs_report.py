#!/usr/bin/python3
"""programs_report.py -- the table of a run of programs.py. Alone: that of a programs.json again.

Medians over the rounds. Processor time and peak are divided by the C library's; the spread is the distance from the least to
the most processor time as a share of the median, of mica's or of the C library's, whichever is wider. A figure above its
target is marked."""
import json
import sys
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

import machine
from figures import Figures, geometric_mean
from peers import LIBC, MICA
from report import mebibytes, number, percent, ratio

TARGETS = {"cpu": 1.05, "peak_kib": 1.15}
MARK, WIDTH = "*", 160


def spread(figures, row):
    """Of processor time, the wider one of the two; None with one round."""
    found = []
    for name in (LIBC, MICA):
        cpu = figures.values(row, name, "cpu")
        if len(cpu) > 1 and median(cpu) > 0:
            found.append((max(cpu) - min(cpu)) / median(cpu))
    return max(found, default=None)


def against(figures, row, name, field):
    """A ratio to the C library's, with a mark if it is mica's and above the target."""
    value = figures.ratio(row, name, LIBC, field)
    missed = name == MICA and value is not None and value > TARGETS[field]
    return ratio(value) + (MARK if missed else "")


def verdict(figures, row):
    """Whether the program said the same under mica, or who failed."""
    failed = {name: figures.failures[row, name] for name in figures.names if (row, name) in figures.failures}
    if LIBC in failed:
        return f"fails under the C library, too: {failed[LIBC]}"
    if MICA in failed:
        others = [name for name in failed if name != MICA]
        return f"fails under mica {'and ' + ', '.join(others) if others else 'only'}: {failed[MICA]}"
    ran = figures.runs.get((row, MICA), [])
    said = "same" if ran and (row, LIBC) in figures.runs else "not compared"
    return said + "".join(f"; fails under {name}: {why}" for name, why in failed.items())


def in_short(told):
    """A verdict without the reasons, which stand below the table."""
    return "; ".join(part.partition(":")[0] for part in told.split("; "))


def table_of(figures, absent):
    others = [name for name in figures.names if name != LIBC]
    table = Table(pad_edge=False, box=None, header_style="")
    heads = ["program", "cpu s", *others, "spread", "peak MiB", *others, "faults", MICA, "what it said"]
    for head in heads:
        table.add_column(head, justify="left" if head in ("program", "what it said") else "right", no_wrap=head != "what it said")
    for row in (each["name"] for each in figures.all_rows):
        table.add_row(row, number(figures.middle(row, LIBC, "cpu")), *(against(figures, row, name, "cpu") for name in others),
                      percent(spread(figures, row)), mebibytes(figures.peak(row, LIBC)),
                      *(against(figures, row, name, "peak_kib") for name in others),
                      number(figures.middle(row, LIBC, "faults")).split(".")[0], ratio(figures.ratio(row, MICA, LIBC, "faults")),
                      in_short(verdict(figures, row)))
    for row, packages in absent.items():
        table.add_row(row, *["-"] * (len(heads) - 2), f"not installed: {' '.join(packages)}")
    return table


def failure_lines(figures):
    """Who failed, and how."""
    for (row, name), why in figures.failures.items():
        yield f"{row} under {name}: {why}"


def failed_under_mica(figures):
    """The programs that mica is to blame for."""
    return [row["name"] for row in figures.all_rows
            if (row["name"], MICA) in figures.failures and (row["name"], LIBC) not in figures.failures]


def closing_lines(figures, absent):
    rows = [row["name"] for row in figures.all_rows]
    for field, title in (("cpu", "processor time"), ("peak_kib", "peak")):
        means = [f"{name} {ratio(geometric_mean(figures.ratio(row, name, LIBC, field) for row in rows))}"
                 for name in figures.names if name != LIBC]
        over = [row for row in rows if (figures.ratio(row, MICA, LIBC, field) or 0) > TARGETS[field]]
        yield f"{title} ÷ the C library's, geometric means: {', '.join(means)}; above {TARGETS[field]:.2f} under mica: {len(over)}"
    worked = [row for row in rows if (row, LIBC) not in figures.failures]
    yield (f"{len(rows)} programs, {len(worked)} of them run under the C library, and {len(failed_under_mica(figures))} of these"
           f" fail under mica; not installed: {len(absent)}")


def show(document, file=None):
    """Print the table, and keep it; the programs that fail under mica only."""
    figures, absent, settings = Figures(document), document["not_installed"], document["settings"]
    consoles = [Console(width=WIDTH)] if file is None else [Console(width=WIDTH), Console(width=WIDTH, file=open(file, "w", encoding="utf-8"))]
    for console in consoles:
        console.print(machine.line(document["machine"]), highlight=False, markup=False)
        for each in document["allocators"]:
            console.print(f"  {each['name']}: {each['version'] or 'version unknown'}", highlight=False, markup=False)
        console.print(f"{settings['rounds']} rounds by turns{', interrupted' if document['interrupted'] else ''}; medians, ÷ the C library's; {MARK} above {TARGETS['cpu']:.2f} (processor "
                      f"time), {TARGETS['peak_kib']:.2f} (peak of the largest process)\n", highlight=False, markup=False)
        console.print(table_of(figures, absent), highlight=False)
        for line in ["", *failure_lines(figures), "", *closing_lines(figures, absent)]:
            console.print(line, highlight=False, markup=False)
    return failed_under_mica(figures)


if __name__ == "__main__":
    sys.exit(1 if show(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))) else 0)
