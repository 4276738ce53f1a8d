#!/usr/bin/python3
"""The benchmark suite: its rows and its README are in step with the programs, its means are those worked out by hand, and
short runs through the front door keep and show what they should: turns, failures, wrong calls, an interrupt. No times."""
import csv
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from pathlib import Path
from statistics import median

from source import ROOT, report

sys.path.insert(0, str(ROOT / "bench/suite"))
import figures  # noqa: E402
import peers  # noqa: E402
import readme  # noqa: E402
import rows  # noqa: E402
import runner  # noqa: E402
import targets  # noqa: E402

TOOLS = {"locked", "meter", "contention", "pauses", "watched"}
ALONE = [word for name, *_ in peers.KNOWN for word in ("--without", name)]  # whatever is installed here
TINY = """
[[row]]
name = "tiny"
program = "churn"
full = ["uniform", "1", "1", "20000"]
quick = ["uniform", "1", "{threads:1}", "10000"]
unit = "ns per pair"
cross = false
stands_for = "nothing"

[[row]]
name = "across"
program = "handover"
full = ["1", "1", "1", "200000"]
quick = ["1", "1", "1", "100000"]
unit = "ns per block"
cross = true
stands_for = "nothing"

[[row]]
name = "endless"
program = "churn"
full = ["uniform", "1", "1", "1000000000000"]
quick = ["uniform", "1", "1", "1000000000000"]
unit = "ns per pair"
cross = false
stands_for = "nothing"

[[series]]
name = "threads"
program = "churn"
full = ["uniform", "1", "{threads}", "{share:20000}"]
quick = ["uniform", "1", "{threads}", "{share:20000}"]
threads = [1, 2, 4]
quick_threads = [1, 2]
unit = "ns per pair"
operations = "each"
stands_for = "nothing"
"""
SHIM = """#include <stdlib.h>
void* __libc_malloc(size_t n);
static int calls;
void* malloc(size_t n) { if (++calls > MOST) abort(); return __libc_malloc(n); }
"""
violations = []


def expect(what, wanted, found):
    if wanted != found:
        violations.append(f"{what}: {found!r}, not {wanted!r}")


def expect_near(what, wanted, found):
    if found is None or not math.isclose(wanted, found, rel_tol=1e-9):
        violations.append(f"{what}: {found}, not {wanted}")


def check_rows():
    """Every row has its program, every workload a row, every target its row."""
    try:
        document = rows.read(ROOT / "bench/rows.toml")
    except rows.RowError as error:
        violations.append(str(error))
        return
    tables = [*document["row"], *document["series"]]
    workloads = {source.stem for source in (ROOT / "bench").glob("*.c")} - TOOLS
    scripts = {script.stem for script in (ROOT / "bench/programs").glob("*.sh")}
    for table in tables:
        program, script = table.get("program"), table.get("script")
        if program and program not in workloads:
            violations.append(f"bench/rows.toml: {table['name']}: there is no bench/{program}.c")
        if script and not os.access(ROOT / f"bench/programs/{script}.sh", os.X_OK):
            violations.append(f"bench/rows.toml: {table['name']}: no bench/programs/{script}.sh that can be run")
        for word in (table["name"], table["stands_for"], table["unit"]):
            if not word.strip() or "|" in word or "\n" in word:
                violations.append(f"bench/rows.toml: {table['name']}: an empty word, or one that breaks a table: {word!r}")
    for left in sorted(workloads - {t.get("program") for t in tables}) + sorted(scripts - {t.get("script") for t in tables}):
        violations.append(f"bench/rows.toml: no row for {left}")
    names = {row["name"] for row in document["row"]}
    for row in sorted(targets.ROWS - names):
        violations.append(f"bench/suite/targets.py: no row {row}")
    text = (ROOT / "bench/README.md").read_text()
    try:
        if readme.renewed(text, "rows", document) != text:
            violations.append("bench/README.md: not in step with bench/rows.toml: bench/suite/bench.py --write-readme")
    except readme.ReadmeError as error:
        violations.append(f"bench/README.md: {error}")


