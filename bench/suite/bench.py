#!/usr/bin/python3
"""bench.py -- the benchmark suite: runs the rows under each allocator by turns, and shows and keeps what it found.

Called by ./build.sh bench, which builds what it needs and passes --mica and --programs. bench/README.md says what is
measured. Exit status: 0; 1 if a row failed under mica; 2 if it was called wrongly; 130 if it was interrupted."""
import argparse
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import machine
import peers
import plots
import progress
import readme
import report
import rows
import runner
from figures import Figures

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, QUICK_ROUNDS, LIMIT, QUICK_LIMIT = 5, 3, 120, 20


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number above 0, not {text}")
    return number


def arguments():
    parser = argparse.ArgumentParser(prog="./build.sh bench", description="Run the benchmark suite; see bench/README.md.")
    add = parser.add_argument
    add("--quick", action="store_true", help="shorter runs, three rounds: at most 5 minutes")
    add("--only", metavar="NAME", action="append", default=[],
        help="only this row, or the rows of this program, or those that a pattern fits; scaling: the series")
    add("--threads", metavar="N", type=positive, help="threads, in the rows where the number may be chosen")
    add("--rounds", metavar="N", type=positive, help=f"rounds (default: {ROUNDS}; quick: {QUICK_ROUNDS})")
    add("--peer", metavar="NAME=PATH", action="append", default=[], help="a further allocator, a library to preload")
    add("--without", metavar="NAME", action="append", default=[], help="leave an allocator out")
    add("--install-peers", action="store_true", help="install Debian's packages of other allocators first")
    add("--programs-missing", choices=("install", "skip"), default="install",
        help="what to do about real programs that are not installed (default: install)")
    add("--report", metavar="FILE", help="make tables and pictures anew of an earlier run's results.json, next to it")
    for name in ("--mica", "--programs", "--rows", "--results"):
        add(name, help=argparse.SUPPRESS)
    add("--limit", type=positive, help=argparse.SUPPRESS)
    add("--list-packages", action="store_true", help=argparse.SUPPRESS)
    add("--write-readme", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def needs(row):
    """The Debian packages of a row that is a real program."""
    script = ROOT / "bench/programs" / f"{row.script}.sh"
    return subprocess.run([script, "needs"], capture_output=True, text=True, check=True).stdout.split()


def is_installed(package):
    if not shutil.which("dpkg-query"):
        return True  # not a Debian: whoever runs it provides the programs
    done = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True, check=False)
    return done.stdout == "installed"


def installed_rows(chosen):
    """The rows without those whose programs are not installed, which are named."""
    found = []
    for row in chosen:
        missing = [package for package in needs(row) if not is_installed(package)] if row.script else []
        if missing:
            say(f"not installed, left out: {row.name} ({' '.join(missing)})")
        else:
            found.append(row)
    return found


def described(allocator):
    file = os.path.basename(os.path.realpath(allocator.path)) if allocator.path else ""
    return {"name": allocator.name, "file": file, "version": allocator.version}


def document_of(options, chosen, allocators, turns, about, interrupted):
    """The result: what results.json holds. A row that was never finished is not in it."""
    finished = {run["row"] for run in turns.runs}
    return {
        "format": 1, "machine": about, "interrupted": interrupted,
        "settings": {"quick": options.quick, "rounds": turns.rounds, "threads": options.threads or 0},
        "allocators": [described(a) for a in allocators],
        "rows": [{"name": r.name, "command": r.command(), "unit": r.unit, "cross": r.cross, "stands_for": r.stands_for,
                  "series": r.series, "threads": r.threads, "operations": r.operations} for r in chosen if r.name in finished],
        "runs": turns.runs, "locked": turns.locked,
    }


def write_results(document, folder):
    """JSON, CSV, text and pictures; the text's lines."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = Figures(document)
    (folder / "results.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    report.write_csv(figures, folder / "results.csv")
    text = "\n".join(report.lines(figures)) + "\n"
    (folder / "table.txt").write_text(text, encoding="utf-8")
    print(text, end="", flush=True)
    try:
        plots.draw_all(figures, folder)
    except plots.PlotError as error:
        say(f"no pictures: {error}")


def results_folder(options):
    parent = Path(options.results) if options.results else ROOT / "bench/results"
    return parent / datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")


def check_programs(chosen, places):
    """The programs are there, each with its floor."""
    for row in chosen:
        wanted = [places.programs / row.program, places.programs / f"{row.program}-floor"]
        for file in [places.scripts / f"{row.script}.sh"] if row.script else wanted:
            if not os.access(file, os.X_OK):
                raise rows.RowError(f"{row.name}: no such program: {file}")


def measure(options, chosen):
    """Run, show and keep; the exit status."""
    places = runner.Places(Path(options.programs), ROOT / "bench/programs", Path(options.programs) / "work")
    places.work.mkdir(parents=True, exist_ok=True)
    own = f"{machine.version(ROOT)} {machine.revision(ROOT)}".strip()
    timed, missing = peers.all_of(options.mica, own, options.peer, options.without)
    for line in missing:
        say(f"not used: {line}")
    check_programs(chosen, places)
    allocators = [*timed, peers.Allocator(peers.FLOOR)]
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    about = machine.describe(ROOT)
    say(f"{len(chosen)} rows, {rounds} rounds, under {', '.join(a.name for a in allocators)}")
    if about["load"] > 0.5:
        say(f"this machine does other work, too: its load is {about['load']}")
    interrupted = False
    once = sum(options.quick and bool(row.series) for row in chosen)
    with progress.of(len(chosen) * rounds - once * (rounds - 1), rounds) as shown:
        limit = options.limit or (QUICK_LIMIT if options.quick else LIMIT)
        turns = runner.Turns(chosen, allocators, rounds, options.quick, limit, places, shown)
        try:
            turns.go()
        except KeyboardInterrupt:
            interrupted = True
    if turns.runs:
        folder = results_folder(options)
        write_results(document_of(options, chosen, allocators, turns, about, interrupted), folder)
        say(f"kept in {os.path.relpath(folder)}")
    if interrupted:
        return 130
    return 1 if any("failed" in run and run["allocator"] == peers.MICA for run in turns.runs) else 0


def write_readme(document):
    path = ROOT / "bench/README.md"
    path.write_text(readme.renewed(path.read_text(encoding="utf-8"), document), encoding="utf-8")
    return 0


def report_again(file):
    try:
        document = json.loads(Path(file).read_text(encoding="utf-8"))
        Figures(document)
    except (ValueError, KeyError, TypeError) as error:
        say(f"not a result of this suite: {file}: {error}")
        return 2
    write_results(document, Path(file).resolve().parent)
    return 0


def main():
    options = arguments()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # also where the shell had them ignored
        signal.signal(ending, signal.default_int_handler)
    try:
        if options.report:
            return report_again(options.report)
        document = rows.read(options.rows or ROOT / "bench/rows.toml")
        if options.write_readme:
            return write_readme(document)
        chosen = rows.select(document, options.only, options.quick, options.threads)
        if options.list_packages:
            known, _ = peers.installed(options.without)
            peers.given(options.peer, [peer.name for peer in known])
            wanted = [] if options.programs_missing == "skip" else [p for row in chosen if row.script for p in needs(row)]
            print("\n".join(dict.fromkeys(wanted)))
            return 0
        chosen = installed_rows(chosen)
        if options.threads and not any(row.places for row in chosen):
            say("no row of these has a number of threads that may be chosen")
        return measure(options, chosen)
    except (rows.RowError, peers.PeerError, readme.ReadmeError, OSError, subprocess.CalledProcessError) as error:
        say(error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
