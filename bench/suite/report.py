"""report.py -- a result as text: the tables of the rows, the series, the geometric means and the targets; and as CSV."""
import csv

import machine
import targets
from figures import WIDE
from peers import FLOOR, MICA

MARK = "*"
CSV_FIELDS = ("row", "unit", "allocator", "rounds", "time", "time_to_mica", "time_to_best_peer", "spread", "cpu", "peak_kib",
              "peak_to_mica", "peak_to_smallest_peer", "resident_kib", "together", "cells_to_best", "worst_cell", "faults",
              "locked_per_free", "instructions_per_free", "marked", "failed")


def number(value):
    """A figure with about three digits that count."""
    if value is None:
        return "-"
    digits = 0 if value >= 1000 else 1 if value >= 100 else 2 if value >= 1 else 3
    return f"{value:.{digits}f}"


def ratio(value):
    return "-" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def percent(value):
    return "-" if value is None else f"{100 * value:.1f} %"


def mebibytes(kib):
    return "-" if kib is None else number(kib / 1024)


def grid(head, rows):
    """Columns side by side: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows)]
    for cells in (head, *rows):
        yield "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()


def cells_of(figures, row, allocator):
    """How a row's cells stand to the best peer of each, and the worst of them, with its name."""
    mean, worst, cell = figures.cells_to_best(row, allocator)
    return mean, None if cell is None else f"{ratio(worst)} {cell}"


# Columns that only rows of some kinds have: the head, the field of the record, and how it is written.
FURTHER = (("resident MiB", "resident_kib", mebibytes), ("cpu s", "cpu", number), ("together", "together", ratio),
           ("cells ÷ best", "cells_to_best", ratio), ("worst cell", "worst_cell", lambda text: text or "-"),
           ("locked/free", "locked_per_free", number))


def further_of(row, records):
    """Those of the columns that this row has."""
    return [(head, field, text) for head, field, text in FURTHER
            if (row.get("resident") if field in ("resident_kib", "cpu") else any(r[field] is not None for r in records))]


def record(figures, row, allocator):
    """What the CSV says of an allocator in a row."""
    name = row["name"]
    locked = figures.locked.get((name, allocator), {})
    cells, worst = cells_of(figures, name, allocator)
    return {
        "row": name, "unit": row["unit"], "allocator": allocator, "rounds": len(figures.values(name, allocator, "time")),
        "time": figures.time(name, allocator), "time_to_mica": figures.ratio(name, allocator, MICA),
        "time_to_best_peer": figures.to_least(name, allocator), "spread": figures.spread(name, allocator),
        "cpu": figures.middle(name, allocator, "cpu"), "peak_kib": figures.peak(name, allocator),
        "peak_to_mica": figures.ratio(name, allocator, MICA, "peak_kib"),
        "peak_to_smallest_peer": figures.to_least(name, allocator, "peak_kib"),
        "resident_kib": figures.middle(name, allocator, "resident_kib"),
        "together": figures.middle(name, allocator, "together"), "cells_to_best": cells, "worst_cell": worst,
        "faults": figures.middle(name, allocator, "faults"), "locked_per_free": locked.get("locked_per_free"),
        "instructions_per_free": locked.get("instructions_per_free"),
        "marked": MARK if figures.is_wide(name) else "", "failed": figures.failures.get((name, allocator), ""),
    }


