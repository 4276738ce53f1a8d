"""figures.py -- the figures that follow from the runs of a result: medians, spreads, best peers, geometric means.

A result is the document that results.json holds. Every figure is None where a run that it needs is missing. The points of
the series are in no mean, and the rows about resident memory in none of time or peak."""
import math
from statistics import median

from peers import FLOOR, MICA

WIDE = 0.03  # a row whose spread is above this is marked


def divided(a, b):
    return None if a is None or not b else a / b


def geometric_mean(values):
    """The geometric mean of what is there, or None."""
    known = [value for value in values if value is not None]
    return math.exp(sum(map(math.log, known)) / len(known)) if known else None


class Figures:
    """The figures of one result."""

    def __init__(self, document):
        self.document = document
        self.all_rows = document["rows"]
        self.rows = [row for row in self.all_rows if not row["series"]]
        self.timed = [row for row in self.rows if not row.get("resident")]
        self.points = [row for row in self.all_rows if row["series"]]
        self.names = [a["name"] for a in document["allocators"]]
        self.peers = [name for name in self.names if name not in (MICA, FLOOR)]
        self.without_floor = [name for name in self.names if name != FLOOR]
        self.locked = {(entry["row"], entry["allocator"]): entry for entry in document["locked"]}
        self.runs, self.failures = {}, {}
        for run in document["runs"]:
            key = run["row"], run["allocator"]
            if "failed" in run:
                self.failures[key] = run["failed"]
            self.runs.setdefault(key, []).append(run)

    def values(self, row, allocator, field):
        """The field's value of each run that has it; none at all if one of the runs failed."""
        if (row, allocator) in self.failures:
            return []
        return [run[field] for run in self.runs.get((row, allocator), []) if field in run]

    def rounds(self, row):
        """How many times a row was run under mica."""
        return len(self.runs.get((row, MICA), []))

    def middle(self, row, allocator, field):
        values = self.values(row, allocator, field)
        return median(values) if values else None

    def time(self, row, allocator):
        return self.middle(row, allocator, "time")

    def peak(self, row, allocator):
        return self.middle(row, allocator, "peak_kib")

    def resident(self, row, allocator):
        return self.middle(row, allocator, "resident_kib")

    def spread(self, row, allocator):
        """The distance of the slowest run to the fastest, as a share of the median."""
        times = self.values(row, allocator, "time")
        return (max(times) - min(times)) / median(times) if len(times) > 1 else None

    def cells(self, row, allocator):
        """The median of each cell of a row that is a table of cells."""
        tables = self.values(row, allocator, "cells")
        return {cell: median(table[cell] for table in tables) for cell in (tables[0] if tables else ())}

    def cells_to_best(self, row, allocator):
        """Of a table of cells: the geometric mean of its ratios to the best peer of each cell, the worst ratio, its cell."""
        peers = [cells for name in self.peers if (cells := self.cells(row, name))]
        ratios = {cell: divided(own, min((cells[cell] for cells in peers), default=None))
                  for cell, own in self.cells(row, allocator).items()}
        known = [(value, cell) for cell, value in ratios.items() if value is not None]
        return (geometric_mean(ratios.values()), *max(known)) if known else (None, None, None)

    def least(self, row, field):
        """The peer with the least median of a field in a row, and that median; or None twice."""
        known = [(value, name) for name in self.peers if (value := self.middle(row, name, field)) is not None]
        value, name = min(known) if known else (None, None)
        return name, value

    def best_peer(self, row):
        return self.least(row, "time")

    def is_wide(self, row):
        """mica's spread or the best peer's is so wide that the row says little."""
        spreads = [self.spread(row, MICA), self.spread(row, self.best_peer(row)[0])]
        return any(spread is not None and spread > WIDE for spread in spreads)

    def ratio(self, row, allocator, other, field="time"):
        """One allocator's median divided by another's."""
        return divided(self.middle(row, allocator, field), self.middle(row, other, field))

    def to_least(self, row, allocator, field="time"):
        """An allocator's median divided by the least of the peers'."""
        return divided(self.middle(row, allocator, field), self.least(row, field)[1])

    def mean_ratio(self, allocator, other, field="time"):
        """The geometric mean over the rows that both finished of one's median divided by the other's."""
        return geometric_mean(self.ratio(row["name"], allocator, other, field) for row in self.timed)

    def mean_to_least(self, allocator, field="time"):
        """The geometric mean over the rows of an allocator's median divided by the least of the peers'."""
        return geometric_mean(self.to_least(row["name"], allocator, field) for row in self.timed)

    def mean_resident(self, allocator):
        """The geometric mean of what is resident divided by the least of the peers', over the rows that are about that."""
        return geometric_mean(self.to_least(row["name"], allocator, "resident_kib") for row in self.rows)

    def best_single_peer(self):
        """The peer with the least mean of time, measured against mica, of those that finished the most rows; or None."""
        most = max(map(self.finished, self.peers), default=0)
        known = [(value, name) for name in self.peers
                 if self.finished(name) == most and (value := self.mean_ratio(name, MICA)) is not None]
        return min(known)[1] if known else None

    def worst_row(self, allocator, field="time"):
        """The row in which an allocator is furthest behind the least of the peers, and how far; or None twice."""
        known = [(value, row["name"]) for row in self.timed
                 if (value := self.to_least(row["name"], allocator, field)) is not None]
        value, name = max(known) if known else (None, None)
        return name, value

    def finished(self, allocator):
        """In how many rows an allocator has a figure."""
        return sum(self.time(row["name"], allocator) is not None for row in self.timed)

    def throughput(self, point, allocator):
        """Millions of operations a second, of all threads, of a point whose unit is nanoseconds."""
        time = self.time(point["name"], allocator)
        if time is None:
            return None
        return 1e3 / time * (point["threads"] if point["operations"] == "each" else 1)
