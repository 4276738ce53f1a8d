"""runner.py -- runs the rows: the allocators take turns, each run has a time limit, and each result is checked for its form.

Within a round each row runs under every allocator, one after another, in an order that rotates from round to round; then
comes the next row, then the next round. So whatever else the machine does falls on all of them."""
import math
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from peers import FLOOR, MICA, clean_environment

FIELDS = ("time", "cpu", "peak_kib", "faults")
SOME_HAVE = ("resident_kib", "together")  # fields that measure.h names
RESULT = re.compile(r"^time=\S+ .*$", re.M)
CELL = re.compile(r"^cell (\S+=\S+)$", re.M)
PASSED = 20000  # remote frees that `locked` lets pass before those it steps through
STEPPED, QUICK_STEPPED = 2000, 300
SLOW, SLOWER = 1.5, 3  # seconds, times mica's: beyond both, an allocator is not run in the later rounds of a quick run
QUICK_SECONDS = 280  # no turn of a quick run's later rounds begins after that; less where another part follows


class RunError(Exception):
    """A program failed, or said nothing that can be used."""


@dataclass(frozen=True)
class Places:
    """Where things lie."""
    programs: Path  # the compiled programs
    scripts: Path   # bench/programs
    work: Path      # what the scripts prepare


def finish(process, limit):
    """Wait for a process that leads its group, and end what is left of the group; true if it kept the limit.

    Waiting takes no processor: wait() with a limit would look again and again."""
    watched = os.pidfd_open(process.pid)
    try:
        ended = select.poll()
        ended.register(watched, select.POLLIN)
        return bool(ended.poll(limit * 1000))
    finally:
        os.close(watched)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def run(command, environment, limit):
    """The stdout of a command; raises RunError."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        try:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       start_new_session=True)
        except OSError as error:
            raise RunError(str(error)) from error
        kept = finish(process, limit)
        for stream in (out, err):
            stream.seek(0)
        said, complained = out.read(), err.read()
    if not kept:
        raise RunError(f"longer than {limit:g} s")
    if "cannot be preloaded" in complained:
        raise RunError(complained.strip().split("\n")[0])
    if process.returncode != 0:
        last = [line for line in (said + complained).strip().split("\n") if line][-1:]
        how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit status {process.returncode}"
        raise RunError(": ".join([how, *last]))
    return said


def numbers(line):
    """The NAME=NUMBER pairs of a line."""
    pairs = {}
    for word in line.split():
        name, _, value = word.partition("=")
        try:
            pairs[name] = float(value)
        except ValueError as error:
            raise RunError(f"no number: {word}") from error
    return pairs


def result_of(said, further=()):
    """The figures of the one result line in a program's output; further: fields that it has besides."""
    lines = RESULT.findall(said)
    if len(lines) != 1:
        raise RunError(f"{len(lines)} result lines: {said.strip()[:100]}")
    pairs = numbers(lines[0])
    if not all(pairs.get(name, -1) >= 0 for name in (*FIELDS, *further)) or pairs["time"] == 0:
        raise RunError(f"not a result: {lines[0]}")
    known = {"time": pairs["time"], "cpu": pairs["cpu"], "peak_kib": int(pairs["peak_kib"]), "faults": int(pairs["faults"])}
    cells = numbers(" ".join(CELL.findall(said)))
    known |= {name: pairs[name] for name in (*further, *SOME_HAVE) if name in pairs}
    return known | ({"cells": cells} if cells else {})


def command_of(row, allocator, quick, places):
    """The command of a row under an allocator, and its environment."""
    environment = clean_environment()
    if row.script:
        environment |= {"BENCH_PRELOAD": allocator.path, "BENCH_METER": str(places.programs / "meter"),
                        "BENCH_WORK": str(places.work)}
        return [str(places.scripts / f"{row.script}.sh"), "quick" if quick else "full"], environment
    if allocator.path:
        environment["LD_PRELOAD"] = allocator.path
    name = row.program + ("-floor" if allocator.name == FLOOR else "")
    return [str(places.programs / name), *row.arguments], environment