def fixture():
    """A result with round figures. By row: the times of three rounds, and the peak, of each allocator."""
    table = {
        "churn-1": {"mica": ((1, 2, 9), 100), "libc": ((4, 4, 4), 200), "quick": ((1, 1, 1), 400), "floor": ((1, 1, 1), 10)},
        "other": {"mica": ((6, 6, 6), 100), "libc": ((12, 12, 12), 50), "quick": ((96, 96, 96), 25), "floor": ((1, 2, 3), 10)},
        "third": {"mica": ((5, 5, 5), 100), "libc": ((10, 10, 10), 100), "quick": (None, 0), "floor": ((1, 1, 1), 10)},
        "s@4": {"mica": ((50, 50, 50), 9), "libc": ((100, 100, 100), 9), "quick": ((1, 1, 1), 9), "floor": ((1, 1, 1), 9)},
    }
    runs = []
    for row, by_name in table.items():
        for name, (times, peak) in by_name.items():
            for turn, taken in enumerate(times or (0, 0, 0), 1):
                run = {"row": row, "allocator": name, "round": turn}
                runs.append(run | ({"time": taken, "cpu": 1.0, "peak_kib": peak, "faults": 7} if times else {"failed": "why"}))
    return {
        "format": 1, "interrupted": False, "locked": [], "runs": runs,
        "machine": {"cpu": "a", "cores": 1, "memory_mib": 1024, "kernel": "k", "system": "s", "revision": "r", "date": "d"},
        "settings": {"quick": False, "rounds": 3, "threads": 0},
        "allocators": [{"name": name, "file": "", "version": ""} for name in ("mica", "libc", "quick", "floor")],
        "rows": [{"name": name, "command": name, "unit": "ns", "cross": False, "stands_for": "x",
                  "series": "s" if "@" in name else "", "threads": 4, "operations": "each"} for name in table],
    }


def check_means():
    """mica's ratios to libc: 1/2, 1/2, 1/2; to quick: 2, 1/16; to the best of each row: 2 (quick), 1/2 (libc), 1/2 (libc)."""
    found = figures.Figures(fixture())
    expect_near("median", 2, found.time("churn-1", "mica"))
    expect_near("spread", 4, found.spread("churn-1", "mica"))
    expect("marked rows", [True, False, False], [found.is_wide(name) for name in ("churn-1", "other", "third")])
    expect("best peers", ["quick", "libc", "libc"], [found.best_peer(name)[0] for name in ("churn-1", "other", "third")])
    expect("the time of a failed row", None, found.time("third", "quick"))
    expect_near("mica to libc", 0.5, found.mean_ratio("mica", "libc"))
    expect_near("quick to mica", math.sqrt(0.5 * 16), found.mean_ratio("quick", "mica"))
    expect("best single peer", "libc", found.best_single_peer())
    expect_near("mica to the best of each row", 0.5 ** (1 / 3), found.mean_to_least("mica"))
    expect("worst row", ("churn-1", 2.0), found.worst_row("mica"))
    expect_near("peak to the smallest of each row", 2 ** (1 / 3), found.mean_to_least("mica", "peak_kib"))
    expect_near("throughput of four threads, each 50 ns", 80, found.throughput(found.points[0], "mica"))
    verdicts = {target.text: (target.figure, target.verdict) for target in targets.all_of(found)}
    expect("a target that is met", (0.5, "yes"), verdicts["time, mean over all rows ÷ the best single peer's (libc)"])
    expect("a target that is not", (2.0, "no"), verdicts["churn-1: time ÷ the best peer's"])
    expect("the floor", (2.0, "no"), verdicts["churn-1: time ÷ the floor"])
    expect("a row that was not run", (None, "not measured"), verdicts["churn-10: time ÷ the best peer's"])


def check_resident():
    """A row about resident memory is in a mean of its own only; a table of cells is held against the best peer of each cell."""
    document = fixture()
    cells = {"mica": {"a": 4, "b": 2}, "libc": {"a": 1, "b": 8}, "quick": {"a": 2, "b": 2}}
    for run in document["runs"]:
        if run["row"] == "other":
            run |= {"resident_kib": 100 if run["allocator"] == "mica" else 25, "cells": cells.get(run["allocator"], {})}
    for row in document["rows"]:
        row["resident"] = row["name"] == "other"
    found = figures.Figures(document)
    expect_near("mica to the best of each row, without the row about memory", 1, found.mean_to_least("mica"))
    expect_near("resident to the smallest", 4, found.mean_resident("mica"))
    expect("cells to the best: mean, worst", (2.0, 4.0, "a"), found.cells_to_best("other", "mica"))
    expect("cells of a row without", (None, None, None), found.cells_to_best("churn-1", "mica"))


