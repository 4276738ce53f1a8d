#!/usr/bin/python3
"""The benchmark suite's part on pools: its rows and the README are in step with the programs, its ratios are those worked out
by hand, the programs say all their figures and see blocks that lie, and a short run through the front door keeps and shows
what it should. No times."""
import argparse
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path
from statistics import median

from source import ROOT, report

sys.path.insert(0, str(ROOT / "bench/suite"))
import bench as bench_suite  # noqa: E402
import figures  # noqa: E402
import peers  # noqa: E402
import pools  # noqa: E402
import pools_report  # noqa: E402
import readme  # noqa: E402
import rows  # noqa: E402
import runner  # noqa: E402

PROGRAMS = ROOT / "build/release/bench"
WAYS = ["libc", "mica", "pool", "mutex"]
SHORT = {"atonce": (["equal", "2", "1", "3000", "32"], ["mixed", "2", "1", "3000", "1024"]),
         "window": (["3", "32", "32", "3000", "2"], ["2", "8192", "262144", "200", "2"]), "request": (["1", "40", "50", "2"],)}
TINY = """
[[row]]
name = "tiny"
program = "atonce"
full = ["equal", "2", "1", "2000", "32"]
quick = ["equal", "2", "{threads:1}", "1000", "32"]
unit = "ns per block"
stands_for = "nothing"

[[row]]
name = "other"
program = "request"
full = ["1", "40", "100", "2"]
quick = ["1", "40", "50", "2"]
unit = "ns per request"
stands_for = "nothing"

[[series]]
name = "together"
program = "atonce"
full = ["equal", "2", "{threads}", "2000", "32"]
quick = ["equal", "2", "{threads}", "1000", "32"]
threads = [1, 4]
quick_threads = [1, 2]
unit = "ns per block"
operations = "all"
stands_for = "nothing"
"""
TINY_ROWS = """
[[row]]
name = "churned"
program = "churn"
full = ["uniform", "1", "1", "2000"]
quick = ["uniform", "1", "1", "1000"]
unit = "ns per pair"
cross = false
stands_for = "nothing"
"""
# Every tenth block of a kind that the programs ask for is LIE: one that was given out before, or one that is not aligned. There
# is room enough for both.
TELLING = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
void* __libc_malloc(size_t n);
static size_t room(size_t n) { return (n > 1024 ? 262144 : 1024) + 16; }
static char* told(char* p, size_t n) {
  static char* last;
  static int calls;
  if (n < 8 || n > 262144 || ++calls % 10 != 0) return last = p;
  return LIE;
}
"""
LIARS = {"malloc": TELLING + """void* malloc(size_t n) { return told(__libc_malloc(room(n)), n); }
""", "pool": TELLING + """void* mi_pool_alloc(void* pool, size_t n) {
  void* (*real)(void*, size_t) = (void* (*)(void*, size_t))dlsym(RTLD_NEXT, "mi_pool_alloc");
  return told(real(pool, room(n)), n);
}
"""}
# Counts what the programs call.
COUNTING = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
typedef struct pool pool;
static atomic_long mallocs, frees, allocs, pool_frees, resets, creates, destroys, locks;
void* __libc_malloc(size_t n);
void __libc_free(void* p);
void* malloc(size_t n) { mallocs++; return __libc_malloc(n); }
void free(void* p) { frees += p != NULL; __libc_free(p); }
void* mi_pool_alloc(pool* p, size_t n) { allocs++; return REAL(mi_pool_alloc)(p, n); }
_Bool mi_pool_free(pool* p, void* q) { pool_frees++; return REAL(mi_pool_free)(p, q); }
void mi_pool_reset(pool* p) { resets++; REAL(mi_pool_reset)(p); }
pool* mi_pool_create(size_t n) { creates++; return REAL(mi_pool_create)(n); }
void mi_pool_destroy(pool* p) { destroys++; REAL(mi_pool_destroy)(p); }
int pthread_mutex_lock(void* m) { locks++; return REAL(pthread_mutex_lock)(m); }
__attribute__((destructor)) static void tell(void) {
  dprintf(2, "mallocs=%ld frees=%ld allocs=%ld pool_frees=%ld resets=%ld creates=%ld destroys=%ld locks=%ld\\n", mallocs, frees,
          allocs, pool_frees, resets, creates, destroys, locks);
}
"""
# What pools are asked for; as many blocks malloc is asked for.
COUNTED = {"atonce equal 2 2 3000 32": {"allocs": 9000, "pool_frees": 0, "resets": 3, "creates": 1, "destroys": 1},
           "window 3 32 32 3000 2": {"allocs": 9000, "pool_frees": 9000, "resets": 0, "creates": 1, "destroys": 1},
           "request 1 40 50 2": {"allocs": 150 * 40 + 19, "pool_frees": 0, "resets": 0, "creates": 150, "destroys": 150}}
