#!/usr/bin/python3
"""bench.py -- the benchmark suite: runs its parts, of which the first runs the rows under each allocator by turns, and shows
and keeps what they found.

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
import pools
import progress
import readme
import report
import result
import rows
import runner
import values
from figures import Figures

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, QUICK_ROUNDS, LIMIT, QUICK_LIMIT = 5, 3, 120, 20
ROWS, POOLS, OTHERS = "rows", "pools", ("webserver", "contention", "profiling", "looking")  # the parts; the others are programs of their own
POOLS_TAKE = 45  # seconds of a quick run


def arguments():
    parser = argparse.ArgumentParser(prog="./build.sh bench", description="Run the benchmark suite; see bench/README.md.")
    add = parser.add_argument
    add("--quick", action="store_true", help="shorter runs, three rounds: at most 5 minutes")
    add("--only", metavar="NAME", action="append", default=[],
        help="only this row, or the rows of this program, or those that a pattern fits; scaling: the series; with --pools of "
             "the pools' rows")
    add("--threads", metavar="N", type=values.positive, help="threads, in the rows where the number may be chosen")
    add("--rounds", metavar="N", type=values.positive, help=f"rounds (default: {ROUNDS}; quick: {QUICK_ROUNDS})")
    add("--peer", metavar="NAME=PATH", action="append", default=[], help="a further allocator, a library to preload")
    add("--without", metavar="NAME", action="append", default=[], help="leave an allocator out")
    add("--install-peers", action="store_true", help="install Debian's packages of other allocators first")
    add("--programs-missing", choices=("install", "skip"), default="install",
        help="what to do about real programs that are not installed (default: install)")
    add("--pools", action="store_true", help="the part on pools only")
    add("--webserver", action="store_true", help="the web server only")
    add("--contention", action="store_true", help="the measurements of contention only")
    add("--profiling", action="store_true", help="what heap profilers cost while they are on, only")
    add("--looking", action="store_true", help="what a process feels of the command mica, only")
    add("--all", action="store_true", help="all parts (default: the rows, and the pools)")
    add("--report", metavar="FILE",
        help="make tables and pictures anew of an earlier run's results.json or pools.json, next to it")
    for name in ("--mica", "--programs", "--rows", "--pool-rows", "--results"):
        add(name, help=argparse.SUPPRESS)
    add("--limit", type=values.positive, help=argparse.SUPPRESS)
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


def list_packages(options, chosen):
    """Print what the rows need; the options are looked at before anything is installed or built."""
    known, _ = peers.installed(options.without)
    peers.given(options.peer, [peer.name for peer in known])
    wanted = [] if options.programs_missing == "skip" else [p for row in chosen if row.script for p in needs(row)]
    print("\n".join(dict.fromkeys(wanted)))


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
    """The programs are there, each with its floor if it has one."""
    for row in chosen:
        wanted = [places.programs / f"{row.program}{end}" for end in ("", *([] if row.resident else ["-floor"]))]
        for file in [places.scripts / f"{row.script}.sh"] if row.script else wanted:
            if not os.access(file, os.X_OK):
                raise rows.RowError(f"{row.name}: no such program: {file}")


def measure(options, chosen, folder, followed):
    """Run, show and keep in the folder; the exit status. followed: the pools are still to come, of a quick run's time, too."""
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
    once = sum(options.quick and (row.resident or bool(row.series)) for row in chosen)
    with progress.of(len(chosen) * rounds - once * (rounds - 1), rounds) as shown:
        limit = options.limit or (QUICK_LIMIT if options.quick else LIMIT)
        turns = runner.Turns(chosen, allocators, rounds, options.quick, limit, places, shown)
        turns.seconds -= POOLS_TAKE if followed else 0
        try:
            turns.go()
        except KeyboardInterrupt:
            interrupted = True
    if turns.runs:
        write_results(result.document_of(ROWS, options, chosen, turns, about, interrupted), folder)
    if interrupted:
        return 130
    return 1 if any("failed" in run and run["allocator"] == peers.MICA for run in turns.runs) else 0


def write_readme():
    path = ROOT / "bench/README.md"
    for part in readme.PARTS:
        document = rows.read(ROOT / f"bench/{part}.toml")
        path.write_text(readme.renewed(path.read_text(encoding="utf-8"), part, document), encoding="utf-8")
    return 0


def report_again(file):
    try:
        document = json.loads(Path(file).read_text(encoding="utf-8"))
        Figures(document)
    except (ValueError, KeyError, TypeError) as error:
        say(f"not a result of this suite: {file}: {error}")
        return 2
    folder = Path(file).resolve().parent
    if document.get("part") == POOLS:
        pools.write(document, folder, say)
    else:
        write_results(document, folder)
    return 0


def parts_of(options):
    """The parts of a run, in their order."""
    asked = [part for part in (POOLS, *OTHERS) if getattr(options, part)]
    if options.only and (options.all or set(asked) & set(OTHERS)):
        raise rows.RowError("--only chooses among the rows, or with --pools among those of the pools")
    if options.all:
        return [ROWS, POOLS, *OTHERS]
    return asked or ([ROWS] if options.only else [ROWS, POOLS])


def run_other(part, options, folder):
    """A part that is a program of its own; its exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-B", str(ROOT / f"bench/suite/{part}.py"), "--programs", options.programs, "--out", str(folder)]
    with subprocess.Popen(command + (["--quick"] if options.quick else [])) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            return 130


def run_parts(options, parts, chosen, folder):
    """One part after the other, up to an interrupt; the first exit status that is not 0."""
    first = 0
    for part in parts:
        if part == ROWS:
            status = measure(options, chosen[ROWS], folder, POOLS in parts)
        elif part == POOLS:
            status = pools.measure(options, chosen[POOLS], folder, say)
        else:
            status = run_other(part, options, folder)
        first = first or status
        if status == 130:
            break
    if folder.exists():
        say(f"kept in {os.path.relpath(folder)}")
    return first


def main():
    options = arguments()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # also where the shell had them ignored
        signal.signal(ending, signal.default_int_handler)
    try:
        if options.report:
            return report_again(options.report)
        if options.write_readme:
            return write_readme()
        parts, chosen = parts_of(options), {}
        if ROWS in parts:
            document = rows.read(options.rows or ROOT / "bench/rows.toml")
            chosen[ROWS] = rows.select(document, options.only, options.quick, options.threads)
        if POOLS in parts:
            chosen[POOLS] = pools.select(options, options.only)
        if options.list_packages:
            list_packages(options, chosen.get(ROWS, []))
            return 0
        if ROWS in parts:
            chosen[ROWS] = installed_rows(chosen[ROWS])
        if options.threads and not any(row.places for each in chosen.values() for row in each):
            say("no row of these has a number of threads that may be chosen")
        return run_parts(options, parts, chosen, results_folder(options))
    except (rows.RowError, peers.PeerError, readme.ReadmeError, OSError, subprocess.CalledProcessError) as error:
        say(error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
