#!/usr/bin/python3
"""profiling.py -- what a heap profiler costs while it is on: programs under mica, jemalloc and tcmalloc, each with its profiler
off, and with a sample in 512 and in 64 KiB, by turns.

Called by ./build.sh bench --profiling. Each is compared with itself, its profiler off, in the same round: the figure is the median
of the rounds' ratios, of processor time (user and system) and of time by the clock. mica takes turns twice with its profiler off:
what that ratio is off 1 is chance. None writes a profile. Where valgrind is there, instructions are counted, too. The
result goes to --out: profiling.json, .txt. Exit status: 0; 1 if a run failed under mica; 2 if it was called wrongly; 130 if it was
interrupted."""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import machine
import peers
import profiling_report
import rows
import runner

ROOT = Path(__file__).resolve().parents[2]
ROWS = ("redis", "python3", "gpp", "churn-100", "server-2")
ROUNDS, QUICK_ROUNDS, LIMIT = 9, 3, 300
OFF, AGAIN = profiling_report.OFF, profiling_report.AGAIN
ALL = "all"  # every allocation is noted: so slow that it is run in the first round only
# What is preloaded, and the settings of each: off, a sample in 512 KiB, in 64 KiB.
PEERS = {
    "jemalloc": ("libjemalloc.so.2", {OFF: "", "512K": "MALLOC_CONF=prof:true,lg_prof_sample:19",
                                      "64K": "MALLOC_CONF=prof:true,lg_prof_sample:16"}),
    "tcmalloc": ("libtcmalloc.so.4", {OFF: "TCMALLOC_SAMPLE_PARAMETER=0", "512K": "TCMALLOC_SAMPLE_PARAMETER=524288",
                                      "64K": "TCMALLOC_SAMPLE_PARAMETER=65536", ALL: "HEAPPROFILE={work}/tcmalloc.heap"}),
}
OWN = {OFF: "", AGAIN: "", "512K": "MICA_PROFILE=,every=512K", "64K": "MICA_PROFILE=,every=64K"}
# What is counted under valgrind, with n of a quick run and of a full one.
COUNTED = {
    "churn-100": ("{programs}/churn uniform 100 1 {n}", 300_000, 3_000_000),
    "server-2": ("{programs}/server 2 {n}", 20, 160),
    "python3": ("/usr/bin/python3 {root}/bench/programs/work.py {n}", 1, 2),
    "gpp": ("/usr/bin/g++ -std=c++17 -O{n} -c {root}/bench/programs/work.cpp -o /dev/null", 1, 1),
}


@dataclass(frozen=True)
class Subject(peers.Allocator):
    """An allocator with its profiler so."""
    allocator: str = ""
    rate: str = OFF
    settings: str = ""


def say(text):
    print(f"profiling: {text}", file=sys.stderr, flush=True)


def subjects(mica, work):
    """All that take turns; of an allocator its profiler off comes first."""
    own = f"{machine.version(ROOT)} {machine.revision(ROOT)}".strip()
    known, found = peers.linker_names(), [(peers.MICA, mica, own, OWN)]
    for name, (library, settings) in PEERS.items():
        if library in known:
            found.append((name, known[library], peers.package_version(known[library]), settings))
        else:
            say(f"not used: {name} ({library})")
    return [Subject(f"{name}, {rate}", peers.check_library(name, path)[0], version, name, rate, text.format(work=work))
            for name, path, version, settings in found for rate, text in settings.items()]


def one(row, subject, options, places):
    """The figures of a run, or why there are none."""
    command, environment = runner.command_of(row, replace(subject, name=subject.allocator), options.quick, places)
    environment["BENCH_SETTINGS"] = subject.settings
    if not row.script:
        environment |= dict(word.split("=", 1) for word in subject.settings.split())
    try:
        return runner.result_of(runner.run(command, environment, LIMIT))
    except runner.RunError as error:
        say(f"{row.name} under {subject.name} failed: {error}")
        return {"failed": str(error)}