CRASHING = """#include <stdlib.h>
void* malloc(size_t n) { (void)n; abort(); }
"""
violations = []


def expect(what, wanted, found):
    if isinstance(wanted, float) and isinstance(found, (int, float)) and math.isclose(wanted, found, rel_tol=1e-6):
        return
    if wanted != found:
        violations.append(f"{what}: {found!r}, not {wanted!r}")


def check_rows():
    """Every row has its program, every workload a row, every target its row; the README has them all."""
    try:
        document = rows.read(ROOT / "bench/pools.toml")
        text = (ROOT / "bench/README.md").read_text()
        if readme.renewed(text, "pools", document) != text:
            violations.append("bench/README.md: not in step with bench/pools.toml: bench/suite/bench.py --write-readme")
    except (rows.RowError, readme.ReadmeError) as error:
        violations.append(str(error))
        return
    tables = [*document["row"], *document["series"]]
    workloads = {source.stem for source in (ROOT / "bench/pools").glob("*.c")}
    expect("programs of bench/pools.toml", workloads, {table.get("program") for table in tables})
    expect("workloads that this check runs", workloads, set(SHORT))
    names = {row.name for quick in (False, True) for row in rows.select(document, [], quick, None)}
    for row in (pools_report.SMALL, pools_report.SHARED):
        if row not in names:
            violations.append(f"bench/suite/pools_report.py: no row {row}")
    for table in tables:
        for word in (table["name"], table["stands_for"], table["unit"]):
            if not word.strip() or "|" in word or "\n" in word:
                violations.append(f"bench/pools.toml: {table['name']}: an empty word, or one that breaks a table: {word!r}")


def fixture():
    """A result with round figures: the times of three rounds of each way, the first use, the peak."""
    times = {pools_report.SMALL: {"libc": (10, 12, 11), "mica": (22, 22, 22), "pool": (2, 1.1, 2.2), "mutex": (44, 44, 44)},
             pools_report.SHARED: {"libc": (8, 8, 8), "mica": (4, 4, 4), "pool": (2, 2, 2), "mutex": (3, 3, 3)}}
    runs = [{"row": row, "allocator": way, "round": turn, "time": taken, "cpu": len(way) / 4, "peak_kib": len(way) * 1024,
             "faults": 7, "first": 3 * taken + len(way), "first_faults": 5 * len(way)}
            for row, ways in times.items() for way, taken_of in ways.items() for turn, taken in enumerate(taken_of, 1)]
    return {
        "format": 1, "part": "pools", "interrupted": False, "locked": [], "runs": runs,
        "machine": {"cpu": "a", "cores": 1, "memory_mib": 1024, "kernel": "k", "system": "s", "revision": "r", "date": "d"},
        "settings": {"quick": False, "rounds": 3, "threads": 0},
        "allocators": [{"name": way, "file": "", "version": ""} for way in WAYS],
        "rows": [{"name": name, "command": name, "unit": "ns per block", "cross": False, "stands_for": "x",
                  "series": "one-pool" if "@" in name else "", "threads": 4 if "@" in name else 0, "operations": "all"}
                 for name in times],
    }


