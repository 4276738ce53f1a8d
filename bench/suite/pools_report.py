"""pools_report.py -- a result of the part on pools as text, CSV and pictures."""
import csv
import io
import sys

import machine
import plots
from figures import WIDE, divided
from peers import LIBC, MICA
from report import MARK, mebibytes, number, percent, ratio
from targets import AT_LEAST, Target

POOL, MUTEX = "pool", "mutex"
FURTHER = ("first", "first_faults")  # what these programs say besides
SMALL, SHARED = "at-once-equal", "one-pool@4"  # what bench/pools.toml must have
WIDTH = 118
CSV_FIELDS = ("row", "unit", "threads", "way", "rounds", "time", "time_to_libc", "spread", "first", "first_to_libc", "cpu",
              "cpu_to_libc", "peak_kib", "peak_to_libc", "faults", "first_faults", "throughput", "marked", "failed")


def targets(figures):
    """What pools are to reach, each with the figure that the result has for it. Information, never an exit status."""
    return [
        Target("300,000 small blocks released at once: time, pool ÷ libc", figures.ratio(SMALL, POOL, LIBC), 0.30),
        Target("4 threads on one pool: throughput, pool ÷ mutex", figures.ratio(SHARED, MUTEX, POOL), 2.00, AT_LEAST),
    ]


def is_wide(figures, row):
    """The pool's spread or the C library's is so wide that the row says little."""
    spreads = [figures.spread(row, name) for name in (POOL, LIBC)]
    return any(spread is not None and spread > WIDE for spread in spreads)


def record(figures, row, way):
    """What the CSV says of a way in a row."""
    name = row["name"]

    def middle(field):
        return figures.middle(name, way, field)

    return {
        "row": name, "unit": row["unit"], "threads": row["threads"] or "", "way": way,
        "rounds": len(figures.values(name, way, "time")), "time": middle("time"),
        "time_to_libc": figures.ratio(name, way, LIBC), "spread": figures.spread(name, way), "first": middle("first"),
        "first_to_libc": figures.ratio(name, way, LIBC, "first"), "cpu": middle("cpu"),
        "cpu_to_libc": figures.ratio(name, way, LIBC, "cpu"), "peak_kib": middle("peak_kib"),
        "peak_to_libc": figures.ratio(name, way, LIBC, "peak_kib"), "faults": middle("faults"),
        "first_faults": middle("first_faults"), "throughput": figures.throughput(row, way) if row["series"] else None,
        "marked": MARK if is_wide(figures, name) else "", "failed": figures.failures.get((name, way), ""),
    }