class Turns:
    """All runs of a part of the suite, in their order, and what came of them."""
    series_once = True  # in a quick run

    def __init__(self, rows, allocators, rounds, quick, limit, places, progress):
        self.rows, self.allocators, self.rounds = rows, allocators, rounds
        self.quick, self.limit, self.places, self.progress = quick, limit, places, progress
        self.runs, self.locked = [], []  # of finished turns
        self.slow = set()  # (row, allocator) that are not run again
        self.begun, self.seconds = time.monotonic(), QUICK_SECONDS

    def command(self, row, allocator):
        """The command of a row under an allocator, and its environment."""
        return command_of(row, allocator, self.quick, self.places)

    def result(self, said):
        """The figures in a program's output; raises RunError."""
        return result_of(said)

    def one_round(self, row):
        """Whether a quick run has but one round of the row."""
        return self.quick and (row.resident or (self.series_once and bool(row.series)))

    def takers(self, row, turn):
        """Who runs a row, in the order of this round. Real programs and rows about resident memory have no floor; a quick
        run's series and those rows have one round."""
        if turn > 0 and self.one_round(row):
            return []
        names = [a for a in self.allocators if not ((row.script or row.resident) and a.name == FLOOR)]
        names = names[turn % len(names):] + names[:turn % len(names)]
        return [a for a in names if (row.name, a.name) not in self.slow]

    def one(self, row, allocator, turn):
        """One run, as it is kept, and the seconds that it took."""
        kept = {"row": row.name, "allocator": allocator.name, "round": turn + 1}
        command, environment = self.command(row, allocator)
        begun = time.monotonic()
        try:
            kept |= self.result(run(command, environment, max(self.limit, 60) if row.script else self.limit))
        except RunError as error:
            kept["failed"] = str(error)
        taken = kept["seconds"] = round(time.monotonic() - begun, 3)
        self.progress.ran(row, allocator, taken, kept.get("failed"))
        return kept, taken

    def turn(self, row, turn):
        """Every allocator once; kept only when all have run."""
        takers, finished, seconds = self.takers(row, turn), [], {}
        for number, allocator in enumerate(takers):
            self.progress.running(row, turn, takers[number:], self.plan(row, turn), self.seconds_left())
            kept, seconds[allocator.name] = self.one(row, allocator, turn)
            finished.append(kept)
        self.runs += finished
        if self.quick and takers:
            bound = max(SLOW, SLOWER * seconds[MICA])
            self.slow |= {(row.name, name) for name, taken in seconds.items() if taken > bound}

    def go(self):
        """Every round, and behind the first one the counts. A KeyboardInterrupt leaves the turns that were finished."""
        for turn in range(self.rounds):
            for row in self.rows:
                if turn == 0 or self.seconds_left() > 0:
                    self.turn(row, turn)
            if turn == 0:
                self.count_locked()

    def count_locked(self):
        """Locked operations per free, of the rows with remote frees, under each allocator."""
        wanted = [(row, a) for row in self.rows if row.cross for a in self.allocators if a.name != FLOOR]
        if wanted:
            self.progress.say(f"bench: counting locked operations, {len(wanted)} short runs")
        for row, allocator in wanted:
            self.locked.append(count_locked(row, allocator, self.quick, self.places))
            if "failed" in self.locked[-1]:
                self.progress.say(f"bench: locked operations of {row.name} under {allocator.name}: {self.locked[-1]['failed']}")

    def plan(self, row, turn):
        """What is still to come, as pairs of row and allocator: in this round after this turn, and in the later ones."""
        rest = self.rows[self.rows.index(row) + 1:]
        this_round = [(r.name, a.name) for r in rest for a in self.takers(r, turn)]
        later = [(r.name, a.name) for t in range(turn + 1, self.rounds) for r in self.rows for a in self.takers(r, t)]
        return this_round, later

    def seconds_left(self):
        """How long turns may still begin, in the later rounds."""
        return self.seconds - (time.monotonic() - self.begun) if self.quick else math.inf


def count_locked(row, allocator, quick, places):
    """Locked operations per remote free of a short run, under `locked`."""
    preload = ["--preload", allocator.path] if allocator.path else []
    command = [str(places.programs / "locked"), *preload, f"{PASSED},{QUICK_STEPPED if quick else STEPPED}",
               str(places.programs / row.program), *row.sample]
    kept = {"row": row.name, "allocator": allocator.name}
    try:
        pairs = numbers(run(command, clean_environment(), 60).strip().split("\n")[-1])
        kept |= {name: pairs[name] for name in ("frees", "instructions_per_free", "locked_per_free")}
    except (RunError, KeyError) as error:
        kept["failed"] = str(error)
    return kept
