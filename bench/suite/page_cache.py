#!/usr/bin/python3
"""page_cache.py -- the page cache of bench/webserver under wrk: what its layouts cost in memory and bring in speed, and which
order of eviction fits which load. notes/page-cache.md shows what it found.

usage: page_cache.py --programs DIR --out DIR [--rounds N] [--seconds N] [--only layouts|orders]
The layouts take turns, N rounds (3) of N seconds (4) of wrk after two of warming; shown are medians. The orders are walked
through by one client, once to fill the cache and once to count. DIR gets page-cache.json and page-cache.txt. Exit status: 0; 1 if
a server failed."""
import argparse
import json
import sys
from pathlib import Path
from statistics import median

import machine
import report
import serving

ROOT = Path(__file__).resolve().parents[2]
MICA, LIBC = ("webserver", "mica"), ("webserver-libc", "libc")
WARM = 2
LAYOUTS = {  # name: program and memory, options
    "mica, pages of 4 KiB": (MICA, "--page", "4K"),
    "mica, pages of 16 KiB": (MICA, "--page", "16K"),
    "mica, pages of 64 KiB": (MICA, "--page", "64K"),
    "mica, 16 KiB, given back": (MICA, "--page", "16K", "--frames", "give"),
    "mica, whole files": (MICA, "--layout", "whole"),
    "C library, pages of 16 KiB": (LIBC, "--page", "16K"),
    "C library, 16 KiB, given back": (LIBC, "--page", "16K", "--frames", "give"),
    "C library, whole files": (LIBC, "--layout", "whole"),
}
LAYOUT_BOUNDS = ("24M", "64M")
ORDERS = ("lru", "lfu")
ORDER_BOUNDS = ("8M", "24M", "48M")
SCANS = (0.0, 0.3)


def arguments():
    parser = argparse.ArgumentParser(prog="page_cache.py", description="Measure the web server's page cache.")
    add = parser.add_argument
    add("--programs", required=True, metavar="DIR", help="where webserver and webserver-libc are")
    add("--out", required=True, metavar="DIR", help="where the results go")
    add("--rounds", metavar="N", type=int, default=3)
    add("--seconds", metavar="N", type=int, default=4)
    add("--only", choices=("layouts", "orders"))
    return parser.parse_args()


def say(text):
    print(f"page cache: {text}", file=sys.stderr, flush=True)


def measure_layouts(options, site, runs):
    """Every layout at every bound, once a round."""
    chosen = [(bound, name) for bound in LAYOUT_BOUNDS for name in LAYOUTS]
    for number in range(options.rounds):
        for bound, name in chosen[number % len(chosen):] + chosen[:number % len(chosen)]:
            (program, memory), *words = LAYOUTS[name]
            words = ["--root", site.root, "--memory", memory, "--cache", bound, *words]
            run = serving.measured(Path(options.programs) / program, words, site.asked(), WARM, options.seconds)
            say(f"round {number + 1}/{options.rounds} {bound}, {name}: {run['per_second']:.0f} requests/s")
            runs.setdefault(("layout", bound, name), []).append(run)


def measure_orders(options, site, runs):
    """Each order at each bound, with each load."""
    for scan in SCANS:
        for bound in ORDER_BOUNDS:
            for order in ORDERS:
                words = ["--root", site.root, "--memory", MICA[1], "--cache", bound, "--evict", order]
                run = serving.walked(Path(options.programs) / MICA[0], words, site.asked(scan))
                say(f"{bound}, {scan:.0%} scan, {order}: hit rate {run['hit_rate']:.3f}")
                runs["order", f"{bound}, {scan:.0%} scan", order] = [run]


def middle(runs, figure):
    return median(figure(run) for run in runs)


def layout_lines(runs):
    """For each bound a line for each layout."""
    head = ["", "files MiB", "used ÷ files", "held ÷ used", "held ÷ files", "hit rate", "requests/s", "µs of processor",
            "evictions/miss", "resident MiB"]
    for bound in LAYOUT_BOUNDS:
        rows = []
        for name in LAYOUTS:
            each = runs.get(("layout", bound, name))
            if each:
                rows.append([name, f"{middle(each, lambda r: r['file_bytes']) / 1048576:.1f}",
                             f"{middle(each, lambda r: r['cache_used'] / r['file_bytes']):.3f}",
                             f"{middle(each, lambda r: r['cache_held'] / r['cache_used']):.3f}",
                             f"{middle(each, lambda r: r['cache_held'] / r['file_bytes']):.3f}",
                             f"{middle(each, lambda r: r['hit_rate']):.3f}", f"{middle(each, lambda r: r['per_second']):.0f}",
                             f"{middle(each, lambda r: r['user_us'] + r['system_us']):.1f}",
                             f"{middle(each, lambda r: r['evictions'] / (r['requests'] * (1 - r['hit_rate']))):.2f}",
                             f"{middle(each, lambda r: r['resident_kib']) / 1024:.1f}"])
        if rows:
            yield f"bound {bound}"
            yield from report.grid(head, rows)
            yield ""


def order_lines(runs):
    """The hit rates of both orders."""
    rows = []
    for scan in SCANS:
        for bound in ORDER_BOUNDS:
            each = [runs.get(("order", f"{bound}, {scan:.0%} scan", order)) for order in ORDERS]
            if all(each):
                rates = [f"{middle(one, lambda r: r['hit_rate']):.3f}" for one in each]
                rows.append([f"{bound}, {scan:.0%} of the requests scan", *rates])
    if rows:
        yield "hit rates"
        yield from report.grid(["", *ORDERS], rows)


def main():
    options = arguments()
    site = serving.Site()
    try:
        runs = {}
        if options.only != "orders":
            measure_layouts(options, site, runs)
        if options.only != "layouts":
            measure_orders(options, site, runs)
    except serving.ServingError as error:
        say(str(error))
        return 1
    finally:
        site.close()
    about = machine.describe(ROOT)
    text = "\n".join([machine.line(about), f"{serving.FILES} files, {site.bytes / 1048576:.0f} MiB", "", *layout_lines(runs),
                      *order_lines(runs)]) + "\n"
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    document = {"format": 1, "machine": about, "runs": [{"name": name, "runs": each} for name, each in runs.items()]}
    (folder / "page-cache.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / "page-cache.txt").write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
