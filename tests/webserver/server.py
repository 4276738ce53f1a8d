"""server.py -- what the tests of the web server share: a site to serve, a server that is started and ended, raw requests."""
import atexit
import http.client
import json
import os
import random
import shlex
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

UNDER = shlex.split(os.environ.get("WEBSERVER_UNDER", ""))
PATIENCE = 600  # seconds: what takes as long hangs
PAGE = 16384
SIZES = (0, 1, 2, 100, 1023, 4096, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE - 1, 2 * PAGE, 2 * PAGE + 1, 65535, 65536, 65537, 100000,
         131072, 200001, 3 << 20)
TYPES = {"html": "text/html", "HTML": "text/html", "css": "text/css", "js": "text/javascript", "json": "application/json",
         "png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml", "txt": "text/plain", "woff2": "font/woff2",
         "bin": "application/octet-stream", "unknown": "application/octet-stream", "tar.gz": "application/gzip"}
SECRET = b"this is not for the world"


class Site:
    """A folder with files of many sizes and kinds, whose contents are known, next to one that must not be served."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="webserver-")
        top = Path(self.folder.name)
        self.root, self.contents, self.random = top / "root", {}, random.Random(1)
        self.root.mkdir()
        (top / "secret.txt").write_bytes(SECRET)
        (top / "root-secret").mkdir()  # a neighbour whose name begins like the root's
        (top / "root-secret/secret.txt").write_bytes(SECRET)
        for size in SIZES:
            self.write(f"size/{size}.bin", size)
        for ending in TYPES:
            self.write(f"types/a.{ending}", 50)
        self.write("types/without", 50)
        self.write("types.css/without", 50)
        self.write("with space/ä&%.txt", 60)
        self.write("index.html", 70)
        self.write("folder/index.html", 80)
        self.write("..dots/...", 90)
        for number in range(100):
            self.write(f"many/{number}.bin", 40000)
        (self.root / "inside").symlink_to("size/100.bin")
        (self.root / "outside").symlink_to("../secret.txt")
        (self.root / "outside-folder").symlink_to("..")
        (self.root / "absolute").symlink_to(top / "secret.txt")
        (self.root / "loop").symlink_to("loop")
        os.mkfifo(self.root / "pipe")

    def write(self, name, size):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        self.contents["/" + name] = self.random.randbytes(size)
        path.write_bytes(self.contents["/" + name])

    def close(self):
        self.folder.cleanup()


class Server:
    """A running server."""

    def __init__(self, program, *options):
        self.said = tempfile.TemporaryFile("w+")  # no pipe, which could be full
        self.process = subprocess.Popen([*UNDER, program, *map(str, options)], stdout=subprocess.PIPE, stderr=self.said,
                                        text=True)
        atexit.register(self.process.kill)  # of one that has ended it is nothing
        said = self.process.stdout.readline().split()
        if said[:1] != ["port"]:
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"did not start: {self.complaints()}")
        self.port = int(said[1])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, method, target, body=None, connection=None, **headers):
        """Status, headers and body of an answer."""
        own = connection or self.connect()
        own.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = own.getresponse()
        result = answer.status, answer.headers, answer.read()
        if connection is None:
            own.close()
        return result

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask_raw(self, sent):
        """What comes back for these bytes, until the server closes or has sent a whole answer: status, headers, body."""
        with self.raw() as connection:
            try:
                connection.sendall(sent)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has answered before it had read everything
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.headers, answer.read()

    def stats(self):
        return json.loads(self.ask("GET", "/.stats")[2])

    def rest(self):
        """The figures as soon as nothing is in flight but this."""
        end = time.monotonic() + PATIENCE
        while True:
            stats = self.stats()
            # The figures' own connection is open; the one before may not be closed yet.
            if (stats["in_flight"] == 0 and stats["connections"] == 1) or time.monotonic() > end:
                return stats
            time.sleep(0.01)

    def files(self):
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        """SIGTERM; exit status and what was said on stderr."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode, self.complaints()

    def complaints(self):
        """What is on its stderr; it has ended."""
        self.said.seek(0)
        with self.said:
            return self.said.read()


def reset(connection):
    """Close it so that the other side gets an error instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
