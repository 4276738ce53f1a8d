#!/usr/bin/python3
"""programs.py -- what people run, under each allocator by turns: the programs of tests/programs, what they say, their processor
time and their peak.

Called by ./build.sh programs. Each program runs once in each round under every allocator, in an order that rotates; what it
says must be what it says under the C library. Measured is what its script starts through `under` and `serve`, by
bench/meter.c: processor seconds of all these processes, and the largest resident size of any one of them. The result goes to
bench/results/: programs.json and programs.txt. Exit status: 0; 1 if a program failed under mica only; 2 if it was called
wrongly; 130 if it was interrupted."""
import argparse
import ctypes
import dataclasses
import datetime
import difflib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import bench
import machine
import peers
import programs_report
import progress
import result
import runner
import values

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests/programs"
ROUNDS, LIMIT = 3, 300
PEERS = ("mimalloc", "jemalloc", "tcmalloc")  # the others only by --peer
PACKAGES = re.compile(r"^# packages: (.+)$", re.M)
PR_SET_CHILD_SUBREAPER = 36


@dataclasses.dataclass(frozen=True)
class Program:
    """A script of tests/programs, with what result.py wants to know of a row."""
    name: str
    script: Path
    packages: tuple
    unit: str = "s"
    cross: bool = False
    resident: bool = False
    series: str = ""
    threads: int = 0
    operations: str = ""

    @property
    def stands_for(self):
        """The script's first comment."""
        lines = self.script.read_text(encoding="utf-8").split("\n")[1:]
        said = [line.removeprefix("# ") for line in lines[:next(i for i, line in enumerate(lines) if line[:1] != "#")]]
        return " ".join(line for line in said if not line.startswith("packages: "))

    def command(self):
        return self.script.name


def all_programs(scripts):
    """Every script that names its packages, by its name."""
    found = {}
    for script in sorted([*scripts.glob("*.sh"), *scripts.glob("more/*.sh")], key=lambda path: path.name):
        named = PACKAGES.search(script.read_text(encoding="utf-8"))
        if named:
            found[script.stem] = Program(script.stem, script, tuple(named[1].split()))
    return found


def say(text):
    print(f"programs: {text}", file=sys.stderr, flush=True)