def check_ratios():
    """The pool's medians: 2 of the C library's 11; 500 millions a second of the mutex's 333."""
    found = figures.Figures(fixture())
    small, shared = found.all_rows
    record = pools_report.record(found, small, "pool")
    for field, wanted in (("time", 2.0), ("time_to_libc", 2 / 11), ("cpu_to_libc", 1.0), ("first", 10.0),
                          ("first_to_libc", 10 / 37), ("spread", 0.55), ("peak_to_libc", 1.0), ("first_faults", 20),
                          ("throughput", None), ("marked", "*"), ("rounds", 3)):
        expect(f"{field} of the pool", wanted, record[field])
    expect("throughput of the pool", 500.0, pools_report.record(found, shared, "pool")["throughput"])
    expect("the mark of even rounds", "", pools_report.record(found, shared, "pool")["marked"])
    verdicts = [(round(target.figure, 6), target.limit, target.verdict) for target in pools_report.targets(found)]
    expect("targets", [(round(2 / 11, 6), 0.3, "yes"), (1.5, 2.0, "no")], verdicts)
    text = io.StringIO()
    pools_report.print_all(found, text, color_system=None)
    lines = [line.split() for line in text.getvalue().split("\n")]
    for wanted in ("at-once-equal* libc 11.00 1.00 1.00 18.2 % 37.00 1.00 20 4.00 1.00",
                   "pool 2.00 0.18 1.00 55.0 % 10.00 0.27 20 4.00 1.00",
                   "mutex 44.00 4.00 1.25 0.0 % 137.0 3.70 25 5.00 1.25",
                   "4 125.0 250.0 500.0 333.3 1.50 4.00 2.00"):
        if wanted.split() not in lines and wanted.split() not in [line[3:] for line in lines]:
            violations.append(f"the table does not say: {wanted}")
    nothing = fixture()
    nothing["runs"] = [run for run in nothing["runs"] if run["allocator"] != "pool"]
    verdicts = [target.verdict for target in pools_report.targets(figures.Figures(nothing))]
    expect("targets without figures", ["not measured"] * 2, verdicts)


def check_lines():
    """A result line needs the first use's figures, too."""
    whole = "time=2.5 cpu=0.1 peak_kib=2000 faults=7 first=9.5 first_faults=5"
    wanted = {"time": 2.5, "cpu": 0.1, "peak_kib": 2000, "faults": 7, "first": 9.5, "first_faults": 5}
    expect("a result", wanted, pools.Turns.result(None, f"{whole}\n"))
    for said in (whole.replace(" first=9.5", ""), whole.replace(" first_faults=5", ""), whole.replace("9.5", "-1"),
                 whole.replace("9.5", "x"), whole.replace(" peak_kib=2000", "")):
        try:
            violations.append(f"a result that is none: {said!r}: {pools.Turns.result(None, said + chr(10))}")
        except runner.RunError:
            pass


def compile_shim(place, name, text, *words):
    (place / f"{name}.c").write_text(text)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", place / f"{name}.so", place / f"{name}.c", *words], check=True)
    return place / f"{name}.so"


def said_by(program, words, preload=None):
    """The exit status and the output of a program."""
    environment = {"PATH": os.environ["PATH"]} | ({"LD_PRELOAD": str(preload)} if preload else {})
    done = subprocess.run([PROGRAMS / "pools" / program, *words], env=environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=600, check=False)
    return done.returncode, done.stdout


def check_programs(place):
    """Every workload in every way: all figures; and a lie about a block is seen."""
    lies = (("again", "last", "a block has lost its content"), ("askew", "p + 8", "a block is not aligned"))
    liars = {(of, name): compile_shim(place, f"{of}-{name}", text, f"-DLIE={lie}")
             for of, text in LIARS.items() for name, lie, _ in lies}
    for workload, calls in SHORT.items():
        for way in ("malloc", "pool", "mutex"):
            for words in calls:
                what = f"{workload}-{way} {' '.join(words)}"
                status, said = said_by(f"{workload}-{way}", words)
                try:
                    expect(f"{what}: exit status", 0, status)
                    pools.Turns.result(None, said)
                except runner.RunError as error:
                    violations.append(f"{what}: {error}")
                for name, _, seen in lies:
                    found = said_by(f"{workload}-{way}", words, liars["malloc" if way == "malloc" else "pool", name])
                    expect(f"{what} with a block that lies ({name})", (2, f"BROKEN {seen}\n"), found)
            status, said = said_by(f"{workload}-{way}", [*SHORT[workload][0][:-1], "0"])
            if status != 2 or not said.startswith("BROKEN"):
                violations.append(f"{workload}-{way} with an argument of 0: exit status {status}, says {said!r}")