def turns(chosen, taking, rounds, options, places, runs):
    """Every run; `runs` gets them, so that what was finished is kept."""
    for turn in range(rounds):
        order = taking[turn % len(taking):] + taking[:turn % len(taking)]
        for row in chosen:
            say(f"round {turn + 1}/{rounds}: {row.name}")
            runs += [{"row": row.name, "allocator": s.allocator, "rate": s.rate, "round": turn + 1} | one(row, s, options, places)
                     for s in order if turn == 0 or s.rate != ALL]


def instructions(command, subject):
    """Instructions that valgrind counts, of all processes; None: it says nothing."""
    words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes", *command.split()]
    environment = peers.clean_environment() | {"LD_PRELOAD": subject.path, "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}
    environment |= dict(word.split("=", 1) for word in subject.settings.split())
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    found = re.findall(r"Collected : (\d+)", done.stderr)
    return sum(map(int, found)) if found and done.returncode == 0 else None


def count(taking, programs, quick):
    """Instructions of each rate: exact, whatever else the machine does; as many at once as there are processors."""
    if shutil.which("valgrind") is None:
        return []
    wanted = [(name, text.format(programs=programs, root=ROOT, n=small if quick else large), s)
              for name, (text, small, large) in COUNTED.items() for s in taking if s.rate not in (AGAIN, ALL)]
    say(f"counting instructions: {len(wanted)} runs")
    workers = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        found = list(workers.map(lambda each: instructions(each[1], each[2]), wanted))
    finally:
        workers.shutdown(cancel_futures=True)
    return [{"program": name, "allocator": s.allocator, "rate": s.rate, "instructions": n} for (name, _, s), n in zip(wanted, found)]


def arguments():
    parser = argparse.ArgumentParser(prog="./build.sh bench --profiling", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--programs", metavar="DIR", required=True, help="the compiled programs of bench/")
    parser.add_argument("--out", metavar="DIR", required=True, help="where the result goes")
    parser.add_argument("--quick", action="store_true", help="shorter runs, three rounds")
    parser.add_argument("--rounds", metavar="N", type=int, help=f"rounds (default: {ROUNDS}; quick: {QUICK_ROUNDS})")
    parser.add_argument("--row", metavar="NAME", action="append", default=[], help=f"only this row; there are {', '.join(ROWS)}")
    parser.add_argument("--count", action="store_true", help="count instructions only")
    parser.add_argument("--mica", metavar="FILE", help="default: libmica.so beside DIR")
    return parser.parse_args()


def measure(options):
    """Run, show and keep; the exit status."""
    programs = Path(options.programs).resolve()
    places = runner.Places(programs, ROOT / "bench/programs", programs / "work")
    places.work.mkdir(parents=True, exist_ok=True)
    chosen = rows.select(rows.read(ROOT / "bench/rows.toml"), options.row or ROWS, options.quick, 0)
    chosen = [row for row in chosen if not row.series]
    taking = subjects(options.mica or str(programs.parent / "libmica.so"), places.work)
    about, runs, interrupted = machine.describe(ROOT), [], False
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    if about["load"] > 0.5:
        say(f"this machine does other work, too: its load is {about['load']}")
    try:
        turns(chosen, taking, 0 if options.count else rounds, options, places, runs)
        counted = count(taking, programs, options.quick)
    except KeyboardInterrupt:
        interrupted, counted = True, []
    document = {"format": 1, "part": "profiling", "machine": about, "interrupted": interrupted,
                "settings": {"quick": options.quick, "rounds": rounds},
                "allocators": [{"name": s.allocator, "rate": s.rate, "version": s.version, "settings": s.settings} for s in taking],
                "rows": [{"name": row.name, "command": row.command()} for row in chosen], "runs": runs, "counted": counted}
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profiling.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(profiling_report.lines(document)) + "\n"
    (folder / "profiling.txt").write_text(text, encoding="utf-8")
    print(text, end="", flush=True)
    if interrupted:
        return 130
    return 1 if any("failed" in run and run["allocator"] == peers.MICA for run in runs) else 0


def main():
    options = arguments()
    if any(name not in ROWS for name in options.row):
        say(f"there are the rows {', '.join(ROWS)}")
        return 2
    return peers.exit_status(lambda: measure(options), say)


if __name__ == "__main__":
    sys.exit(main())
