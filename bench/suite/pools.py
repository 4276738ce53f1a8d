"""pools.py -- the part of the suite on pools: the rows of bench/pools.toml, in each way to get and give back memory, by turns.

The ways: the C library's malloc, mica's malloc, one of mica's pools, and such a pool with one mutex around each call. The
first two are the same programs, without anything preloaded and with mica."""
import json
import os
from dataclasses import dataclass
from pathlib import Path

import machine
import peers
import plots
import pools_report
import progress
import result
import rows
import runner
from figures import Figures
from peers import LIBC, MICA
from pools_report import FURTHER, MUTEX, POOL

ROOT = Path(__file__).resolve().parents[2]
NAME = "pools"
ROUNDS, QUICK_ROUNDS, LIMIT, QUICK_LIMIT = 5, 3, 120, 20
QUICK_SECONDS = 40  # no turn of a quick run's later rounds begins after that
PROGRAMS = {LIBC: "malloc", MICA: "malloc", POOL: "pool", MUTEX: "mutex"}


@dataclass(frozen=True)
class Way(peers.Allocator):
    """One that takes turns; path: what is preloaded, so that all run with the library that was named, as they are linked."""


class Turns(runner.Turns):
    """The runs of this part."""
    series_once = False

    def command(self, row, allocator):
        environment = peers.clean_environment() | ({"LD_PRELOAD": allocator.path} if allocator.path else {})
        return [str(program_of(self.places.programs, row, allocator)), *row.arguments], environment

    def result(self, said):
        return runner.result_of(said, FURTHER)


def program_of(folder, row, way):
    return folder / f"{row.program}-{PROGRAMS[way.name]}"


def ways(mica):
    """The four that take turns; mica: the library."""
    path, _ = peers.check_library(MICA, mica)
    version = f"{machine.version(ROOT)} {machine.revision(ROOT)}".strip()
    return [Way(LIBC, "", os.confstr("CS_GNU_LIBC_VERSION") or ""), *(Way(name, path, version) for name in (MICA, POOL, MUTEX))]


def select(options, only):
    """The rows of a run; `only`: names, or none for all of them."""
    document = rows.read(options.pool_rows or ROOT / "bench/pools.toml")
    return rows.select(document, only, options.quick, options.threads)


def check_programs(chosen, allocators, folder):
    for row in chosen:
        for way in allocators:
            if not os.access(program_of(folder, row, way), os.X_OK):
                raise rows.RowError(f"{row.name}: no such program: {program_of(folder, row, way)}")


def write(document, folder, say):
    """JSON, CSV, text and pictures; the text goes to stdout, too."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = Figures(document)
    (folder / "pools.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    pools_report.write_csv(figures, folder / "pools.csv")
    pools_report.show(figures, folder / "pools.txt")
    try:
        pools_report.draw(figures, folder)
    except plots.PlotError as error:
        say(f"no pictures: {error}")


def measure(options, chosen, folder, say):
    """Run, show and keep in the folder; the exit status."""
    allocators = ways(options.mica)
    places = runner.Places(Path(options.programs) / NAME, ROOT / "bench/programs", Path(options.programs) / "work")
    check_programs(chosen, allocators, places.programs)
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    about = machine.describe(ROOT)
    say(f"pools: {len(chosen)} rows, {rounds} rounds, by {', '.join(way.name for way in allocators)}")
    interrupted = False
    with progress.of(len(chosen) * rounds, rounds) as shown:
        limit = options.limit or (QUICK_LIMIT if options.quick else LIMIT)
        turns = Turns(chosen, allocators, rounds, options.quick, limit, places, shown)
        turns.seconds = QUICK_SECONDS
        try:
            turns.go()
        except KeyboardInterrupt:
            interrupted = True
    if turns.runs:
        write(result.document_of(NAME, options, chosen, turns, about, interrupted), folder, say)
    if interrupted:
        return 130
    return 1 if any("failed" in run and run["allocator"] != LIBC for run in turns.runs) else 0