def write_csv(figures, path):
    """One line for each row and allocator that was run: medians."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, CSV_FIELDS, lineterminator="\n")
        writer.writeheader()
        for row in figures.all_rows:
            for name in figures.names:
                if (row["name"], name) in figures.runs:
                    known = {k: "" if v is None else v for k, v in record(figures, row, name).items()}
                    writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in known.items()})


def row_lines(figures, row):
    """A row: a line for each allocator."""
    records = [record(figures, row, name) for name in figures.names if (row["name"], name) in figures.runs]
    further = further_of(row, records)
    head = ["", "time", "÷ mica", "÷ best peer", "spread", "peak MiB", "÷ mica", "faults", *(each[0] for each in further)]
    cells = []
    for r in records:
        if r["failed"]:
            cells.append([f"  {r['allocator']}", "failed", *[""] * (len(head) - 2)])
            continue
        line = [f"  {r['allocator']}", number(r["time"]), ratio(r["time_to_mica"]), ratio(r["time_to_best_peer"]),
                percent(r["spread"]), mebibytes(r["peak_kib"]), ratio(r["peak_to_mica"]), number(r["faults"]).split(".")[0]]
        cells.append(line + [text(r[field]) for _, field, text in further])
    mark = f"   {MARK} spread above {100 * WIDE:.0f} %" if figures.is_wide(row["name"]) else ""
    yield f"{row['name']}: {row['command']} [{row['unit']}]{mark}"
    yield from grid(head, cells)
    for name in figures.names:
        if why := figures.failures.get((row["name"], name)):
            yield f"  {name} failed: {why}"
    yield ""


def matrix(figures, title, value, text, chosen=None):
    """One line a row, one column an allocator; of all rows, or of those chosen."""
    shown = figures.rows if chosen is None else chosen
    names = [name for name in figures.names if any((row["name"], name) in figures.runs for row in shown)]
    rows = [[row["name"] + (MARK if figures.is_wide(row["name"]) else "")]
            + [text(value(row["name"], name)) if (row["name"], name) not in figures.failures else "failed" for name in names]
            for row in shown]
    yield title
    yield from grid(["", *names], rows)
    yield ""


def series_lines(figures):
    """Each series: a line for each number of threads."""
    for series in dict.fromkeys(point["series"] for point in figures.points):
        points = [point for point in figures.points if point["series"] == series]
        yield f"{series}: throughput by threads, millions a second"
        yield from grid(["threads", *figures.names], [
            [str(point["threads"])] + [number(figures.throughput(point, name)) for name in figures.names] for point in points])
        yield ""


def mean_lines(figures):
    """The geometric means of each allocator."""
    single = figures.best_single_peer()
    yield f"geometric means over {len(figures.timed)} rows; the best single peer is {single or 'none'}"
    rows = []
    for name in figures.without_floor:
        worst, behind = figures.worst_row(name)
        rows.append([name, str(figures.finished(name)), ratio(figures.mean_ratio(name, single) if single else None),
                     ratio(figures.mean_to_least(name)), ratio(behind), worst or "-",
                     ratio(figures.mean_to_least(name, "peak_kib")), ratio(figures.mean_resident(name))])
    yield from grid(["", "rows", "time ÷ best single peer", "÷ best of each row", "worst", "in row",
                     "peak ÷ smallest of each row", "resident ÷ smallest"], rows)
    yield ""


def target_lines(figures):
    """The targets, with what was found."""
    rows = [[target.text, ratio(target.figure), f"{target.side} {target.limit:.2f}", target.verdict]
            for target in targets.all_of(figures)]
    yield from grid(["targets", "found", "wanted", "met"], rows)


def head_lines(figures):
    """Whose figures these are, and how they came about."""
    document = figures.document
    settings = document["settings"]
    yield machine.line(document["machine"])
    for allocator in document["allocators"]:
        if allocator["name"] != FLOOR:
            yield f"  {allocator['name']}: {allocator['file'] or 'no file'}, {allocator['version'] or 'version unknown'}"
    yield (f"{settings['rounds']} rounds, {'quick' if settings['quick'] else 'full'} arguments"
           + (f", {settings['threads']} threads where the number may be chosen" if settings["threads"] else "")
           + (", interrupted: what was finished is here" if document["interrupted"] else ""))
    fewer = [row["name"] for row in figures.rows if figures.rounds(row["name"]) < settings["rounds"]]
    if fewer:
        yield f"fewer rounds, because time was up: {len(fewer)} rows, from {fewer[0]} on"
    yield ""


def lines(figures):
    """The whole report."""
    yield from head_lines(figures)
    for row in figures.rows:
        yield from row_lines(figures, row)
    if figures.rows:
        title = f"time ÷ the best peer's   ({MARK} spread above {100 * WIDE:.0f} %)"
        yield from matrix(figures, title, figures.to_least, ratio)
        yield from matrix(figures, "peak resident size, MiB", figures.peak, mebibytes)
        resident = [row for row in figures.rows if row.get("resident")]
        if resident:
            yield from matrix(figures, "resident when the program says, MiB", figures.resident, mebibytes, resident)
    yield from series_lines(figures)
    if figures.rows:
        yield from mean_lines(figures)
        yield from target_lines(figures)
