#!/usr/bin/env python3
"""What `mica stat` and `mica where` say of programs: quiet ones whose contents are known, by their own words; programs under load,
at random moments, and cores of them; cores whose bytes were changed; and bad input. A line for each check, PASS or FAIL.

look.py MICA LIBRARY FOLDER [MOMENTS [PART...]]: FOLDER has look_known and look_load; so many looks at programs under load; these
parts alone (PARTS, below)."""
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

MICA, LIBRARY, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])
MOMENTS = int(sys.argv[4]) if len(sys.argv) > 4 else 24
SEED = int(os.environ.get("LOOK_SEED", "1"))
chance = random.Random(SEED)
failed = False


def check(name, problem):
    """One line; problem: empty, or what is wrong."""
    global failed
    if problem:
        failed = True
        print(f"{problem}\nFAIL  {name}", flush=True)
    else:
        print(f"PASS  {name}", flush=True)


def mica(*words):
    """(exit status, stdout, stderr); a hang or a signal is a status, too."""
    done = subprocess.run([MICA, *map(str, words)], capture_output=True, text=True, timeout=120, errors="replace")
    return done.returncode, done.stdout, done.stderr


def start(program, *words, static=False, settings=None):
    """A program that has said that it is ready."""
    environment = dict(os.environ, **(settings or {})) if static else dict(os.environ, LD_PRELOAD=LIBRARY, **(settings or {}))
    process = subprocess.Popen([FOLDER / program, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    if process.stdout.readline() != "ready\n":
        raise SystemExit(f"{program} {words} did not begin")
    return process


def end(process):
    process.kill()
    process.wait()


def core_of(process, name):
    path = FOLDER / name
    subprocess.run(["gdb", "-batch", "-p", str(process.pid), "-ex", f"gcore {path}"], capture_output=True, check=True)
    return path


# ---- a program that knows its own contents ----

def words_of(text, self_thread):
    """Without what differs by who asks: the calling thread, what is certain, the stack of the one who asks, a mapping's borders."""
    text = text.replace(" (as far as could be seen)", "").replace("this thread", f"thread {self_thread}")
    text = text.replace("on the stack of thread " + self_thread, "on the stack of this thread")
    return re.sub(r"(not a pointer of mica's).*", r"\1", text)


def compare_where(name, target, folder):
    rows = [line.split("\t") for line in (folder / "where").read_text().splitlines()]
    self_thread = rows.pop()[1]
    wrong = []
    for at in range(0, len(rows), 400):
        part = rows[at:at + 400]
        status, out, err = mica("where", target, *(row[0] for row in part))
        said = [line.split(": ", 1) for line in out.splitlines()]
        if status != 0 or err or len(said) != len(part):
            return check(name, f"status {status}, {len(said)} of {len(part)} lines: {err}")
        for (address, wanted), (_, found) in zip(part, said):
            if words_of(wanted, self_thread) != words_of(found, self_thread):
                wrong.append(f"{address}\n  itself: {wanted}\n  mica:   {found}")
    check(f"{name}, {len(rows)} addresses", "\n".join(wrong[:5]) if wrong else "")


def differences(own, found, path=""):
    """What differs of two objects, as lines."""
    if isinstance(own, dict):
        return [line for key in own for line in differences(own[key], found.get(key), f"{path}.{key}")]
    if isinstance(own, list):
        return [line for i, item in enumerate(own) for line in differences(item, found[i] if i < len(found) else None, f"{path}[{i}]")]
    return [] if own == found else [f"{path}: {own} by itself, {found} by mica"]


def compare_stat(name, target, folder, many):
    own = json.loads((folder / "json").read_text())
    status, out, err = mica("stat", "--json", target)
    if status != 0 or err:
        return check(name, f"status {status}: {err}")
    found = json.loads(out)
    stat = found["stat"]
    if many:  # to itself a program counts what is ready in its other threads as in use
        found["malloc_normal"]["current"] += stat["ready_bytes"] + stat["outbox_bytes"]
        for c, row in zip(found["malloc_bins"], stat["classes"]):
            c["current"] += row["ready"] + row["outbox"]
        for c in [*found["malloc_bins"], found["malloc_normal"]]:
            c["peak"] = max(c["peak"], c["current"])
    kernel = own.pop("process")
    wrong = differences(own, found)
    if kernel["current_commit"] != found["process"]["current_commit"]:
        wrong.append("current_commit differs")
    if not stat["sure"]:
        wrong.append("a quiet program, and not sure")
    if many and not (stat["ready_bytes"] > 0 and stat["outbox_bytes"] > 0 and stat["pushed_bytes"] > 0):
        wrong.append("nothing is ready, in outboxes or pushed: the test tests nothing")
    if many and (len(stat["heaps"]) != 2 or sum(t["kind"] == "thread" for t in stat["threads"]) != 4):
        wrong.append(f"{len(stat['heaps'])} heaps, threads {stat['threads']}")
    if str(target).isdigit() and {t["tid"] for t in stat["threads"]} != {int(t) for t in os.listdir(f"/proc/{target}/task")}:
        wrong.append(f"threads {[t['tid'] for t in stat['threads']]} are not {os.listdir(f'/proc/{target}/task')}")
    if stat["large_blocks"] != own["malloc_bins"][-1]["current"] or stat["large_bytes"] != own["malloc_huge"]["current"]:
        wrong.append(f"{stat['large_blocks']} large blocks, {stat['large_bytes']} bytes; by counters {own['malloc_huge']}")
    if sum(stat_sum(stat, kind) for kind in ("page",)) * 65536 + stat["own_mapping_bytes"] < own["page_committed"]["current"]:
        wrong.append("fewer slices of pages than are handed out")
    wrong += [f"arena {a['number']}: {a['slices']}" for a in stat["arenas"] if a["slices"]["taken"] != 0 or sum(a["slices"].values()) != 4096]
    check(name, "\n".join(wrong[:10]))


def stat_sum(stat, kind):
    return sum(arena["slices"][kind] for arena in stat["arenas"])


def known(program, mode, settings=None):
    folder = FOLDER / f"{program}-{mode}{'-profiled' if settings else ''}"
    folder.mkdir(exist_ok=True)
    process = start(program, folder, mode, static=program != "look_known", settings=settings)
    program += ", profiled" if settings else ""
    compare_stat(f"{program} {mode}: stat", process.pid, folder, mode == "many")
    compare_where(f"{program} {mode}: where", process.pid, folder)
    status, out, _ = mica("stat", process.pid)
    check(f"{program} {mode}: the text", "" if status == 0 and all(w in out for w in ("MEMORY", "CLASSES", "THREADS", "ARENAS")) else out)
    census(f"{program} {mode}: the census", process.pid)
    core = core_of(process, f"core-{program}-{mode}")
    end(process)
    census(f"{program} {mode}: the census of a core", core)
    compare_stat(f"{program} {mode}: stat of a core", core, folder, mode == "many")
    compare_where(f"{program} {mode}: where in a core", core, folder)
    return core


def census(name, target):
    """The reader's tables, held against one another; the blocks are those that `mica stat` counts."""
    done = subprocess.run([FOLDER / "look_census", str(target), "quiet"], capture_output=True, text=True, timeout=120)
    found = json.loads(mica("stat", "--json", target)[1])
    blocks = sum(c["current"] for c in found["malloc_bins"])
    check(name, "" if done.returncode == 0 and done.stdout == f"{blocks}\n" else f"{done}\n{blocks} blocks")


def prometheus():
    process = start("look_load", 1, 1)
    _, out, _ = mica("stat", "--prometheus", process.pid)
    end(process)
    rows = re.findall(r"^# HELP (\w+) \S.*\n# TYPE (\w+) (gauge|counter)\n(\w+)(?:\{.*\})? (\d+)$", out, re.M)
    names = {row[0] for row in rows if row[0] == row[1] == row[3]}
    gauges = {f"mica_{what}_bytes" for what in ("allocated", "active", "resident", "mapped")}
    check("prometheus", "" if gauges <= names and 3 * len(rows) == len(out.splitlines()) else out)


# ---- programs under load ----

STATE = re.compile(r"0x[0-9a-f]+: \S.*")


def addresses_of(stat):
    """Anywhere near what mica has, and elsewhere."""
    bases = [int(a["address"], 16) for a in stat["arenas"]] + [int(t["address"], 16) for t in stat["threads"]]
    near = [chance.choice(bases) + int(2 ** chance.uniform(0, 28)) for _ in range(12)] if bases else []
    return near + [chance.getrandbits(47), chance.getrandbits(64)]


def look_once(target, wheres=True):
    """What is wrong of one look."""
    status, out, err = mica("stat", "--json", target)
    if status != 0 or err:
        return f"stat: status {status}: {err}", None
    try:
        found = json.loads(out)
    except ValueError as problem:
        return f"{problem}: {out[:500]}", None
    stat = found["stat"]
    if not 0 <= stat["unsure"] <= stat["records"]:
        return f"{stat['unsure']} unsure of {stat['records']}", None
    if stat["sure"] and (stat["large_bytes"] != found["malloc_huge"]["current"] or any(a["slices"]["taken"] for a in stat["arenas"])):
        return f"sure, and it does not fit: {stat['large_bytes']} bytes in large blocks, {found['malloc_huge']}, {stat['arenas']}", None
    done = subprocess.run([FOLDER / "look_census", str(target)], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return f"look_census: {done}", None
    if wheres:
        wanted = addresses_of(stat)
        status, out, err = mica("where", target, *map(hex, wanted))
        if status != 0 or err or len(out.splitlines()) != len(wanted) or not all(map(STATE.fullmatch, out.splitlines())):
            return f"where {wanted}: status {status}: {out}{err}", None
    return "", stat


def loaded(threads, mib, moments, cores):
    process = start("look_load", threads, mib)
    wrong, unsure, records, most = [], 0, 0, 0
    for _ in range(moments):
        time.sleep(chance.uniform(0, 0.05))
        problem, stat = look_once(process.pid)
        if problem:
            wrong.append(problem)
            continue
        unsure += stat["unsure"]
        records += stat["records"]
        most = max(most, stat["allocated_bytes"])
    name = f"{threads} threads, {mib} MiB under load: {moments} moments"
    if not wrong and most < (mib << 20) // 20:
        wrong.append(f"{most} bytes at most: the program did nothing")
    check(name, "\n".join(wrong[:5]))
    print(f"      {unsure} of {records} records were not sure", flush=True)
    for i in range(cores):
        core = core_of(process, "core-load")
        check(f"a core under load, {threads} threads, {i}", look_once(core)[0])
        core.unlink()
    end(process)


def vanishing():
    """A process that ends while it is read: it is shown, or one line says so."""
    wrong = []
    for _ in range(10):
        process = start("look_load", 4, 64)
        reader = subprocess.Popen([MICA, "stat", "--json", "--watch", "0.01", str(process.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(chance.uniform(0.02, 0.2))
        end(process)
        err = reader.communicate(timeout=60)[1]
        if reader.returncode != 1 or not re.fullmatch(r"mica stat: (process \d+ (ended while it was read|has no memory: .*)|there is no process \d+)\n", err):
            wrong.append(f"status {reader.returncode}: {err}")
    check("a process that ends meanwhile", "\n".join(wrong))


# ---- bytes that nobody wrote ----

def changed(core, moments):
    """A core in which bytes of mica's records were changed: anything may be said of it, in the usual form, and soon."""
    status, out, err = mica("stat", "--json", core)
    stat = json.loads(out)["stat"]
    text = core.read_bytes()
    parts = loads(text)
    places = [int(a["address"], 16) for a in stat["arenas"]] + [int(t["address"], 16) for t in stat["threads"]]
    addresses = [row.split("\t")[0] for row in (FOLDER / "look_known-many" / "where").read_text().splitlines()[:-1]]
    broken = FOLDER / "core-changed"
    wrong = []
    for _ in range(moments):
        bytes_now = bytearray(text)
        for _ in range(chance.choice((1, 10, 1000, 20000))):
            base = chance.choice(places)
            # tags, words, owner lines, remote lines, or anywhere in a theap
            at = base + chance.choice((chance.randrange(2048), 0x10000 + chance.randrange(4096), 0x20000 + chance.randrange(20000), 0x60000 + chance.randrange(20000)))
            if base % (1 << 28) != 0:
                at = base + chance.randrange(16384)
            offset = next((p[1] + at - p[0] for p in parts if p[0] <= at < p[0] + p[2] - 8), None)
            if offset is None:
                continue
            word = chance.choice((chance.getrandbits(64), 0, 2 ** 64 - 1, chance.choice(places), chance.getrandbits(8), int.from_bytes(bytes_now[offset:offset + 8], "little") + chance.choice((-16, 8, 64, 1 << 32, 65536))))
            bytes_now[offset:offset + 8] = (word % 2 ** 64).to_bytes(8, "little")
        broken.write_bytes(bytes_now)
        status, out, err = mica("stat", "--json", broken)
        if not (status == 0 and json.loads(out)) and not (status == 1 and re.fullmatch(r"mica stat: .+\n", err)):
            wrong.append(f"stat: status {status}: {err[-3000:]}")
        done = subprocess.run([FOLDER / "look_census", broken], capture_output=True, text=True, timeout=120)
        if not (done.returncode == 0 and done.stdout) and not (done.returncode == 2 and re.fullmatch("look_census: .+\n", done.stderr)):
            wrong.append(f"look_census: status {done.returncode}: {done.stderr[-3000:]}")
        wanted = chance.sample(addresses, 100)
        status, out, err = mica("where", broken, *wanted)
        if not (status == 0 and len(out.splitlines()) == 100) and not (status == 1 and re.fullmatch(r"mica where: .+\n", err)):
            wrong.append(f"where: status {status}: {err[-3000:]}")
        if wrong:
            broken.rename(FOLDER / f"core-changed-{SEED}")
            break
    check(f"a core with changed bytes: {moments} times", "\n".join(wrong[:3]))


def poorer(core):
    """A core without its list of files, and one without the files' own pages: nothing is missing."""
    text = core.read_bytes()
    (FOLDER / "core-poorer").write_bytes(text.replace(b"ELIF", b"XXXX"))  # the type of the note
    folder = FOLDER / "look_known-many"
    compare_stat("a core without a list of files", FOLDER / "core-poorer", folder, True)
    compare_where("a core without a list of files: where", FOLDER / "core-poorer", folder)
    now = bytearray(text)
    for at, place, size in loads(text):
        if text[place:place + 4] == b"\x7fELF":
            now[place:place + min(size, 4096)] = bytes(min(size, 4096))
    (FOLDER / "core-poorer").write_bytes(now)
    says("a core whose files' first pages are zero", ("stat", FOLDER / "core-poorer"), 1, f"mica stat: core {FOLDER}/core-poorer does not run mica")
    now = bytearray(text)
    headers_at, count, left_out = int.from_bytes(text[32:40], "little"), int.from_bytes(text[56:58], "little"), 0
    for row in range(headers_at, headers_at + 56 * count, 56):
        place = int.from_bytes(text[row + 8:row + 16], "little")
        if text[row:row + 4] == b"\1\0\0\0" and text[place:place + 4] == b"\x7fELF":
            now[row + 32:row + 40] = bytes(8)  # of so many bytes are in the core
            left_out += 1
    (FOLDER / "core-poorer").write_bytes(now)
    check("files' pages are left out of a core", "" if left_out > 2 else f"{left_out}")
    compare_stat("a core without the files' first pages", FOLDER / "core-poorer", folder, True)
    (FOLDER / "core-poorer").unlink()


def loads(text):
    """(address, offset, size) of the parts of a core that have bytes."""
    offset, count = int.from_bytes(text[32:40], "little"), int.from_bytes(text[56:58], "little")
    rows = [text[offset + 56 * i:offset + 56 * i + 56] for i in range(count)]
    fields = [[int.from_bytes(row[a:b], "little") for a, b in ((0, 4), (16, 24), (8, 16), (32, 40))] for row in rows]
    return [(at, place, size) for kind, at, place, size in fields if kind == 1 and size != 0]


def headers(core, moments):
    """A core whose headers were changed, or that was cut off."""
    text = core.read_bytes()
    broken, wrong = FOLDER / "core-changed", []
    for _ in range(moments):
        now = bytearray(text)
        if chance.random() < 0.3:
            now = now[:chance.choice((chance.randrange(4096), chance.randrange(len(now))))]
        for _ in range(chance.randrange(1, 30)):
            if len(now) > 64:
                now[chance.randrange(min(len(now), chance.choice((64, 4096, 20000))))] = chance.getrandbits(8)
        broken.write_bytes(now)
        for words in (("stat", "--json", broken), ("where", broken, "0x10", "0x7f0000000000")):
            status, out, err = mica(*words)
            if status != 0 and not (status == 1 and re.fullmatch(rf"mica {words[0]}: .+\n", err)):
                wrong.append(f"{words}: status {status}: {err[-3000:]}")
        if wrong:
            broken.rename(FOLDER / f"core-headers-{SEED}")
            break
    check(f"a core with changed headers: {moments} times", "\n".join(wrong[:3]))


# ---- bad input ----

def says(name, words, status, line):
    found = mica(*words)
    check(name, "" if found[0] == status and found[1] == "" and re.fullmatch(line + "\n", found[2]) else f"{found}, wanted {status} {line}")


def bad_input(core):
    help_of = r" \(mica help (stat|where)\)"
    says("no target", ("stat",), 2, r"mica stat: which process, or core\?" + help_of)
    says("two targets", ("stat", 1, 2), 2, "mica stat: one process, or core" + help_of)
    says("an unknown option", ("stat", "--wide", 1), 2, "mica stat: no option --wide" + help_of)
    says("two forms", ("stat", "--json", "--prometheus", 1), 2, "mica stat: one of --json and --prometheus" + help_of)
    for seconds in ("0", "x", "-1", "", "nan", "1e9"):
        says(f"--watch '{seconds}'", ("stat", "--watch", seconds, 1), 2, f"mica stat: --watch takes seconds, not '{seconds}'" + help_of)
    says("no address", ("where", 1), 2, "mica where: a process or core, and an address at least" + help_of)
    for address in ("x", "", "-1", "12x", "99999999999999999999"):
        says(f"the address '{address}'", ("where", 1, address), 2, f"mica where: '{address}' is no address" + help_of)
    ended = subprocess.Popen(["true"])
    ended.wait()
    says("no such process", ("stat", ended.pid), 1, f"mica stat: there is no process {ended.pid}")
    says("a number that is no process", ("stat", "99999999999999999999"), 1, "mica stat: there is no process 99999999999999999999")
    says("no such file", ("stat", FOLDER / "none"), 1, f"mica stat: {FOLDER}/none cannot be read: No such file or directory")
    says("a folder", ("stat", FOLDER), 1, f"mica stat: {FOLDER} is no core")
    says("a program", ("stat", MICA), 1, f"mica stat: {MICA} is no core")
    (FOLDER / "empty").write_bytes(b"")
    says("an empty file", ("stat", FOLDER / "empty"), 1, f"mica stat: {FOLDER}/empty is no core")
    with open(core, "rb") as file:
        (FOLDER / "cut").write_bytes(file.read(1 << 20))
    says("a core that was cut off", ("stat", FOLDER / "cut"), 1, rf"mica stat: {FOLDER}/cut is cut off: it has 1048576 bytes of \d+ or more")
    sleeper = subprocess.Popen(["sleep", "100"])
    time.sleep(0.1)
    says("without mica", ("stat", sleeper.pid), 1, f"mica stat: process {sleeper.pid} does not run mica")
    subprocess.run(["gdb", "-batch", "-p", str(sleeper.pid), "-ex", f"gcore {FOLDER}/core-sleep"], capture_output=True, check=True)
    end(sleeper)
    says("a core without mica", ("stat", FOLDER / "core-sleep"), 1, f"mica stat: core {FOLDER}/core-sleep does not run mica")
    zombie = subprocess.Popen(["true"])
    time.sleep(0.2)
    says("a zombie", ("stat", zombie.pid), 1, f"mica stat: process {zombie.pid} has no memory: it has ended, or is the kernel's")
    zombie.wait()


def other_versions():
    """A library of another version, and of another layout: its note says so, and it is not read further."""
    text = Path(LIBRARY).read_bytes()
    at = text.index(b"mica\0\0\0\0", text.index(b"mica\0\0\0\0") if text.count(b"mica\0\0\0\0") else 0)
    version = subprocess.run([MICA, "--version"], capture_output=True, text=True).stdout.split()[1]
    content = at + 8
    for name, change, line in (
            ("another version", (16, b"9.8.7\0"), f"runs mica 9.8.7, this command reads {version}"),
            ("another layout", (0, b""), rf"runs another build of mica {version} \(layout [0-9a-f]{{16}}, this command reads [0-9a-f]{{16}}\)")):
        now = bytearray(text)
        now[content + change[0]:content + change[0] + len(change[1])] = change[1]
        now[content + 8] ^= 1
        other = FOLDER / "libother.so"
        other.write_bytes(now)
        process = subprocess.Popen([FOLDER / "look_load", "1", "1"], stdout=subprocess.PIPE, env=dict(os.environ, LD_PRELOAD=str(other)))
        process.stdout.readline()
        says(name, ("stat", process.pid), 1, f"mica stat: process {process.pid} {line}")
        end(process)


def rights():
    """As another user, if there may be one."""
    if os.geteuid() != 0:
        return
    process = start("look_load", 1, 1)
    done = subprocess.run([MICA, "stat", str(process.pid)], capture_output=True, text=True, user=65534, group=65534, extra_groups=[])
    end(process)
    line = rf"mica stat: process {process.pid} may not be looked at: .*\n"
    check("another user's process", "" if done.returncode == 1 and re.fullmatch(line, done.stderr) else f"{done}")


def quiet():
    known("look_known", "single").unlink()
    for kind in ("single", "many"):
        known("look_known", kind, {"MICA_PROFILE": f"{FOLDER}/profile,every=4096"}).unlink()
    known("look_known_static", "many").unlink()


def load():
    for shape in ((1, 4), (8, 64), (32, 200)):
        loaded(*shape, MOMENTS // 3 + 1, 1 if MOMENTS < 100 else 10)
    vanishing()


def broken(core):
    changed(core, max(MOMENTS // 2, 10))
    headers(core, max(MOMENTS // 2, 10))


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
small = known("look_known", "many")
PARTS = {"quiet": quiet, "forms": prometheus, "bad": lambda: bad_input(small), "others": other_versions, "rights": rights,
         "poorer": lambda: poorer(small), "broken": lambda: broken(small), "load": load}
for part in sys.argv[5:] or PARTS:
    PARTS[part]()
sys.exit(1 if failed else 0)