def check_lines():
    """One result line, with every figure, among whatever else a program says; nothing else will do."""
    whole = "time=2.5 cpu=0.1 peak_kib=2000 faults=7"
    wanted = {"time": 2.5, "cpu": 0.1, "peak_kib": 2000, "faults": 7}
    expect("a result", wanted, runner.result_of(f"something\n{whole} rounds=3\n"))
    expect("a result of memory, with cells", wanted | {"resident_kib": 9, "cells": {"a": 1, "b-c": 2.5}},
           runner.result_of(f"cell a=1\ncell b-c=2.5\n{whole} resident_kib=9\n"))
    for said in ("", "something\n", f"{whole}\n{whole}\n", "time=2.5 cpu=0.1 faults=7\n", whole.replace("2.5", "x"),
                 whole.replace("2.5", "0"), whole.replace("2000", "-1")):
        try:
            violations.append(f"a result that is none: {said!r}: {runner.result_of(said)}")
        except runner.RunError:
            pass


def bench(place, *words, front_door=True, timeout=1800):
    """Call the suite; its exit status, stdout and stderr."""
    own = ["/usr/bin/python3", "-B", ROOT / "bench/suite/bench.py", "--programs", ROOT / "build/release/bench"]
    command = [*([ROOT / "build.sh", "bench"] if front_door else own), "--rows", place / "rows.toml",
               "--results", place / "results", "--programs-missing", "skip", *ALONE, *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout, check=False)
    return done.returncode, done.stdout, done.stderr


def newest(place):
    """The folder of the last result."""
    found = sorted((place / "results").iterdir())
    return found[-1] if found else place / "results"


def shims(place):
    """A library with a malloc that works, and one whose malloc aborts soon."""
    (place / "shim.c").write_text(SHIM)
    for name, most in (("working", "2147483647"), ("crashing", "1000")):
        command = ["cc", "-shared", "-fPIC", "-O1", f"-DMOST={most}", "-o", place / f"{name}.so", place / "shim.c"]
        subprocess.run(command, check=True)
    return place / "working.so", place / "crashing.so"


def check_document(document):
    """The runs of the short suite: every allocator in every row and round, in an order that rotates."""
    names = [a["name"] for a in document["allocators"]]
    for wanted in ("mica", "libc", "twin", "works", "crashes", "floor"):
        if names.count(wanted) != 1:
            violations.append(f"results.json: allocator {wanted} is there {names.count(wanted)} times")
    chosen = [row["name"] for row in document["rows"]]
    expect("rows", ["tiny", "across", "threads@1", "threads@2"], chosen)
    expect("arguments with --threads", "churn uniform 1 3 10000", document["rows"][0]["command"])
    expect("arguments of a point", "churn uniform 1 2 10000", document["rows"][3]["command"])
    order = [(run["round"], run["row"], run["allocator"]) for run in document["runs"]]
    turned = names[1:] + names[:1]
    expect("order of the runs", [(1, row, name) for row in chosen for name in names]
           + [(2, row, name) for row in chosen[:2] for name in turned], order)  # a quick run's series have one round
    failed = {run["allocator"] for run in document["runs"] if "failed" in run}
    expect("allocators that failed", {"crashes"}, failed)
    expect("runs that failed", 6, sum("failed" in run for run in document["runs"]))
    counted = {e["allocator"] for e in document["locked"] if e["row"] == "across" and e.get("frees", 0) > 0}
    if not {"mica", "libc", "twin", "works"} <= counted or len(document["locked"]) != len(names) - 1:
        violations.append(f"results.json: locked operations: {document['locked']}")


