#!/usr/bin/python3
"""looking.py -- what a process under load feels of the command mica: the longest call of malloc and free around a switch of the
profiler, and what `mica stat` takes, says and costs.

Called by ./build.sh bench --looking. bench/pauses.c is run by turns with the switch from inside and from outside, each time a new
process, since the first switch of a process does more. bench/watched.c has 64 threads and 8 GiB, or what the machine has room
for: its throughput with `mica stat --watch 1` and without, by turns; how long a look takes; and how far what it says is from what
the process says of itself just before and just after. The result goes to --out: looking.json, .txt. Exit status: 0; 1 if something
failed; 2 if it was called wrongly; 130 if it was interrupted."""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import machine
import peers
import report
import runner

ROOT = Path(__file__).resolve().parents[2]
GAUGES = {"allocated": ("malloc_normal", "malloc_huge"), "active": ("page_committed",), "resident": ("committed",),
          "mapped": ("reserved",)}
PAUSES = ("quiet", "switched", "first", "quiet_most", "switched_most")
LIMIT = 600


def say(text):
    print(f"looking: {text}", file=sys.stderr, flush=True)


def environment_of(options, **settings):
    return peers.clean_environment() | {"LD_PRELOAD": options.mica} | settings


# ---- the switch ----

def pauses(options, rounds):
    """A process for each way in each round."""
    runs = []
    for turn in range(rounds):
        for way in ("inside", "outside"):
            say(f"round {turn + 1}/{rounds}: a switch from {way}")
            heap = options.work / "looking.heap"
            command = [options.programs / "pauses", way, options.tool, heap, "8", "64" if options.quick else "1024",
                       "4" if options.quick else "8", "400"]
            said = runner.run([str(word) for word in command], environment_of(options), LIMIT)
            if not heap.read_text(encoding="utf-8").startswith("heap profile:"):
                raise runner.RunError(f"{heap} is no profile")
            runs.append({"way": way} | runner.numbers(said.strip()))
    return runs


# ---- mica stat ----

def room():
    """MiB that a process may take here: half of what is available."""
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    return int(re.search(r"MemAvailable:\s+(\d+)", text)[1]) // 2048


def shape(options):
    return ["16", "256"] if options.quick else ["64", str(min(8192, room()))]


def started(options, pairs, milliseconds, command, **settings):
    """A process of watched.c that is under load."""
    words = [options.programs / "watched", *shape(options), pairs, milliseconds, *command]
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True, env=environment_of(options, **settings))
    if not process.stdout.readline().startswith("ready"):
        process.kill()
        raise runner.RunError("watched did not begin")
    return process


def throughput(options):
    pairs = 3 if options.quick else 15
    say(f"throughput, {pairs} pairs of windows")
    process = started(options, pairs, 3000, [options.tool, "stat", "--json", "--watch", "1", "%"])
    said = process.communicate(timeout=LIMIT)[0].strip()
    if process.returncode != 0:
        raise runner.RunError(said)
    return runner.numbers(said)


def own_figures(process, file):
    """What the process says of itself, now."""
    file.unlink(missing_ok=True)
    process.send_signal(signal.SIGUSR1)
    while not file.exists() and process.poll() is None:
        time.sleep(0.001)
    return json.loads(file.read_text(encoding="utf-8"))


def gauges(found):
    """The four of an object; to itself a process counts what its other threads have ready as in use."""
    sums = {name: sum(found[field]["current"] for field in fields) for name, fields in GAUGES.items()}
    stat = found.get("stat", {})
    sums["allocated"] += stat.get("ready_bytes", 0) + stat.get("outbox_bytes", 0)
    return sums


def outside(value, before, after):
    """How far it is outside of the two, as a share of the first."""
    return max(min(before, after) - value, value - max(before, after), 0) / before


def look(options, process, file):
    """One mica stat between two answers of the process."""
    before = gauges(own_figures(process, file))
    begun = time.monotonic()
    done = subprocess.run([options.tool, "stat", "--json", str(process.pid)], capture_output=True, text=True, check=True)
    seconds = time.monotonic() - begun
    found = json.loads(done.stdout)
    after = gauges(own_figures(process, file))
    off = {name: outside(value, before[name], after[name]) for name, value in gauges(found).items()}
    return {"seconds": seconds, "read": found["stat"]["took_usec"] / 1e6, "unsure": found["stat"]["unsure"],
            "records": found["stat"]["records"], "off": off}


