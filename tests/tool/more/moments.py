#!/usr/bin/env python3
"""What the command says of programs at random moments: the stress programs, and look_load, a half of them profiled. A line for
each kind of look, PASS or FAIL, with how often it was made.

A look is mica stat, where or map, or the census (look_census), of a program that runs, of one that is stopped for the look, or of a
core of one. None may crash, hang or say what has not its form; of what is sure all sums agree; and of a stopped program all that was
read twice is the same.

moments.py MICA LIBRARY STRESS FOLDER [MOMENTS [SECONDS]]: STRESS has the stress programs; so many looks, and cores for so long."""
import collections
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

MICA, LIBRARY, STRESS, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
MOMENTS = int(sys.argv[5]) if len(sys.argv) > 5 else 30
SECONDS = float(sys.argv[6]) if len(sys.argv) > 6 else 5
SEED = int(os.environ.get("LOOK_SEED", "1"))
READ = Path(__file__).resolve().parents[1] / "map_read.py"
SCALE, SLICES = 100, 4096
ENDED = re.compile(r"\w[\w ]*: (process \d+ (ended while it was read|has no memory: .*|has not the memory that mica's data are in)"
                   r"|there is no process \d+)\n")
STATE = re.compile(r"0x[0-9a-f]+: \S.*")
chance = random.Random(SEED)
made, wrong, notes = collections.Counter(), collections.defaultdict(list), collections.Counter()


class Problem(Exception):
    """What a look found wrong."""


class Ended(Exception):
    """The program ended while it was looked at."""


def note_wrong(name, problem):
    wrong[name].append(problem)
    if len(wrong[name]) <= 5:
        print(f"{name}: {problem}", flush=True)


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, errors="replace")


def said(target, *command):
    """stdout of a look that was well. A program may end meanwhile, and then one line says so."""
    done = run(*command)
    if done.returncode == 0 and not done.stderr:
        return done.stdout
    if isinstance(target, Program) and done.returncode in (1, 2) and ENDED.fullmatch(done.stderr) and target.has_ended():
        raise Ended
    raise Problem(f"{' '.join(map(str, command))}: status {done.returncode}: {done.stderr[-1500:]}")


