#!/usr/bin/env python3
"""map.py MICA PLACE -- mica map and mica top of PLACE/map_known (map_known.c), alive and as a core: a line for each check, PASS ...
or FAIL .... The figures are the program's own; what the C library allocates beside them is a few hundred bytes."""
import fcntl
import json
import os
import pty
import re
import select
import stat
import struct
import subprocess
import sys
import termios
import time

MICA, PLACE = sys.argv[1:]
READ = os.path.join(os.path.dirname(__file__), "map_read.py")
BESIDE = 4096  # bytes of other blocks, at most
LONG = 120  # seconds, after which what hangs is ended
failed = False


def check(name, holds, *found):
    global failed
    print(*([*map(str, found)] if not holds else []), f"{'PASS' if holds else 'FAIL'}  {name}", sep="\n" if not holds and found else "")
    failed = failed or not holds


def said(*words):
    done = subprocess.run([MICA, *words], capture_output=True, text=True, timeout=LONG, check=False, stdin=subprocess.DEVNULL)
    return f"{done.returncode}: {done.stdout}{done.stderr}"


def read(name, *words):
    done = subprocess.run([READ, f"{PLACE}/{name}", *words], capture_output=True, text=True, timeout=LONG, check=False)
    if done.returncode != 0:
        check(f"{name} can be read", False, done.stderr)
        return None
    return json.loads(done.stdout)