def looks(options):
    file = options.work / "looking-stat.json"
    process = started(options, 1, 3_000_000, ["sleep", "1000000"], MICA_STATS_SIGNAL="USR1", MICA_STATS_FILE=str(file))
    found = []
    say("mica stat, timed and held against the process itself")
    try:
        for _ in range(3 if options.quick else 25):
            time.sleep(0.2)
            found.append(look(options, process, file))
    finally:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        process.kill()
        process.wait()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    return found


# ---- what is shown ----

def lines(document):
    yield machine.line(document["machine"])
    ways = {}
    for run in document["pauses"]:
        ways.setdefault(run["way"], []).append(run)
    yield ""
    yield "the longest call of malloc or free in a window, microseconds of its thread's processor time; medians of processes, most of all"
    yield from report.grid(["", "quiet", "with a switch", "first switch", "most, quiet", "most, switch", "start", "first dump, ms"], [
        [way, *(f"{(max if name.endswith('most') else median)(run[name] for run in runs):.0f}" for name in PAUSES),
         f"{median(run['start'] for run in runs):.0f}", f"{median(run['dump'] for run in runs):.0f}"] for way, runs in ways.items()])
    yield "by the clock, of calls in which the thread was not driven off its processor"
    yield from report.grid(["", "quiet", "with a switch", "first switch", "most, quiet", "most, switch"], [
        [way, *(f"{(max if name.endswith('most') else median)(run['wall_' + name] for run in runs):.0f}" for name in PAUSES)]
        for way, runs in ways.items()])
    t, found = document["throughput"], document["looks"]
    yield ""
    yield f"mica stat of {document['threads']} threads under load, {t['peak_kib'] / 1048576:.1f} GiB resident at most"
    yield (f"  with --watch 1: {t['watched'] / 1e6:.3f} million replaced a second, {t['quiet'] / 1e6:.3f} without; time for each "
           f"{t['slower']:.4f} by the clock, {t['slower_cpu']:.4f} by its own processor time; the command took {t['command_cpu']:.4f} processors")
    for name, text in (("seconds", "the whole command"), ("read", "the reading")):
        values = [each[name] for each in found]
        yield f"  {text}: {median(values):.3f} s, {min(values):.3f} to {max(values):.3f}, of {len(values)}"
    yield "  outside of what the process says of itself just before and after, the most: " + ", ".join(
        f"{name} {100 * max(each['off'][name] for each in found):.3f} %" for name in GAUGES)
    yield f"  records not sure: {median(each['unsure'] for each in found):.0f} of {median(each['records'] for each in found):.0f}"


def arguments():
    parser = argparse.ArgumentParser(prog="./build.sh bench --looking", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--programs", metavar="DIR", required=True, help="the compiled programs of bench/")
    parser.add_argument("--out", metavar="DIR", required=True, help="where the result goes")
    parser.add_argument("--quick", action="store_true", help="a small process, three rounds")
    options = parser.parse_args()
    options.programs = Path(options.programs).resolve()
    options.mica, options.tool = str(options.programs.parent / "libmica.so"), options.programs.parent / "bin/mica"
    options.work = options.programs / "work"
    return options


def measure(options):
    """Run, show and keep; the exit status."""
    for file in (options.programs / "pauses", options.programs / "watched", options.tool):
        if not os.access(file, os.X_OK):
            raise peers.PeerError(f"no such program: {file}")
    options.work.mkdir(parents=True, exist_ok=True)
    document = {"format": 1, "part": "looking", "machine": machine.describe(ROOT), "threads": shape(options)[0]}
    try:
        document |= {"pauses": pauses(options, 3 if options.quick else 9), "throughput": throughput(options), "looks": looks(options)}
    except (runner.RunError, subprocess.SubprocessError) as error:
        say(error)
        return 1
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "looking.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(lines(document)) + "\n"
    (folder / "looking.txt").write_text(text, encoding="utf-8")
    print(text, end="", flush=True)
    return 0


def main():
    options = arguments()
    return peers.exit_status(lambda: measure(options), say)


if __name__ == "__main__":
    sys.exit(main())
