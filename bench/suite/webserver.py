#!/usr/bin/python3
"""webserver.py -- the web server of bench/webserver under wrk, with each of four ways to get a request's memory: blocks of the
C library, blocks of mica, a pool for each request, a pool that eight requests share.

usage: webserver.py --programs DIR --out DIR [--quick] [--rounds N] [--requests N]
In each round each way runs once, in an order that rotates, in a process of its own: start, warming, load, figures at rest, end.
What is compared with the C library's is divided within each round; shown is the median. Processor time is the server's
alone. In the end, but for --quick, the shared way serves a million requests: then its statistics balance, and its resident
size is what it was after the first half. --requests N: only that, with N requests. DIR gets webserver.json, webserver.txt,
webserver.svg.

Exit status: 0; 1 if a server failed or had something left over; 2 if it was called wrongly; 130 if it was interrupted."""
import argparse
import json
import shutil
import sys
from pathlib import Path
from statistics import median

import machine
import plots
import report
import serving
import values

ROOT = Path(__file__).resolve().parents[2]
LIBC, SHARED = "C library", "shared by 8"
WAYS = {LIBC: ("webserver-libc", "libc"), "mica": ("webserver", "mica"), "pool each": ("webserver", "pool"),
        SHARED: ("webserver", "shared:8")}
CACHE = "48M"
ROUNDS, WARM, SECONDS = 5, 2, 8
QUICK_ROUNDS, QUICK_WARM, QUICK_SECONDS = 3, 2, 2
SOAK, SOAK_PART, SOAK_WARM = 1000000, 10, 0.5  # requests; seconds of wrk at a time; share of the requests before the first look
GROWTH = 2048  # KiB that a soaked server may have more: of four bytes a request it would be as many
FIELDS = ("per_second", "median_ms", "slowest_ms", "user_us", "system_us", "peak_kib", "hit_rate", "allocations", "bytes",
          "pools")


def arguments():
    parser = argparse.ArgumentParser(prog="webserver.py", description="Measure the web server; see bench/suite/webserver.py.")
    add = parser.add_argument
    add("--programs", required=True, metavar="DIR", help="where webserver and webserver-libc are")
    add("--out", required=True, metavar="DIR", help="where the results go")
    add("--quick", action="store_true", help="three short rounds and no soak: about a minute")
    add("--rounds", metavar="N", type=values.positive, help=f"rounds (default: {ROUNDS}; quick: {QUICK_ROUNDS})")
    add("--requests", metavar="N", type=values.positive, help="only the soak, with N requests")
    return parser.parse_args()


def say(text):
    print(f"webserver: {text}", file=sys.stderr, flush=True)


def command_of(options, way, site):
    program, memory = WAYS[way]
    return Path(options.programs) / program, ["--root", site.root, "--memory", memory, "--cache", CACHE]


def turns(options, site, runs):
    """Every way once a round; appends to runs as they come."""
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    warm, seconds = (QUICK_WARM, QUICK_SECONDS) if options.quick else (WARM, SECONDS)
    names = list(WAYS)
    for number in range(rounds):
        order = names[number % len(names):] + names[:number % len(names)]
        for way in order:
            program, words = command_of(options, way, site)
            run = {"round": number + 1, "way": way}
            try:
                run |= serving.measured(program, words, site.asked(), warm, seconds)
                say(f"round {number + 1}/{rounds} {way}: {run['per_second']:.0f} requests/s")
            except serving.ServingError as error:
                run["failed"] = str(error)
                say(f"round {number + 1}/{rounds} {way} failed: {error}")
            runs.append(run)