def own_children():
    """The processes whose parent this one is."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                yield int(stat.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile


def end_leftovers():
    """Whatever a program has left behind is this process's child, and is ended, with what it started."""
    while children := list(own_children()):
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def figures_in(file):
    """The sums and the peak of the meters' lines."""
    lines = [runner.numbers(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    if not lines:
        raise runner.RunError("nothing was measured")
    return {"cpu": sum(line["cpu"] for line in lines), "peak_kib": int(max(line["peak_kib"] for line in lines)),
            "faults": int(sum(line["faults"] for line in lines))}


def first_difference(wanted, found):
    """A line for each side."""
    lines = list(difflib.unified_diff(wanted.split("\n"), found.split("\n"), n=0, lineterm=""))[2:]
    return "says something else: " + " ".join([line[:60] for line in lines if not line.startswith("@@")][:2])


class ProgramTurns(runner.Turns):
    """Turns of programs. The C library's comes first in the first round: what is said then, is what must be said."""

    def __init__(self, *words, place):
        super().__init__(*words)
        self.place, self.wanted = place, {}

    def once(self, row, allocator):
        """What one run takes; raises RunError."""
        with tempfile.TemporaryDirectory(dir=self.place) as folder:
            inner, lines = Path(folder) / "run", Path(folder) / "figures"
            inner.mkdir()
            os.chmod(folder, 0o755)
            environment = peers.clean_environment() | {
                "PROGRAMS_METER": str(self.places.programs / "meter"), "PROGRAMS_FIGURES": str(lines),
                "PROGRAMS_PRELOAD": allocator.path}
            begun = time.monotonic()
            try:
                said = runner.run(["env", "-C", str(inner), str(row.script), "once"], environment, self.limit)
            finally:
                end_leftovers()
            if not said:
                raise runner.RunError("said nothing")
            said = said.replace(str(inner), ".")
            wanted = self.wanted.setdefault(row.name, said) if allocator.name == peers.LIBC else self.wanted.get(row.name, said)
            if said != wanted:
                raise runner.RunError(first_difference(wanted, said))
            return {"time": round(time.monotonic() - begun, 3)} | figures_in(lines)

    def one(self, row, allocator, turn):
        kept = {"row": row.name, "allocator": allocator.name, "round": turn + 1}
        begun = time.monotonic()
        try:
            kept |= self.once(row, allocator)
        except runner.RunError as error:
            kept["failed"] = str(error)
        taken = time.monotonic() - begun
        self.progress.ran(row, allocator, taken, kept.get("failed"))
        return kept, taken

    def takers(self, row, turn):
        """A program that failed is not run again under that allocator."""
        failed = {run["allocator"] for run in self.runs if run["row"] == row.name and "failed" in run}
        return [each for each in super().takers(row, turn) if each.name not in failed]

    def count_locked(self):
        """Nothing here is stepped through."""


def arguments():
    parser = argparse.ArgumentParser(prog="./build.sh programs", description="Run programs under each allocator, by turns.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*", help="a program of tests/programs (default: all)")
    add("--list", action="store_true", help="the programs, and the packages that each needs")
    add("--rounds", metavar="N", type=values.positive, default=ROUNDS, help=f"rounds (default: {ROUNDS})")
    add("--peer", metavar="NAME=PATH", action="append", default=[], help="a further allocator, a library to preload")
    add("--without", metavar="NAME", action="append", default=[], help="leave an allocator out; peers: all three")
    for name in ("--mica", "--programs", "--results"):
        add(name, help=argparse.SUPPRESS)
    add("--scripts", type=lambda text: Path(text).resolve(), default=SCRIPTS, help=argparse.SUPPRESS)
    add("--limit", type=values.positive, default=LIMIT, help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen_programs(scripts, names):
    known = all_programs(scripts)
    for name in names:
        if name not in known:
            raise peers.PeerError(f"no program '{name}': there are {' '.join(known)}")
    return [known[name] for name in dict.fromkeys(names or known)]


def allocators(options, place):
    """The C library's first; mica's library where every user can read it."""
    known = [name for name, *_ in peers.KNOWN]
    without = [name for name in options.without if name != "peers"]
    without += [name for name in known if "peers" in options.without or name not in PEERS]
    own = f"{machine.version(ROOT)} {machine.revision(ROOT)}".strip()
    found, missing = peers.all_of(options.mica, own, options.peer, without)
    for line in missing:
        say(f"not used: {line}")
    library = shutil.copy(found[0].path, place)
    return sorted([dataclasses.replace(found[0], path=library), *found[1:]], key=lambda each: each.name != peers.LIBC)


def measure(options, place):
    """Run, show and keep; the exit status."""
    chosen = chosen_programs(options.scripts, options.names)
    absent = {row.name: missing for row in chosen if (missing := [p for p in row.packages if not bench.is_installed(p)])}
    present = [row for row in chosen if row.name not in absent]
    timed = allocators(options, place)
    about, interrupted = machine.describe(ROOT), False
    options.quick, options.threads = False, None
    places = runner.Places(Path(options.programs).resolve(), options.scripts, place)
    say(f"{len(present)} programs, {options.rounds} rounds, under {', '.join(a.name for a in timed)}")
    with progress.of(len(present) * options.rounds, options.rounds) as shown:
        turns = ProgramTurns(present, timed, options.rounds, False, options.limit, places, shown, place=place)
        try:
            turns.go()
        except KeyboardInterrupt:
            interrupted = True
    document = result.document_of("programs", options, present, turns, about, interrupted) | {"not_installed": absent}
    parent = Path(options.results) if options.results else ROOT / "bench/results"
    folder = parent / datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "programs.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    failed = programs_report.show(document, folder / "programs.txt")
    return 130 if interrupted else 1 if failed else 0


def list_or_measure(options):
    if options.list:
        for row in chosen_programs(options.scripts, options.names):
            print(row.name, *row.packages)
        return 0
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl")
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        return measure(options, Path(place))


def main():
    options = arguments()
    return peers.exit_status(lambda: list_or_measure(options), say)


if __name__ == "__main__":
    sys.exit(main())