def check_ways(place):
    """Each way does what it says: who allocates and gives back, and how often a mutex is taken."""
    counting = compile_shim(place, "counting", COUNTING)
    for called, wanted in COUNTED.items():
        workload, *words = called.split()
        for way in ("malloc", "pool", "mutex"):
            done = subprocess.run([PROGRAMS / "pools" / f"{workload}-{way}", *words], capture_output=True, text=True,
                                  env={"LD_PRELOAD": str(counting)}, stdin=subprocess.DEVNULL, timeout=600, check=False)
            found = runner.numbers(done.stderr)
            blocks = wanted["allocs"]
            calls = {name: found[name] for name in wanted}
            expect(f"{workload}-{way}: calls", wanted if way != "malloc" else dict.fromkeys(wanted, 0), calls)
            locked = sum(wanted[name] for name in ("allocs", "pool_frees", "resets")) if way == "mutex" else 0
            expect(f"{workload}-{way}: mutex", locked, found["locks"])
            if way == "malloc" and not (blocks <= found["frees"] <= found["mallocs"] <= blocks + 20):
                violations.append(f"{workload}: {found['mallocs']:g} mallocs and {found['frees']:g} frees of {blocks} blocks")


def check_commands():
    """Which program is run for each way, and what is preloaded."""
    turns = pools.Turns([], [], 1, True, 1, runner.Places(Path("/p"), None, None), None)
    row = rows.Row("x", "ns", "nothing", "atonce", arguments=("equal",))
    mica = ROOT / "build/release/libmica.so"
    found = {}
    for way in pools.ways(mica):
        command, environment = turns.command(row, way)
        found[way.name] = [*command, environment.get("LD_PRELOAD")]
    programs = {"libc": "malloc", "mica": "malloc", "pool": "pool", "mutex": "mutex"}
    wanted = {way: [f"/p/atonce-{program}", "equal", None if way == "libc" else str(mica)] for way, program in programs.items()}
    expect("commands", wanted, found)


def check_parts():
    """Which parts a run has."""
    def parts(**given):
        options = {"only": [], "all": False, "pools": False} | dict.fromkeys(bench_suite.OTHERS, False) | given
        return bench_suite.parts_of(argparse.Namespace(**options))

    expect("parts of a plain run", ["rows", "pools"], parts())
    expect("parts of --only", ["rows"], parts(only=["x"]))
    expect("parts of --pools --only", ["pools"], parts(only=["x"], pools=True))
    expect("parts of --contention --pools", ["pools", "contention"], parts(contention=True, pools=True))
    expect("parts of --all", ["rows", "pools", "webserver", "contention", "profiling", "looking"], parts(all=True, webserver=True))


def bench(place, *words, front_door=True):
    """Call the suite; its exit status, stdout and stderr."""
    own = ["/usr/bin/python3", "-B", ROOT / "bench/suite/bench.py", "--programs", PROGRAMS]
    command = [*([ROOT / "build.sh", "bench"] if front_door else own), "--pool-rows", place / "pools.toml",
               "--results", place / "results", *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1800, check=False)
    return done.returncode, done.stdout, done.stderr