def soak(options, site, wanted):
    """The shared way serves so many requests: its figures after a part of them and at the end."""
    program, words = command_of(options, SHARED, site)
    server = serving.Server(program, *words)
    try:
        first, begun = None, server.stats()["requests"]
        while (stats := server.rest())["requests"] - begun < wanted:
            if first is None and stats["requests"] - begun >= SOAK_WARM * wanted:
                first = stats
            say(f"soak: {stats['requests']} of {wanted} requests, {stats['resident_kib'] / 1024:.1f} MiB")
            server.load(site.asked(), SOAK_PART if wanted >= SOAK else 1)
        server.end()
    except BaseException:
        server.kill()
        raise
    first = first or stats
    return {"way": SHARED, "requests": stats["requests"], "allocations": stats["allocations"], "frees": stats["frees"],
            "leftovers": serving.leftovers(stats), "pools_made": stats["pools_made"], "first_requests": first["requests"],
            "first_resident_kib": first["resident_kib"], "resident_kib": stats["resident_kib"], "peak_kib": stats["peak_kib"]}


class Findings:
    """What follows from the runs; None where one failed."""

    def __init__(self, document):
        self.document = document
        self.runs = {}
        for run in document["runs"]:
            self.runs.setdefault(run["way"], []).append(run)

    def values(self, way, field):
        runs = self.runs.get(way, [])
        return [] if any("failed" in run for run in runs) else [run[field] for run in runs]

    def middle(self, way, field):
        values = self.values(way, field)
        return median(values) if values else None

    def spread(self, way, field):
        values = self.values(way, field)
        return (max(values) - min(values)) / median(values) if values else None

    def ratio(self, way, field):
        """To the C library's, the median over the rounds."""
        pairs = list(zip(self.values(way, field), self.values(LIBC, field)))
        return median(a / b for a, b in pairs) if pairs else None

    def leftovers(self):
        return sum(run.get("leftovers", 0) for run in self.document["runs"])

    def failures(self):
        return [f"{run['way']}, round {run['round']}: {run['failed']}" for run in self.document["runs"] if "failed" in run]

    def is_well(self):
        kept = self.document["soak"]
        return not self.failures() and self.leftovers() == 0 and (
            kept is None or (kept["leftovers"] == 0 and kept["allocations"] == kept["frees"]
                             and kept["resident_kib"] <= kept["first_resident_kib"] + GROWTH))


def way_lines(findings):
    """A line for each way."""
    head = ["", "requests/s", "÷ C library", "spread", "median ms", "99 % ms", "user µs", "÷", "system µs", "peak MiB", "÷",
            "hit rate", "allocations", "bytes", "pools", "left over"]
    rows = []
    for way in findings.runs:
        if findings.middle(way, "per_second") is None:
            rows.append([way, "failed", *[""] * (len(head) - 2)])
            continue
        middle = {field: findings.middle(way, field) for field in FIELDS}
        rows.append([way, f"{middle['per_second']:.0f}", report.ratio(findings.ratio(way, "per_second")),
                     report.percent(findings.spread(way, "per_second")), f"{middle['median_ms']:.2f}",
                     f"{middle['slowest_ms']:.2f}", f"{middle['user_us']:.2f}", report.ratio(findings.ratio(way, "user_us")),
                     f"{middle['system_us']:.2f}",
                     report.mebibytes(middle["peak_kib"]), report.ratio(findings.ratio(way, "peak_kib")),
                     report.percent(middle["hit_rate"]), f"{middle['allocations']:.1f}", f"{middle['bytes']:.0f}",
                     f"{middle['pools']:.2f}", f"{sum(findings.values(way, 'leftovers'))}"])
    yield "user, system, allocations, bytes, pools: of the server, for each request"
    yield from report.grid(head, rows)


def target_lines(findings):
    """What it must show."""
    def line(text, figure, side, limit):
        met = "-" if figure is None else "yes" if (figure >= limit if side == "≥" else figure <= limit) else "no"
        return [text, report.ratio(figure), f"{side} {limit:g}", met]
    rows = []
    if findings.runs:
        rows += [line("pool shared by 8 ÷ C library, requests/s", findings.ratio(SHARED, "per_second"), "≥", 1.0),
                 line("pool shared by 8 ÷ C library, peak resident size", findings.ratio(SHARED, "peak_kib"), "≤", 1.0),
                 line("left over at rest, all ways", None if findings.failures() else findings.leftovers(), "≤", 0)]
    if kept := findings.document["soak"]:
        more = kept["resident_kib"] - kept["first_resident_kib"]
        rows += [line(f"left over after {kept['requests']:,} requests", kept["leftovers"], "≤", 0),
                 line(f"resident KiB more than after {kept['first_requests']:,}", more, "≤", GROWTH)]
    yield from report.grid(["targets", "found", "wanted", "met"], rows)


