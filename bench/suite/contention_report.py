#!/usr/bin/python3
"""contention_report.py -- the tables and the picture of a run of contention.py. Alone: those of a contention.json again; with
--markdown: the tables of notes/allocators.md.

Medians over the rounds, of processor time the least; the spread is the distance from the slowest to the fastest run as a share
of the median. Futex calls, system calls for memory and context switches are of a million operations, an operation being one
malloc and one free."""
import json
import sys
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

import machine
import plots
from figures import divided
from peers import MICA
from report import number, percent, ratio

MEMORY = ("mmap", "munmap", "brk", "madvise", "mprotect", "mremap")
TITLES = {"own": "own: 16 small blocks allocated, then given back by the same thread",
          "handed": "handed: small blocks, 4,096 on the way, given back by the next thread (1 thread: by itself)",
          "ring": "ring: 512 mixed blocks (16 to 4,096 bytes) a thread, the oldest is replaced"}
COLUMNS = ("threads", "allocator", "million/s", "÷ mica", "spread", "cpu ns", "÷ mica", "malloc", "free", "locked", "instr.",
           "futex", "memory", "vol.", "invol.", "MiB")
WIDTH = 150


class Points:
    """The figures of each pattern, number of threads and allocator."""

    def __init__(self, document):
        self.document = document
        self.names = [each["name"] for each in document["allocators"]]
        self.runs, self.steps = {}, {}
        for run in document["runs"]:
            self.runs.setdefault((run["pattern"], run["threads"], run["allocator"]), []).append(run)
        for step in document["steps"]:
            self.steps[step["pattern"], step["threads"], step["allocator"], step["call"]] = step

    def values(self, key, figure):
        """A figure of each run; nothing if one of them failed or does not have it."""
        try:
            return [] if any("failed" in run for run in self.runs[key]) else [figure(run) for run in self.runs[key]]
        except KeyError:
            return []

    def middle(self, key, figure):
        values = self.values(key, figure)
        return median(values) if values else None

    def rate(self, key):
        """Millions of operations a second, of all threads."""
        return self.middle(key, lambda run: 1e3 / run["time"])

    def spread(self, key):
        values = self.values(key, lambda run: run["time"])
        return (max(values) - min(values)) / median(values) if len(values) > 1 else None

    def cost(self, key):
        """Processor nanoseconds an operation: the least, as whatever else the machine does only adds to them."""
        return min(self.values(key, lambda run: 1e9 * run["cpu"] / run["operations"]), default=None)

    @staticmethod
    def to_mica(figure, key):
        """One of these figures, divided by mica's."""
        return divided(figure(key), figure((key[0], key[1], MICA)))

    def of_million(self, key, *names):
        """How often a million operations did something."""
        return self.middle(key, lambda run: 1e6 * sum(run[name] for name in names) / run["operations"])

    def stepped(self, key, what, call=None):
        """Of one malloc (get), one free (release), or both."""
        calls = [call] if call else ["get", "release"]
        found = [self.steps.get((*key, each), {}).get(what) for each in calls]
        return None if None in found else sum(found)


def count(value):
    """Nothing at all is to be told apart from little."""
    return "-" if value is None else "0" if value == 0 else "<0.1" if value < 0.1 else number(value)


def locked(value):
    return "-" if value is None else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def cells(points, key):
    return (str(key[1]), key[2], number(points.rate(key)), ratio(points.to_mica(points.rate, key)), percent(points.spread(key)),
            number(points.cost(key)), ratio(points.to_mica(points.cost, key)),
            locked(points.stepped(key, "locked", "get")), locked(points.stepped(key, "locked", "release")),
            locked(points.stepped(key, "locked")), number(points.stepped(key, "instructions")),
            count(points.of_million(key, "futex")), count(points.of_million(key, *MEMORY)),
            count(points.of_million(key, "voluntary")), count(points.of_million(key, "involuntary")),
            number(points.middle(key, lambda run: run["peak_kib"] / 1024)))


def table_of(points, pattern):
    table = Table(title=TITLES[pattern], title_justify="left", pad_edge=False, box=None, header_style="")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "allocator" else "right", no_wrap=True)
    for threads in points.document["settings"]["threads"]:
        for name in points.names:
            failed = [run["failed"] for run in points.runs.get((pattern, threads, name), []) if "failed" in run]
            row = (str(threads), name, "failed") if failed else cells(points, (pattern, threads, name))
            table.add_row(*row, style="bold" if name == MICA else None)
        table.add_section()
    return table


def head_lines(document):
    settings = document["settings"]
    yield machine.line(document["machine"])
    for each in document["allocators"]:
        words = " ".join(f"{name}={value}" for name, value in each["settings"].items())
        yield f"  {each['name']}: {each['version'] or 'version unknown'}{' with ' + words if words else ''}"
    yield f"{settings['rounds']} rounds by turns{', quick' if settings['quick'] else ''}; medians, but for cpu ns"
    yield "million/s, spread: operations of all threads by wall time; cpu ns: an operation's processor time without waiting, least"
    yield "malloc, free, locked (both), instr. (both): locked operations and instructions, by stepping through every 16th call"
    yield "futex, memory (mmap, munmap, brk, madvise, mprotect, mremap), vol., invol. (context switches): of a million operations"
    if not all(run.get("counted", 0) for run in document["runs"] if "failed" not in run):
        yield "the kernel did not count system calls: it does for root, where tracefs is mounted"