class Known:
    """The program, and what it says."""

    def __init__(self):
        self.process = subprocess.Popen([f"{PLACE}/map_known"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = str(self.process.pid)
        self.listen()

    def listen(self):
        self.now = json.loads(self.process.stdout.readline())
        self.shared = sum(self.now[k] for k in ("small", "middle", "pushed", "more"))

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.listen()

    def end(self):
        self.process.stdin.close()
        check("the program ends as it would have", self.process.wait(LONG) == 0)


def judge(name, known, map_):
    """A map's sums against the program's, and the reader's."""
    sums, totals = map_["sums"], map_["totals"]
    check(f"{name}: the columns are the reader's totals", sums["used"] == totals["blocks"] + totals["singles"]
          and sums["pushed"] == totals["pushed"] and sums["dirty"] == totals["dirty"], map_)
    check(f"{name}: large blocks", totals["singles"] == known.now["large"] == sums["classes"]["large"]["used"], map_)
    check(f"{name}: small blocks", known.shared <= totals["blocks"] <= known.shared + BESIDE, map_)
    check(f"{name}: block by block", sums["blocks"]["in use"] == totals["blocks"] and sums["blocks"]["cached"] == totals["held"]
          and sums["blocks"]["waiting"] == totals["pushed"] + totals["outbox"], map_)
    check(f"{name}: nothing is unsure in a quiet program", map_["unsure"] == 0, map_)
    check(f"{name}: a block in use, one that waits, one inside another", map_["at"] == ["in use", "waiting", "unknown"], map_)


def places(known):
    return known.now["address"], known.now["freed"], hex(int(known.now["address"], 16) + 8)


def first_map(known):
    check("map: says nothing", said("map", known.pid, "-o", f"{PLACE}/one.html") == "0: ", said("map", known.pid, "-o", f"{PLACE}/one.html"))
    one = read("one.html", *places(known))
    judge("map", known, one)
    check("map: what another thread freed", one["sums"]["pushed"] == 350 * 240 == one["sums"]["classes"]["240"]["pushed"], one)
    check("map: every page's blocks", one["sums"]["looked"] == one["sums"]["pages"] - one["sums"]["classes"]["large"]["pages"], one)
    check("map: the program's name", one["program"] == "map_known", one)
    said("map", known.pid, "-o", f"{PLACE}/few.html", "--blocks", "5")
    check("map: some pages' blocks", read("few.html")["sums"]["looked"] in (5, 6), read("few.html"))
    said("map", known.pid, "-o", f"{PLACE}/none.html", "--blocks", "0")
    check("map: no page's blocks", read("none.html")["sums"]["looked"] == 0, read("none.html"))
    stdout = subprocess.run([MICA, "map", known.pid, "-o", "-"], capture_output=True, timeout=LONG, check=False).stdout
    check("map: on stdout", stdout.startswith(b"<!DOCTYPE html>") and stdout.endswith(b"</html>\n"))
    check("map: a place that cannot be written to", said("map", known.pid, "-o", f"{PLACE}/no/x.html")
          == f"1: mica map: {PLACE}/no/x.html cannot be written: No such file or directory\n")
    os.mkfifo(f"{PLACE}/pipe")
    reader = subprocess.Popen(["timeout", "60", "cat", f"{PLACE}/pipe"], stdout=subprocess.PIPE)
    check("map: into a pipe that is there", said("map", known.pid, "-o", f"{PLACE}/pipe") == "0: ")
    check("map: and it stays one", reader.communicate(timeout=LONG)[0].endswith(b"</html>\n") and stat.S_ISFIFO(os.stat(f"{PLACE}/pipe").st_mode))
    full = subprocess.run([MICA, "map", known.pid, "-o", "-"], stdout=open("/dev/full", "w"), stderr=subprocess.PIPE, text=True,
                          timeout=LONG, check=False)
    check("map: a stdout that is full", (full.returncode, full.stderr) == (1, "mica map: stdout cannot be written to\n"), full)
    return one


def second_map(known, one):
    said("map", known.pid, "-o", f"{PLACE}/two.html", "--base", f"{PLACE}/one.html")
    two, before = read("two.html"), read("two.html", "--before", *places(known))
    check("map --base: the earlier one is in it", before["sums"] == one["sums"] and before["totals"] == one["totals"], before)
    check("map --base: what was born", two["sums"]["classes"].get("1024", {"used": 0})["used"] >= known.now["more"] > 0, two)
    check("map --base: what went", two["sums"]["used"] < one["sums"]["used"], two)
    said("map", known.pid, "-o", f"{PLACE}/two.html", "--base", f"{PLACE}/two.html")
    check("map --base: onto itself", read("two.html", "--before")["sums"] == two["sums"])


def core(known):
    made = subprocess.run(["gdb", "-batch", "-p", known.pid, "-ex", f"generate-core-file {PLACE}/core"], capture_output=True, text=True,
                          timeout=LONG, check=False, stdin=subprocess.DEVNULL)
    if not os.path.exists(f"{PLACE}/core"):
        check("a core can be made", False, made.stdout, made.stderr)
        return
    check("map of a core: says nothing", said("map", f"{PLACE}/core", "-o", f"{PLACE}/core.html") == "0: ",
          said("map", f"{PLACE}/core", "-o", f"{PLACE}/core.html"))
    judge("map of a core", known, read("core.html", *places(known)))


# ---- top ----

def top_once(known):
    text = said("top", known.pid, "--once")
    rows = {row.split()[0] + row.split()[1] if row.split()[1] in ("B", "KiB") else row.split()[0]: row.split()
            for row in text.splitlines() if len(row.split()) > 3}
    check("top: blocks of a class in use", rows.get("112B", [""] * 4)[3] == "3000", text)
    check("top: blocks that wait", rows.get("240B", [])[3:] == "350 82.0 KiB 0 B 82.0 KiB 42.7%".split(), text)
    check("top: large blocks", rows.get("large", [])[1:3] == ["6", "6"], text)
    check("top: the thread", known.pid in text.split("THREAD")[1], text)
    text = said("top", "--once")
    check("top: a row for it", re.search(rf"^ *{known.pid} .*map_known$", text, re.M), text)
    check("top: none of itself or without mica", not re.search(r"python3|  mica$", text), text)


class Screen:
    """mica top on a terminal, as a stream of letters."""

    def __init__(self, *words):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(MICA, [MICA, "top", *words])
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 140, 0, 0))
        self.text = ""

    def wait_for(self, pattern):
        """Whether it comes, on what is drawn from here on."""
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-B0-2]|\x1b[=>]", " ", self.text)
            if re.search(pattern, plain):
                return True
            if select.select([self.file], [], [], 1)[0]:
                try:
                    self.text += os.read(self.file, 65536).decode(errors="replace")
                except OSError:  # it has ended
                    return False
        return False

    def key(self, letters):
        self.text = ""
        os.write(self.file, letters.encode())

    def ended(self):
        """Its exit status, once it ends."""
        self.wait_for(r"\Zx")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def top_live(known):
    screen = Screen("--interval", "0.2")
    check("top, live: the process", screen.wait_for(rf"{known.pid}.*map_known"), screen.text)
    check("top, live: sorted by what is resident", screen.wait_for(r"RESIDENT\*"), screen.text)
    screen.key("w")
    check("top, live: sorted by another column", screen.wait_for(r"\*"), screen.text)
    known.go_on()
    check("top, live: it grows", screen.wait_for(r"[+-]\d+\.\d [KM]iB"), screen.text)
    screen.key("q")
    check("top, live: q", screen.ended() == 0)
    screen = Screen(known.pid, "--interval", "0.2")
    check("top, live: one process", screen.wait_for(r"CLASS[^$]*large[^$]*THREAD"), screen.text)
    screen.key("\x7f")
    check("top, live: back to all", screen.wait_for(r"mica top: \d+ process"), screen.text)
    screen.key("\r")
    check("top, live: into one", screen.wait_for(r"abandoned pages"), screen.text)
    screen.key("q")
    check("top, live: q there", screen.ended() == 0)


def main():
    known = Known()
    one = first_map(known)
    core(known)
    top_once(known)
    top_live(known)  # the program goes on there
    second_map(known, one)
    known.end()
    check("map of what has ended", re.match(r"1: mica map: .+\n$", said("map", known.pid, "-o", f"{PLACE}/gone.html")))
    sys.exit(failed)


main()