def lines(findings):
    document = findings.document
    yield machine.line(document["machine"])
    yield document["about"]
    yield ""
    if findings.runs:
        yield from way_lines(findings)
        yield ""
    for failure in findings.failures():
        yield f"failed: {failure}"
    yield from target_lines(findings)


def picture(findings, folder):
    """webserver.svg: a panel each for requests a second, the slowest in a hundred and the peak, with a bar for each way."""
    names = [way for way in findings.runs if findings.middle(way, "per_second") is not None]
    if not names:
        return
    panels = (("requests a second", "per_second", 1, "%.0f"),
              ("milliseconds, the slowest in a hundred", "slowest_ms", 1, "%.1f"),
              ("peak resident size, MiB", "peak_kib", 1 / 1024, "%.1f"))
    bars = {name: [f"{findings.middle(name, field) * factor:.6g}" for _, field, factor, _ in panels] for name in names}
    data = "".join(" ".join([f'"{name}"', *bars[name]]) + "\n" for name in names)
    drawn = "".join(f"""set title {plots.quoted(title)}
plot 'webserver.dat' using {number + 2}:xtic(1) with boxes lc rgb '#0072b2' notitle, \\
     '' using 0:{number + 2}:(sprintf('{form}', ${number + 2})) with labels offset 0,0.7 notitle
""" for number, (title, _, _, form) in enumerate(panels))
    plots.draw(folder, "webserver", data, f"""# webserver.gp -- the web server by where a request's memory comes from
set terminal svg size 1100,420 {plots.FONT} background '#ffffff'
set output 'webserver.svg'
set style fill solid 0.8 border -1
set boxwidth 0.6
set yrange [0:*]
set offsets 0.5, 0.5, graph 0.1, 0
set grid ytics lc rgb '#d8d8d8' lt 1
set xtics rotate by -25 nomirror
set multiplot layout 1,{len(panels)}
{drawn}unset multiplot
""")


def write(document, folder):
    """JSON, text and picture; the text goes to stdout, too."""
    folder.mkdir(parents=True, exist_ok=True)
    findings = Findings(document)
    (folder / "webserver.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(lines(findings)) + "\n"
    (folder / "webserver.txt").write_text(text, encoding="utf-8")
    print(text, end="", flush=True)
    try:
        picture(findings, folder)
    except plots.PlotError as error:
        say(str(error))
    return findings


def main():
    options = arguments()
    for program in {program for program, _ in WAYS.values()}:
        if not (Path(options.programs) / program).is_file():
            say(f"no such program: {Path(options.programs) / program}")
            return 2
    if shutil.which("wrk") is None:
        say("wrk is not installed")
        return 2
    runs, soaked, interrupted = [], None, False
    site = serving.Site()
    try:
        if options.requests is None:
            turns(options, site, runs)
        if options.requests or not options.quick:
            soaked = soak(options, site, options.requests or SOAK)
    except serving.ServingError as error:
        say(f"the soak failed: {error}")
        runs.append({"round": 0, "way": SHARED, "failed": f"soak: {error}"})
    except KeyboardInterrupt:
        interrupted = True
    finally:
        site.close()
    document = {"format": 1, "part": "webserver", "machine": machine.describe(ROOT), "interrupted": interrupted,
                "about": f"{serving.FILES} files, {site.bytes / 1048576:.0f} MiB, cache of {CACHE}, "
                         f"{serving.CLIENTS} clients in {serving.CLIENT_THREADS} threads of wrk",
                "settings": {"quick": options.quick}, "runs": runs, "soak": soaked}
    findings = write(document, Path(options.out))
    if interrupted:
        return 130
    return 0 if findings.is_well() else 1


if __name__ == "__main__":
    sys.exit(main())