class Program:
    """One that runs, and is begun again when it has ended."""

    def __init__(self, words, static, profiled):
        self.words, self.process = words, None
        settings = {"MICA_PROFILE": f"{FOLDER}/{words[0].name}.profile,every={profiled}"} if profiled else {}
        self.environment = os.environ | settings | ({} if static else {"LD_PRELOAD": LIBRARY})
        self.name = words[0].name + (", profiled" if profiled else "")

    def begin(self):
        if self.process is None or self.process.poll() is not None:
            if self.process is not None and self.process.returncode != 0:
                note_wrong(self.name, f"{self.words} itself ended with {self.process.returncode}")
            words = [str(chance.randrange(1, 1000)) if word == "SEED" else str(word) for word in self.words]
            self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)
            time.sleep(0.1)
        return self.process.pid

    def has_ended(self):
        """A child that nobody waited for is still a process, without memory."""
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self):
        """All its threads stand when this returns."""
        self.process.send_signal(signal.SIGSTOP)
        found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if found.si_code != os.CLD_STOPPED:
            raise Ended
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def go_on(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None


def stat(program, target):
    """The object of mica stat, whose sums agree where it is sure."""
    found = json.loads(said(program, MICA, "stat", "--json", target))
    s, problems = found["stat"], []
    if not 0 <= s["unsure"] <= s["records"] or s["sure"] and s["unsure"] != 0:
        problems.append(f"sure: {s['sure']}, {s['unsure']} not sure of {s['records']}")
    for arena in s["arenas"]:
        if arena["sure"] and (sum(arena["slices"].values()) != SLICES or arena["slices"]["taken"] != 0):
            problems.append(f"arena {arena}")
    if any(c[key] < 0 for c in s["classes"] for key in c if key != "inner"):
        problems.append(f"below 0: {s['classes']}")
    if s["sure"]:
        bins = found["malloc_bins"]
        if s["large_blocks"] != bins[-1]["current"] or s["large_bytes"] != found["malloc_huge"]["current"]:
            problems.append(f"{s['large_blocks']} large blocks of {s['large_bytes']} bytes; by counters {bins[-1]}, {found['malloc_huge']}")
        if not s["allocated_bytes"] <= s["active_bytes"] <= s["resident_bytes"] <= s["mapped_bytes"]:
            problems.append(f"gauges {[s[key + '_bytes'] for key in ('allocated', 'active', 'resident', 'mapped')]}")
    notes["stat: not sure" if not s["sure"] else "stat: sure"] += 1
    notes["records"] += s["records"]
    notes["records not sure"] += s["unsure"]
    if problems:
        raise Problem("; ".join(problems)[:3000])
    return found


def where(program, target):
    s = stat(program, target)["stat"]
    bases = [int(a["address"], 16) for a in s["arenas"]] + [int(t["address"], 16) for t in s["threads"]]
    wanted = [chance.choice(bases) + int(2 ** chance.uniform(0, 28)) for _ in range(30)] if bases else []
    wanted += [chance.getrandbits(47), chance.getrandbits(64)]
    lines = said(program, MICA, "where", target, *map(hex, wanted)).splitlines()
    if len(lines) != len(wanted) or not all(map(STATE.fullmatch, lines)):
        raise Problem(f"where {[hex(w) for w in wanted]}: {lines}")
    notes["addresses"] += len(wanted)


def map_of(program, target):
    """map_read.py holds the columns against one another."""
    file = FOLDER / "map.html"
    said(program, MICA, "map", target, "-o", file)
    said(None, READ, file)


def census(program, target):
    said(program, FOLDER / "look_census", target)


LOOKS = {"stat": stat, "where": where, "map": map_of, "census": census}


def looked(kind, program, target, looks):
    """Makes these looks; a name for each, with what was looked at."""
    for name in looks:
        try:
            LOOKS[name](program, target)
            made[kind, name] += 1
        except Ended:
            made[kind, "the program ended meanwhile"] += 1
        except (Problem, ValueError, KeyError, subprocess.TimeoutExpired) as problem:
            made[kind, name] += 1
            note_wrong(f"{kind}: {name}", f"{program.name if program else target}: {problem}")


def twice(program):
    """Of a program that is stopped: what is read is the same twice, and all sums agree but for what its threads had in hand."""
    def once():
        found = stat(program, program.process.pid)
        for key in ("began_usec", "took_usec", "read_usec", "retries"):
            del found["stat"][key]
        del found["process"]
        return found
    program.stop()
    try:
        first, second = once(), once()
        if first != second:
            raise Problem("two looks at a stopped program differ")
        done = run(FOLDER / "look_census", program.process.pid, "quiet")
        if done.returncode not in (0, 1):
            raise Problem(f"look_census: {done}")
        lines = [line for line in done.stdout.splitlines() if ":" in line]
        in_hand = len(lines) <= 6 * len(first["stat"]["threads"]) + 6
        notes["stopped: all sums agree" if done.returncode == 0 else "stopped: a thread had something in hand"] += 1
        if first["stat"]["sure"] and not in_hand:
            raise Problem(f"{len(first['stat']['threads'])} threads, sure: {done.stdout}")
    finally:
        program.go_on()


def core_of(program):
    path = FOLDER / "core"
    run("gdb", "-nx", "-batch", "-p", program.process.pid, "-ex", f"gcore {path}")
    return path if path.exists() else None


def programs():
    for number, path in enumerate(sorted(STRESS.glob("stress_*"))):
        yield Program([path, "SEED", SCALE], True, "64K" if number % 2 == 0 else "")
    for threads, mib, profiled in ((1, 4, ""), (8, 64, "64K"), (8, 64, ""), (32, 200, ""), (32, 200, "512K")):
        yield Program([FOLDER / "look_load", threads, mib], False, profiled)


def one_moment(program, number):
    target = program.begin()
    time.sleep(chance.uniform(0, 0.05))
    looked("it runs", program, target, LOOKS)
    if number % 4 != 0:
        return
    program.begin()
    try:
        twice(program)
        made["it is stopped", "stat twice, and the census"] += 1
    except Ended:
        made["it is stopped", "the program ended meanwhile"] += 1
    except Problem as problem:
        note_wrong("it is stopped: stat twice, and the census", f"{program.name}: {problem}")


def each_moment(all_of_them):
    """So many in all, one program after the other, so that each has the processors."""
    for at, program in enumerate(all_of_them):
        for number in range(MOMENTS * at // len(all_of_them), MOMENTS * (at + 1) // len(all_of_them)):
            one_moment(program, number)
        program.end()
        print(f"      {MOMENTS * (at + 1) // len(all_of_them)} moments: {program.name}", flush=True)


def each_core(all_of_them):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for program in all_of_them:
            program.begin()
            time.sleep(chance.uniform(0, 0.1))
            core = core_of(program)
            if core is None:
                continue
            looked("a core", None, core, LOOKS)
            core.unlink()
            program.end()
            if time.monotonic() > until:
                break


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    all_of_them = list(programs())
    try:
        each_moment(all_of_them)
        each_core(all_of_them)
    finally:
        for program in all_of_them:
            program.end()
    for (kind, name), count in sorted(made.items()):
        made_of = f"{kind}: {name}"
        print(f"{'FAIL' if wrong.get(made_of) else 'PASS'}  {made_of}, {count} times" + (f", {len(wrong[made_of])} wrong" if made_of in wrong else ""))
    for name in sorted(set(wrong) - {f"{kind}: {look}" for kind, look in made}):
        print(f"FAIL  {name}")
    print("      " + ", ".join(f"{name}: {count}" for name, count in sorted(notes.items())))
    return 1 if wrong else 0


sys.exit(main())
