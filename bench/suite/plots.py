"""plots.py -- the pictures of a result: a data file and a gnuplot script each, and what gnuplot makes of them, SVG.

time.svg and resident.svg have a line for each row with a dot for each allocator, the least of the peers being 1; scaling.svg
has a panel for each series, with a curve for each allocator."""
import subprocess

from peers import FLOOR, MICA

# mica's stands out; the others can be told apart with weak colour vision, too.
COLOURS = ("#0072b2", "#009e73", "#e69f00", "#56b4e9", "#7f5ab0", "#8c6d31", "#5f5f5f", "#2ca0a0", "#b0a000", "#a06080")
SHAPES = (4, 6, 8, 10, 12, 14, 1, 2, 3)
LINE = 21  # pixels of a row
FONT = "font 'DejaVu Sans,12'"


class PlotError(Exception):
    """gnuplot is missing, or did not draw."""


def styles(names, front=MICA):
    """Of each allocator how gnuplot draws it: colour, point, line; `front` stands out."""
    found, others = {}, 0
    for name in names:
        if name == front:
            found[name] = "pt 7 ps 1.0 lw 2.6 lc rgb '#d40000'"
        elif name == FLOOR:
            found[name] = "pt 0 lw 1.4 dt 2 lc rgb '#909090'"
        else:
            colour, shape = COLOURS[others % len(COLOURS)], SHAPES[others % len(SHAPES)]
            found[name] = f"pt {shape} ps 0.8 lw 1.4 lc rgb '{colour}'"
            others += 1
    return found


def curves(names, how, source, front=MICA):
    """The plot command's list: the legend in the order of the names, `front` drawn last, above the others.

    source(number): where the data of the allocator with this number is."""
    style = styles(names, front)
    legend = [f"keyentry with {how} {style[name]} title {quoted(name)}" for name in names]
    order = sorted(range(len(names)), key=lambda number: names[number] == front)
    return ", ".join(legend + [f"{source(number)} with {how} {style[names[number]]} notitle" for number in order])


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def draw(folder, name, data, script):
    """Write NAME.dat and NAME.gp and have NAME.svg made of them, next to them."""
    (folder / f"{name}.dat").write_text(data, encoding="utf-8")
    (folder / f"{name}.gp").write_text(script, encoding="utf-8")
    try:
        done = subprocess.run(["gnuplot", f"{name}.gp"], cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PlotError(f"gnuplot: {error}") from error
    if done.returncode != 0 or not (folder / f"{name}.svg").exists():
        raise PlotError(f"gnuplot {name}.gp: {done.stderr.strip()}")


def tics(least, most):
    """The marks of a logarithmic axis between two values."""
    if most / least > 1000:
        steps = (1,)
    elif most / least > 100:
        steps = (1, 3)
    elif most / least > 20:
        steps = (1, 2, 5)
    else:
        steps = (1, 1.2, 1.5, 2, 3, 5, 7)
    values = [step * 10.0 ** power for power in range(-4, 7) for step in steps]
    return ", ".join(f"'{value:g}' {value:g}" for value in values if least <= value <= most)


def dots(figures, folder, name, title, field, label):
    """A picture with a line for each row, and one for the mean of all, and a dot for each allocator."""
    names = figures.without_floor
    lines = [(label(row["name"]), [figures.to_least(row["name"], each, field) for each in names]) for row in figures.rows]
    lines.append(("geometric mean", [figures.mean_to_least(each, field) for each in names]))
    known = [cell for _, cells in lines for cell in cells if cell is not None]
    if not known:
        return False
    least, most = min(min(known) / 1.12, 0.8), max(max(known) * 1.12, 1.25)
    data = "".join(" ".join([str(i), *("NaN" if cell is None else f"{cell:.6g}" for cell in cells)]) + "\n"
                   for i, (_, cells) in enumerate(lines))
    labels = ", ".join(f"{quoted(text)} {i}" for i, (text, _) in enumerate(lines))
    draw(folder, name, data, f"""# {name}.gp -- {title}
set terminal svg size 1000,{LINE * len(lines) + 170} {FONT} background '#ffffff'
set output '{name}.svg'
set title {quoted(title)} noenhanced
set logscale x
set logscale x2
set xrange [{least:.6g}:{most:.6g}]
set x2range [{least:.6g}:{most:.6g}]
set yrange [{len(lines) - 0.4}:-0.6]
set xtics ({tics(least, most)}) nomirror
set x2tics ({tics(least, most)})
set ytics ({labels}) noenhanced scale 0
set grid xtics ytics lc rgb '#dcdcdc' lt 1
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb '#606060' lw 1.2 back
set arrow from graph 0, first {len(lines) - 1.5} to graph 1, first {len(lines) - 1.5} nohead lc rgb '#606060' lw 1.2 back
set key below center horizontal maxcols 4 noenhanced reverse Left
plot {curves(names, 'points', lambda number: f"'{name}.dat' using {number + 2}:1")}
""")
    return True


def scaling(figures, folder, name="scaling", front=MICA):
    """A panel for each series: throughput by threads."""
    series = list(dict.fromkeys(point["series"] for point in figures.points
                                if any(figures.throughput(point, each) for each in figures.names)))
    if not series:
        return False
    names, blocks, panels = figures.names, [], []
    for index, each in enumerate(series):
        points = [point for point in figures.points if point["series"] == each]
        blocks.append("\n".join(" ".join([str(point["threads"]), *(
            "NaN" if (value := figures.throughput(point, way)) is None else f"{value:.6g}" for way in names)])
            for point in points))
        panels.append(f"""set title {quoted(each)} noenhanced
set xtics ({", ".join(str(point["threads"]) for point in points)})
set ylabel {quoted("millions a second" if index == 0 else "")}
plot {curves(names, "linespoints", lambda number: f"'{name}.dat' index {index} using 1:{number + 2}", front)}
""")
    draw(folder, name, "\n\n\n".join(blocks) + "\n", f"""# {name}.gp -- throughput by threads
set terminal svg size {380 * len(series) + 60},470 {FONT} background '#ffffff'
set output '{name}.svg'
set logscale x 2
set logscale y
set xlabel 'threads'
set xrange [*:*] noextend
set offsets graph 0.05, graph 0.05, 0, 0
set grid lc rgb '#d8d8d8' lt 1
set key below center horizontal noenhanced
set multiplot layout 1,{len(series)}
{''.join(panels)}unset multiplot
""")
    return True


def draw_all(figures, folder):
    """Every picture that the result has figures for; their names."""
    def row_with_peak(row):
        kib = figures.peak(row, MICA)
        return row + (f"  ({kib / 1024:.0f} MiB)" if kib is not None else "")

    def row_with_mark(row):
        return row + (" *" if figures.is_wide(row) else "")

    drawn = [
        ("time", dots(figures, folder, "time",
                      "Time, divided by the best peer's of each row (left of 1: faster than every peer; * spread too wide)",
                      "time", row_with_mark)),
        ("resident", dots(figures, folder, "resident",
                          "Peak resident size, divided by the smallest peer's of each row (in brackets: mica's)",
                          "peak_kib", row_with_peak)),
        ("scaling", scaling(figures, folder)),
    ]
    return [f"{name}.svg" for name, there in drawn if there]