def panel(points, index, pattern, title, figure, least):
    """One panel of the picture, and its data: a line for each number of threads. least: of a logarithmic axis, or None."""
    every = points.document["settings"]["threads"]
    rows = []
    for threads in every:
        values = [figure((pattern, threads, name)) for name in points.names]
        cells_ = ["NaN" if value is None else f"{max(value, least or 0):.6g}" for value in values]
        rows.append(" ".join([str(threads), *cells_]))
    scale = "unset logscale y\nset yrange [0:*]" if least is None else f"set logscale y\nset yrange [{least}:*]"
    drawn = plots.curves(points.names, "linespoints", lambda number_: f"'contention.dat' index {index} using 1:{number_ + 2}")
    return "\n".join(rows), f"""{scale}
set title {plots.quoted(f"{pattern}: {title}")} noenhanced
set xtics ({", ".join(map(str, every))})
set {"key" if index == 0 else "nokey"}
plot {drawn}
"""


def draw(points, folder):
    """A column for each pattern; throughput, processor time, locked operations and futex calls below each other."""
    figures = (("million operations a second", points.rate, None),
               ("processor ns an operation", points.cost, 5),
               ("locked operations an operation", lambda key: points.stepped(key, "locked"), None),
               ("futex calls a million operations (1: or less)", lambda key: points.of_million(key, "futex"), 1))
    panels = [panel(points, row * len(TITLES) + column, pattern, title, figure, least)
              for row, (title, figure, least) in enumerate(figures) for column, pattern in enumerate(TITLES)]
    plots.draw(folder, "contention", "\n\n\n".join(rows for rows, _ in panels) + "\n", f"""# contention.gp -- by threads
set terminal svg size 1260,1400 {plots.FONT} background '#ffffff'
set output 'contention.svg'
set datafile missing 'NaN'
set logscale x 2
set xrange [0.9:17.8]
set format y '%g'
set grid lc rgb '#d8d8d8' lt 1
set key at screen 0.5, screen 0.055 center top vertical maxrows 2 noenhanced width 2
set multiplot layout {len(figures)},{len(TITLES)} margins 0.06,0.985,0.085,0.97 spacing 0.062,0.05
{"".join(text for _, text in panels)}unset multiplot
""")


def show(document, folder):
    """The tables on the terminal and in contention.txt, the picture in contention.svg."""
    points = Points(document)
    with open(folder / "contention.txt", "w", encoding="utf-8") as file:
        for console in (Console(file=file, width=WIDTH), Console(width=WIDTH)):
            for line in head_lines(document):
                console.print(line, markup=False, highlight=False)
            for pattern in TITLES:
                console.print()
                console.print(table_of(points, pattern))
    draw(points, folder)


def short(value):
    """Three digits that count."""
    if value is None or value == 0:
        return "-" if value is None else "0"
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def markdown(title, heads, rows):
    yield " | ".join([f"| `{title}`", *heads]) + " |"
    yield "|---" + "|--:" * len(heads) + "|"
    for cells_ in rows:
        yield "| " + " | ".join(cells_) + " |"
    yield ""


def markdown_lines(points):
    """The tables of notes/allocators.md."""
    every = points.document["settings"]["threads"]
    for pattern in TITLES:
        costs, rates = [], []
        for name in points.names:
            keys = [(pattern, threads, name) for threads in every]
            few = (keys[1], keys[2], keys[-1])
            costs.append([name, *(short(points.cost(key)) for key in keys),
                          *(locked(points.stepped(key, "locked")) for key in (keys[0], *few)),
                          *(short(points.of_million(key, "futex")) for key in few)])
            rates.append([name, *(f"{short(points.rate(key))} ({100 * (points.spread(key) or 0):.0f} %)" for key in keys),
                          short(points.of_million(keys[-1], *MEMORY)),
                          short(points.middle(keys[-1], lambda run: run["peak_kib"] / 1024))])
        few = [str(threads) for threads in (every[1], every[2], every[-1])]
        yield from markdown(pattern, [f"ns: {every[0]}", *map(str, every[1:]), f"locked: {every[0]}", *few,
                                      f"futex: {few[0]}", *few[1:]], costs)
        yield from markdown(pattern, [f"million/s: {every[0]}", *map(str, every[1:]), "memory", "MiB"], rates)


def main():
    file = Path(sys.argv[-1]).resolve()
    document = json.loads(file.read_text(encoding="utf-8"))
    if "--markdown" in sys.argv:
        print("\n".join(markdown_lines(Points(document))))
    else:
        show(document, file.parent)


if __name__ == "__main__":
    main()