def check_kept(folder, document):
    """The CSV has the runs' medians, the table every row, the pictures every name."""
    with open(folder / "results.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    expect("lines of results.csv", len(document["rows"]) * len(document["allocators"]), len(lines))
    for line in lines:
        runs = [run for run in document["runs"] if (run["row"], run["allocator"]) == (line["row"], line["allocator"])]
        if line["failed"]:
            expect(f"results.csv: {line['row']} {line['allocator']}: time", "", line["time"])
            continue
        for field in ("time", "peak_kib", "faults"):
            wanted = median(run[field] for run in runs)
            if not math.isclose(wanted, float(line[field]), rel_tol=1e-5):
                violations.append(f"results.csv: {line['row']} {line['allocator']}: {field} {line[field]}, not {wanted}")
    table = (folder / "table.txt").read_text()
    for words in ("tiny: churn uniform 1 3 10000 [ns per pair]", "crashes failed: signal 6", "geometric means over 2 rows",
                  "threads: throughput by threads", "locked/free"):
        if words not in table:
            violations.append(f"table.txt does not say: {words}")
    for name, words in (("time", ("tiny", "mica", "twin")), ("resident", ("tiny", "works")), ("scaling", ("threads", "floor"))):
        try:
            texts = " ".join(xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot().itertext())
        except (OSError, xml.etree.ElementTree.ParseError) as error:
            violations.append(f"{name}.svg: {error}")
            continue
        for word in words:
            if word not in texts:
                violations.append(f"{name}.svg does not say: {word}")


def check_run(place, working, crashing):
    """The front door: a short suite with peers by name."""
    twin = place / "twin.so"
    given = ["--peer", f"twin={twin}", "--peer", f"works={working}", "--peer", f"crashes={crashing}"]
    status, said, complained = bench(place, "--only", "tiny", "--rounds", "1")  # builds the library
    expect("exit status of bench --only tiny", 0, status)
    twin.write_bytes((ROOT / "build/release/libmica.so").read_bytes())
    status, said, complained = bench(place, "--quick", "--rounds", "2", "--threads", "3", *given, "--only", "tiny",
                                     "--only", "acr*", "--only", "scaling")
    if status != 0:
        violations.append(f"exit status {status}: {complained[-2000:]}")
        return
    folder = newest(place)
    document = json.loads((folder / "results.json").read_text())
    check_document(document)
    check_kept(folder, document)
    expect("stdout and table.txt", (folder / "table.txt").read_text(), said)
    expect("lines of progress", 6, complained.count(" left\n"))


def check_wrong_calls(place, working):
    nothing = place / "nothing.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "/dev/null", "-o", nothing], check=True)
    wrong = (("a peer that is not there", ["--peer", "x=/no/such/library.so"], "no such file"),
             ("a peer that is no library", ["--peer", f"x={place / 'rows.toml'}"], "does not load"),
             ("a peer without malloc", ["--peer", f"x={nothing}"], "still the C library's"),
             ("a peer called mica", ["--peer", f"mica={working}"], "already"),
             ("a peer without a path", ["--peer", "x"], "NAME=PATH"),
             ("no such row", ["--only", "no-such-row"], "no row 'no-such-row'"),
             ("no such allocator", ["--without", "no-such-allocator"], "there are"),
             ("no rounds", ["--rounds", "0"], "above 0"))
    for what, words, wanted in wrong:
        status, said, complained = bench(place, "--only", "tiny", *words)
        if (status, said) != (2, "") or wanted not in complained:
            violations.append(f"{what}: exit status {status}, says {said + complained!r}")


def is_waiting(pid):
    """The process waits for a child that runs without end."""
    waits = child = False
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            own, _, rest = stat.read_text().rpartition(")")
            state, parent = rest.split()[:2]
            waits = waits or (own.startswith(f"{pid} ") and state == "S")
            child = child or (int(parent) == pid and b"1000000000000" in (stat.parent / "cmdline").read_bytes())
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return waits and child


def check_endings(place, crashing):
    """A mica that fails, a run without end, and an interrupt."""
    status, _, _ = bench(place, "--mica", crashing, "--only", "tiny", "--rounds", "1", front_door=False)
    expect("exit status when mica fails", 1, status)
    own = ["--mica", ROOT / "build/release/libmica.so", "--without", "libc", *ALONE]
    status, _, _ = bench(place, *own, "--only", "endless", "--rounds", "1", "--limit", "1", front_door=False)
    expect("exit status when mica takes too long", 1, status)
    document = json.loads((newest(place) / "results.json").read_text())
    expect("what is said of it", {"longer than 1 s"}, {run.get("failed") for run in document["runs"]})
    command = ["/usr/bin/python3", "-B", ROOT / "bench/suite/bench.py", "--programs", ROOT / "build/release/bench", *own,
               "--rows", place / "rows.toml", "--results", place / "interrupted", "--only", "tiny", "--only", "endless",
               "--limit", "5"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "endless under mica failed" in line:  # the turn goes on with the floor
                break
        while not is_waiting(process.pid):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()
        expect("exit status of an interrupt", 130, process.returncode)
    kept = json.loads(next((place / "interrupted").glob("*/results.json")).read_text())
    expect("rows of the finished turns", {"tiny"}, {run["row"] for run in kept["runs"]})
    expect("rows of the result", ["tiny"], [row["name"] for row in kept["rows"]])
    expect("interrupted", True, kept["interrupted"])


os.environ.pop("LD_PRELOAD", None)
check_rows()
check_means()
check_resident()
check_lines()
with tempfile.TemporaryDirectory() as name:
    work = Path(name)
    (work / "rows.toml").write_text(TINY)
    good, bad = shims(work)
    check_run(work, good, bad)
    check_wrong_calls(work, good)
    check_endings(work, bad)
report(violations, [ROOT / "bench/rows.toml"])