def write_csv(figures, path):
    """One line for each row and way that was run: medians."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, CSV_FIELDS, lineterminator="\n")
        writer.writeheader()
        for row in figures.all_rows:
            for way in figures.names:
                known = {k: "" if v is None else v for k, v in record(figures, row, way).items()}
                writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in known.items()})


def table_of(title, *columns):
    """A table; the first column to the left, the others to the right, or as `-` says at the end of their names."""
    from rich import box
    from rich.table import Table
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, title_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 or column == "way" else "right", no_wrap=True)
    return table


def rows_table(figures):
    """Every row and point, a line for each way."""
    table = table_of(f"medians; {MARK} spread above {100 * WIDE:.0f} %; first: the first round, with its page faults; ÷: libc",
                     "row", "way", "time", "÷", "cpu ÷", "spread", "first", "÷", "faults", "peak MiB", "÷")
    for row in figures.all_rows:
        head = [row["name"] + (MARK if is_wide(figures, row["name"]) else ""), f"  {row['unit']}"]
        for way in figures.names:
            r = record(figures, row, way)
            cells = ["failed"] if r["failed"] else [
                number(r["time"]), ratio(r["time_to_libc"]), ratio(r["cpu_to_libc"]), percent(r["spread"]), number(r["first"]),
                ratio(r["first_to_libc"]), number(r["first_faults"]).split(".")[0], mebibytes(r["peak_kib"]),
                ratio(r["peak_to_libc"])]
            table.add_row(head.pop(0) if head else "", way, *cells, style="bold" if way == POOL else None)
        table.add_section()
    return table


def series_tables(figures):
    """Each series: throughput by threads."""
    for series in dict.fromkeys(point["series"] for point in figures.points):
        table = table_of(f"{series}: throughput by threads, millions a second", "threads", *figures.names, "pool ÷ mutex",
                         "pool ÷ libc", "pool ÷ mica")
        for point in figures.points:
            if point["series"] == series:
                by_way = {way: figures.throughput(point, way) for way in figures.names}
                table.add_row(str(point["threads"]), *map(number, by_way.values()),
                              *(ratio(divided(by_way.get(POOL), by_way.get(way))) for way in (MUTEX, LIBC, MICA)))
        yield table


def targets_table(figures):
    table = table_of("", "targets", "found", "wanted", "met")
    for target in targets(figures):
        table.add_row(target.text, ratio(target.figure), f"{target.side} {target.limit:.2f}", target.verdict)
    return table


def said(figures):
    """Everything, in its order: lines and tables."""
    document, settings = figures.document, figures.document["settings"]
    yield machine.line(document["machine"])
    yield (f"pools: {settings['rounds']} rounds, {'quick' if settings['quick'] else 'full'} arguments"
           + (f", {settings['threads']} threads where the number may be chosen" if settings["threads"] else "")
           + (", interrupted: what was finished is here" if document["interrupted"] else ""))
    for row in figures.all_rows:
        yield f"  {row['name']}: {row['command']} [{row['unit']}]"
    yield rows_table(figures)
    for (row, way), why in figures.failures.items():
        yield f"  {row} by {way} failed: {why}"
    yield from series_tables(figures)
    yield targets_table(figures)


def print_all(figures, file, **how):
    from rich.console import Console
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False, **how)
    for each in said(figures):
        console.print(each, soft_wrap=isinstance(each, str))


def show(figures, path):
    """The text into the file, and to stdout: with its styles on a terminal, else just so."""
    text = io.StringIO()
    print_all(figures, text, color_system=None)
    plain = "\n".join(line.rstrip() for line in text.getvalue().split("\n"))
    path.write_text(plain, encoding="utf-8")
    if sys.stdout.isatty():
        print_all(figures, sys.stdout)
    else:
        print(plain, end="")
    sys.stdout.flush()


# ---- Pictures ----

def bars(figures, folder):
    """A bar for each way in each row, from 1 to its time divided by the C library's: to the left is faster."""
    ways = [way for way in figures.names if way != LIBC]
    lines = [(row["name"], [figures.ratio(row["name"], way, LIBC) for way in ways]) for row in figures.all_rows]
    known = [cell for _, cells in lines for cell in cells if cell is not None]
    if not known:
        return
    least, most, high = min(*known, 0.8) / 1.15, max(*known, 1.25) * 1.15, 0.8 / len(ways)
    data = "".join(" ".join([str(i), *("NaN" if cell is None else f"{cell:.6g}" for cell in cells)]) + "\n"
                   for i, (_, cells) in enumerate(lines))
    labels = ", ".join(f"{plots.quoted(name)} {i}" for i, (name, _) in enumerate(lines))
    colours = {POOL: "#d40000", MICA: "#009e73", MUTEX: "#e69f00"}  # as in the curves

    def bar(i, way):
        low, column = i * high - 0.4, i + 2
        there = f"(${column}==${column} ? $1+{low + high / 2:.4g} : NaN)"  # a figure that is missing is not equal to itself
        return (f"'pools.dat' using (1):{there}:(1):{column}:($1+{low:.4g}):($1+{low + high:.4g}) with boxxyerror "
                f"fs solid noborder lc rgb '{colours[way]}' title {plots.quoted(way)}")

    drawn = ", ".join(bar(i, way) for i, way in enumerate(ways))
    title = "Time divided by the C library's malloc and free (left of 1: faster)"
    plots.draw(folder, "pools", data, f"""# pools.gp -- {title}
set terminal svg size 900,{46 * len(lines) + 130} {plots.FONT} background '#ffffff'
set output 'pools.svg'
set title {plots.quoted(title)} noenhanced
set logscale x
set xrange [{least:.6g}:{most:.6g}]
set yrange [{len(lines) - 0.4}:-0.6]
set xtics ({plots.tics(least, most)}) nomirror
set ytics ({labels}) noenhanced scale 0
set grid xtics lc rgb '#dcdcdc' lt 1
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb '#606060' lw 1.2 front
set key below center horizontal noenhanced reverse Left
plot {drawn}
""")


def draw(figures, folder):
    """pools.svg and pools-threads.svg."""
    bars(figures, folder)
    plots.scaling(figures, folder, "pools-threads", POOL)
