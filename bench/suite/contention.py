#!/usr/bin/python3
"""contention.py -- what threads do to each other in each allocator: bench/contention.c, with 1 to 16 threads.

Called by ./build.sh bench --contention. The allocators take turns as in the benchmark suite; the C library's takes part four
times: as it is, with one arena, without its per-thread cache, and with neither. Locked operations are counted afterwards by
`locked`, which steps through every 16th malloc, and then every 16th free. The result goes to --out: contention.json, .txt,
.svg. Exit status: 0; 1 if a run failed under mica; 2 if it was called wrongly; 130 if it was interrupted."""
import argparse
import concurrent.futures
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import contention_report
import machine
import peers
import plots
import runner

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = {"own": 10_000_000, "handed": 4_000_000, "ring": 6_000_000}  # of all threads together
PASSED = 500  # marked calls that `locked` lets pass before those that it steps through
MARKED_OF = 16  # as in contention.c
LIMIT = 120  # seconds a run
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
NO_CACHE = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


@dataclass(frozen=True)
class Size:
    """How much is done."""
    rounds: int
    share: int  # OPERATIONS are divided by it
    threads: tuple
    stepped: tuple  # numbers of threads with which locked operations are counted
    marked: int  # calls that `locked` steps through

    def operations(self, pattern, threads=1):
        return OPERATIONS[pattern] // self.share // threads


FULL = Size(5, 1, (1, 2, 4, 8, 16), (1, 2, 4, 8, 16), 500)
QUICK = Size(3, 3, (1, 2, 4, 8, 16), (1, 2, 16), 200)
TINY = Size(1, 100, (1, 2), (2,), 20)  # whether everything works


@dataclass(frozen=True)
class Subject:
    """An allocator with its settings."""
    name: str
    path: str = ""
    version: str = ""
    settings: dict = field(default_factory=dict)

    def environment(self):
        return peers.clean_environment() | self.settings


def say(text):
    print(f"contention: {text}", file=sys.stderr, flush=True)


def subjects(mica):
    """mica, the C library's in four forms, and what is installed."""
    own = f"{machine.version(ROOT)} {machine.revision(ROOT)}".strip()
    found, missing = peers.all_of(mica, own, [], [])
    for line in missing:
        say(f"not used: {line}")
    chosen = []
    for each in found:
        chosen.append(Subject(each.name, each.path, each.version))
        if each.name == peers.LIBC:
            chosen += [Subject("libc-1-arena", "", each.version, ONE_ARENA),
                       Subject("libc-no-cache", "", each.version, NO_CACHE),
                       Subject("libc-neither", "", each.version, ONE_ARENA | NO_CACHE)]
    return chosen


def timed(programs, subject, pattern, threads, operations):
    """The figures of one run, or why there are none."""
    environment = subject.environment() | ({"LD_PRELOAD": subject.path} if subject.path else {})
    try:
        said = runner.run([str(programs / "contention"), pattern, str(threads), str(operations)], environment, LIMIT)
        lines = runner.RESULT.findall(said)
        if len(lines) != 1:
            raise runner.RunError(f"{len(lines)} result lines")
        return runner.numbers(lines[0])
    except runner.RunError as error:
        return {"failed": str(error)}


def stepped(programs, subject, pattern, threads, call, marked):
    """What one malloc or free takes, by stepping through some of them."""
    count = (PASSED + marked) * MARKED_OF * 2 // threads
    preload = ["--preload", subject.path] if subject.path else []
    command = [str(programs / "locked"), *preload, f"{PASSED},{marked}", str(programs / "contention"), pattern,
               str(threads), str(count), call]
    try:
        pairs = runner.numbers(runner.run(command, subject.environment(), LIMIT).strip().split("\n")[-1])
        return {"instructions": pairs["instructions_per_free"], "locked": pairs["locked_per_free"]}
    except (runner.RunError, KeyError) as error:
        return {"failed": str(error)}


def time_all(programs, chosen, size):
    """Every run, by turns: in each round each point under every allocator, in an order that rotates."""
    runs = []
    for turn in range(size.rounds):
        order = chosen[turn % len(chosen):] + chosen[:turn % len(chosen)]
        for pattern in OPERATIONS:
            say(f"round {turn + 1}/{size.rounds}: {pattern}")
            for threads in size.threads:
                for subject in order:
                    run = timed(programs, subject, pattern, threads, size.operations(pattern, threads))
                    runs.append({"pattern": pattern, "threads": threads, "allocator": subject.name, "round": turn + 1} | run)
                    if "failed" in run:
                        say(f"{pattern} with {threads} threads under {subject.name} failed: {run['failed']}")
    return runs


def step_all(programs, chosen, size):
    """Locked operations and instructions; nothing is timed here, so as many at once as there are processors."""
    wanted = [(subject, pattern, threads, call) for pattern in OPERATIONS
              for threads in size.stepped for subject in chosen for call in ("get", "release")]
    say(f"counting locked operations: {len(wanted)} runs")
    workers = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        found = list(workers.map(lambda each: stepped(programs, *each, size.marked), wanted))
    finally:
        workers.shutdown(cancel_futures=True)
    steps = []
    for (subject, pattern, threads, call), figures in zip(wanted, found):
        steps.append({"pattern": pattern, "threads": threads, "allocator": subject.name, "call": call} | figures)
        if "failed" in figures:
            say(f"stepping {pattern} with {threads} threads under {subject.name} failed: {figures['failed']}")
    return steps


def arguments():
    parser = argparse.ArgumentParser(prog="./build.sh bench --contention", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--programs", metavar="DIR", required=True, help="the compiled programs of bench/")
    parser.add_argument("--out", metavar="DIR", required=True, help="where the result goes")
    parser.add_argument("--quick", action="store_true", help="a third of the operations, three rounds, fewer counts")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--mica", metavar="FILE", help="default: libmica.so beside DIR")
    return parser.parse_args()


def measure(options):
    """Run, show and keep; the exit status."""
    programs = Path(options.programs)
    for name in ("contention", "locked"):
        if not os.access(programs / name, os.X_OK):
            raise peers.PeerError(f"no such program: {programs / name}")
    chosen = subjects(options.mica or str(programs.parent / "libmica.so"))
    about = machine.describe(ROOT)
    if about["load"] > 0.5:
        say(f"this machine does other work, too: its load is {about['load']}")
    size = TINY if options.tiny else QUICK if options.quick else FULL
    document = {
        "format": 1, "machine": about, "settings": {"quick": size != FULL, "rounds": size.rounds, "threads": size.threads},
        "operations": {pattern: size.operations(pattern) for pattern in OPERATIONS},
        "allocators": [{"name": s.name, "version": s.version, "settings": s.settings} for s in chosen],
        "runs": time_all(programs, chosen, size), "steps": step_all(programs, chosen, size),
    }
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contention.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    try:
        contention_report.show(document, folder)
    except plots.PlotError as error:
        say(f"no picture: {error}")
    everything = document["runs"] + document["steps"]
    return 1 if any("failed" in run and run["allocator"] == peers.MICA for run in everything) else 0


def main():
    options = arguments()
    return peers.exit_status(lambda: measure(options), say)


if __name__ == "__main__":
    sys.exit(main())