def check_run(place):
    """The front door: two rows and a series, two rounds, in an order that rotates."""
    status, said, complained = bench(place, "--pools", "--quick", "--rounds", "2", "--threads", "3")
    if status != 0:
        violations.append(f"exit status {status}: {complained[-2000:]}")
        return
    folder = next((place / "results").iterdir())
    pictures = {f"{name}.{end}" for name in ("pools", "pools-threads") for end in ("svg", "dat", "gp")}
    expect("files", {"pools.json", "pools.csv", "pools.txt", *pictures}, {file.name for file in folder.iterdir()})
    document = json.loads((folder / "pools.json").read_text())
    expect("rows", ["tiny", "other", "together@1", "together@2"], [row["name"] for row in document["rows"]])
    expect("arguments with --threads", "atonce equal 2 3 1000 32", document["rows"][0]["command"])
    order = [(run["round"], run["row"], run["allocator"]) for run in document["runs"]]
    expect("order of the runs", [(turn + 1, row["name"], way) for turn in range(2) for row in document["rows"]
                                 for way in WAYS[turn:] + WAYS[:turn]], order)
    expect("runs that failed", [], [run for run in document["runs"] if "failed" in run])
    expect("stdout and pools.txt", (folder / "pools.txt").read_text(), said)
    with open(folder / "pools.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    expect("lines of pools.csv", [(row["name"], way) for row in document["rows"] for way in WAYS],
           [(line["row"], line["way"]) for line in lines])
    for line in lines:
        runs = [run for run in document["runs"] if (run["row"], run["allocator"]) == (line["row"], line["way"])]
        for field in ("time", "first", "first_faults", "peak_kib", "faults"):
            if not math.isclose(median(run[field] for run in runs), float(line[field]), rel_tol=1e-5):
                violations.append(f"pools.csv: {line['row']} {line['way']}: {field} {line[field]}")
    for name, words in (("pools", ("tiny", "other", "together@2", "pool", "mutex")), ("pools-threads", ("together", "libc"))):
        try:
            texts = " ".join(xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot().itertext())
        except (OSError, xml.etree.ElementTree.ParseError) as error:
            violations.append(f"{name}.svg: {error}")
            continue
        for word in words:
            if word not in texts:
                violations.append(f"{name}.svg does not say: {word}")
    check_both(place)
    again = subprocess.run(["/usr/bin/python3", "-B", ROOT / "bench/suite/bench.py", "--report", folder / "pools.json"],
                           capture_output=True, text=True, check=False)
    expect("the report made anew", (0, said), (again.returncode, again.stdout))


def check_both(place):
    """A plain run keeps both parts in one folder."""
    (place / "rows.toml").write_text(TINY_ROWS)
    without = [word for name, *_ in peers.KNOWN for word in ("--without", name)]
    status, said, complained = bench(place, "--quick", "--rounds", "1", "--rows", place / "rows.toml", "--mica",
                                     ROOT / "build/release/libmica.so", "--results", place / "both", *without, front_door=False)
    if status != 0:
        violations.append(f"a plain run: exit status {status}: {complained[-2000:]}")
        return
    folder = next((place / "both").iterdir())
    expect("stdout of a plain run", (folder / "table.txt").read_text() + (folder / "pools.txt").read_text(), said)
    for file, part in (("results.json", "rows"), ("pools.json", "pools")):
        expect(file, part, json.loads((folder / file).read_text())["part"])


def check_other_calls(place):
    """A mica that crashes, and options that do not go together."""
    crashing = compile_shim(place, "crashing", CRASHING)
    status, said, _ = bench(place, "--pools", "--only", "tiny", "--rounds", "1", "--mica", crashing, front_door=False)
    expect("exit status when mica fails", 1, status)
    if "tiny by mica failed: signal 6" not in said or "tiny by libc failed" in said:
        violations.append(f"the table does not say who failed: {said}")
    for words, wanted in ((["--pools", "--only", "no-such-row"], "no row 'no-such-row'"),
                          (["--all", "--only", "tiny"], "--only"),
                          (["--contention", "--only", "tiny"], "--only")):
        status, said, complained = bench(place, *words, front_door=False)
        if (status, said) != (2, "") or wanted not in complained:
            violations.append(f"{words}: exit status {status}, says {said + complained!r}")


os.environ.pop("LD_PRELOAD", None)
check_rows()
check_ratios()
check_lines()
check_parts()
with tempfile.TemporaryDirectory() as temporary:
    work = Path(temporary)
    (work / "pools.toml").write_text(TINY)
    check_run(work)  # builds the library and the programs
    check_commands()
    check_programs(work)
    check_ways(work)
    check_other_calls(work)
report(violations, [ROOT / "bench/pools.toml"])
