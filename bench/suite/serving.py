"""serving.py -- what is needed to measure the web servers of bench/webserver: a site, what is asked of it, a server under wrk.

The site has 2,000 files of 1 to 200 KiB, as many between 1 and 2 as between 100 and 200, and is asked by popularity: the n-th
file 1/n times as often as the first one (Zipf)."""
import json
import math
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

FILES, SMALLEST, LARGEST, ASKED, WITH_QUERY = 2000, 1 << 10, 200 << 10, 50000, 0.3
ENDINGS = ("html", "css", "js", "json", "png", "jpg", "svg", "woff2", "bin")
SCRIPT = Path(__file__).resolve().parents[1] / "webserver/load.lua"
CLIENT_THREADS, CLIENTS = 2, 64
PATIENCE = 20  # seconds
AT_ONCE = 50  # requests that a walk sends before it reads their answers


class ServingError(Exception):
    """A server or wrk did not do what it should."""


class Site:
    """A folder of files, the same each time; and lists of what is asked."""

    def __init__(self, parent=None):
        self.folder = tempfile.TemporaryDirectory(prefix="webserver-", dir=parent)
        self.root = Path(self.folder.name) / "root"
        chance, self.paths, self.bytes = random.Random(1), [], 0
        for number in range(FILES):
            size = int(math.exp(chance.uniform(math.log(SMALLEST), math.log(LARGEST))))
            path = f"/f/{number % 20}/file{number}.{ENDINGS[number % len(ENDINGS)]}"
            file = self.root / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(chance.randbytes(size))
            self.paths.append(path)
            self.bytes += size
        chance.shuffle(self.paths)

    def asked(self, scanned=0.0):
        """A file with the paths that clients ask for, one a line. scanned: the share of them that goes through all files, one
        after the other, whatever their popularity."""
        file = Path(self.folder.name) / f"asked-{scanned}"
        if not file.exists():
            chance = random.Random(2)
            popular = chance.choices(self.paths, [1 / (n + 1) for n in range(FILES)], k=ASKED)
            scan = 0
            lines = []
            for path in popular:
                if chance.random() < scanned:
                    path = self.paths[scan % FILES]
                    scan += 1
                query = f"?v={chance.randrange(100)}&lang=en" if chance.random() < WITH_QUERY else ""
                lines.append(path + query)
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    def close(self):
        self.folder.cleanup()


@dataclass
class Load:
    """What wrk found."""
    requests: int
    seconds: float
    median_ms: float
    slowest_ms: float  # of 99 in a hundred
    errors: int


class Server:
    """A running server."""

    def __init__(self, program, *options):
        words = [str(program), *map(str, options)]
        try:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        except OSError as error:
            raise ServingError(f"{program}: {error}") from error
        said = self.process.stdout.readline().split()
        if said[:1] != ["port"]:
            self.process.kill()
            raise ServingError(f"{' '.join(words)}: {self.process.communicate()[1].strip()}")
        self.port = int(said[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def stats(self):
        with urllib.request.urlopen(f"{self.url}/.stats", timeout=PATIENCE) as answer:
            return json.load(answer)

    def rest(self):
        """The figures when no request is in flight any more."""
        end = time.monotonic() + PATIENCE
        while True:
            stats = self.stats()
            if (stats["in_flight"] == 0 and stats["connections"] <= 1) or time.monotonic() > end:
                return stats
            time.sleep(0.02)

    def cpu(self):
        """Processor seconds so far, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        tick = os.sysconf("SC_CLK_TCK")
        return int(fields[11]) / tick, int(fields[12]) / tick

    def load(self, asked, seconds):
        """So many seconds of wrk."""
        command = ["wrk", f"-t{CLIENT_THREADS}", f"-c{CLIENTS}", f"-d{seconds}", "-s", str(SCRIPT), self.url, "--", str(asked)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ServingError(f"wrk: {error}") from error
        found = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("result ")]
        if done.returncode != 0 or len(found) != 1:
            raise ServingError(f"wrk: {(done.stderr or done.stdout).strip()}")
        requests, taken, median, slowest, errors = found[0]
        load = Load(int(requests), float(taken), float(median), float(slowest), int(errors))
        if load.requests == 0 or load.errors != 0:
            raise ServingError(f"wrk: {load.requests} requests, {load.errors} errors")
        return load

    def walk(self, asked):
        """One client asks for the heads of all paths of the list, in their order: what the cache does is the same each time."""
        lines = Path(asked).read_bytes().splitlines()
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            for at in range(0, len(lines), AT_ONCE):
                some = lines[at:at + AT_ONCE]
                connection.sendall(b"".join(b"HEAD %s HTTP/1.1\r\nHost: a\r\n\r\n" % line for line in some))
                answers = b""
                while answers.count(b"\r\n\r\n") < len(some):
                    part = connection.recv(1 << 16)
                    if not part:
                        raise ServingError("the server hung up")
                    answers += part
                if answers.count(b"HTTP/1.1 200 ") != len(some):
                    raise ServingError("not every answer is 200")

    def kill(self):
        """Whatever it does, it is gone."""
        self.process.kill()
        self.process.communicate()

    def end(self):
        """SIGTERM; raises if it does not end in peace."""
        self.process.send_signal(signal.SIGTERM)
        try:
            _, said = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise ServingError("did not end") from error
        if self.process.returncode != 0:
            raise ServingError(f"ended with status {self.process.returncode}: {said.strip()}")


def leftovers(stats):
    """What a server at rest has not given back: requests, pieces of their memory, pools."""
    return stats["in_flight"] + stats["live"] + stats["pools"]


def measured(program, options, asked, warm, seconds):
    """A run of a server from start to end: its figures."""
    server = Server(program, *options)
    try:
        server.load(asked, warm)
        before, cpu_before = server.rest(), server.cpu()
        load = server.load(asked, seconds)
        after, cpu_after = server.rest(), server.cpu()
        server.end()
    except BaseException:
        server.kill()
        raise
    requests = after["requests"] - before["requests"]
    looked = after["hits"] + after["misses"] - before["hits"] - before["misses"]
    return {
        "per_second": load.requests / load.seconds, "requests": requests, "seconds": load.seconds,
        "median_ms": load.median_ms, "slowest_ms": load.slowest_ms,
        "user_us": 1e6 * (cpu_after[0] - cpu_before[0]) / requests,
        "system_us": 1e6 * (cpu_after[1] - cpu_before[1]) / requests,
        "peak_kib": after["peak_kib"], "resident_kib": after["resident_kib"],
        "hit_rate": (after["hits"] - before["hits"]) / looked, "evictions": after["evictions"] - before["evictions"],
        "allocations": (after["allocations"] - before["allocations"]) / requests,
        "bytes": (after["bytes"] - before["bytes"]) / requests,
        "pools": (after["pools_made"] - before["pools_made"]) / requests,
        "file_bytes": after["file_bytes"], "cache_used": after["cache_used"], "cache_held": after["cache_held"],
        "leftovers": leftovers(after),
    }


def walked(program, options, asked):
    """The hit rate of a second walk through the list."""
    server = Server(program, *options)
    try:
        server.walk(asked)
        before = server.rest()
        server.walk(asked)
        after = server.rest()
        server.end()
    except BaseException:
        server.kill()
        raise
    hits, misses = after["hits"] - before["hits"], after["misses"] - before["misses"]
    return {"hit_rate": hits / (hits + misses), "hits": hits, "misses": misses, "evictions": after["evictions"] - before["evictions"]}
