#!/usr/bin/env python3
"""The web servers of bench/webserver: what they answer, that they forget nobody's memory, and that their figures balance. Each
check runs against each way to get a request's memory: the C library, mica, a pool for each request, a pool shared by eight."""
import concurrent.futures
import json
import os
import random
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from urllib.parse import quote

from server import PAGE, PATIENCE, SECRET, SIZES, TYPES, UNDER, Server, Site, reset

LIBC, MICA = os.environ["WEBSERVER_LIBC"], os.environ["WEBSERVER_MICA"]
LIMIT = 2 << 20  # of the cache
LOOKED_EACH = 50  # milliseconds
VANISHING = 200
GROWTH = 1024  # KiB that a server may have more after the same work again
site = None


def setUpModule():
    global site
    site = Site()


def tearDownModule():
    site.close()


class Checks:
    """All that is checked in each way; not a test by itself."""
    program, way = None, None
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.log = tempfile.NamedTemporaryFile("r", suffix=".log")
        cls.server = cls.start("--log", cls.log.name)
        cls.server.rest()
        cls.files = cls.server.files()

    @classmethod
    def start(cls, *options):
        return Server(cls.program, "--root", site.root, "--memory", cls.way, "--cache", LIMIT, "--revalidate", LOOKED_EACH,
                      "--threads", 3, *cls.options, *options)

    @classmethod
    def tearDownClass(cls):
        """Whatever was asked for: at rest nothing is left, every request was logged, and the server ends in peace."""
        stats, files = cls.server.rest(), cls.server.files()
        lines = cls.log.read().splitlines()
        cls.log.close()
        status, said = cls.server.end()
        check = unittest.TestCase()
        cls.check_balance(check, stats)
        check.assertLessEqual(files, cls.files + 1, "open files")  # the connection of one look or the other is still there
        check.assertEqual(len(lines), stats["requests"], "lines of the log")
        for line in lines:
            check.assertRegex(line, r'^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:[\d:]{8} \+0000\] "([^"\\]|\\x..)*" \d+ \d+ '
                                    r'"([^"\\]|\\x..)*" "([^"\\]|\\x..)*"$')
        check.assertEqual(status, 0, said)
        if not UNDER:
            check.assertEqual(said, "")

    @staticmethod
    def check_balance(check, stats):
        said = json.dumps(stats)
        check.assertEqual(stats["in_flight"], 0, said)
        check.assertEqual(stats["allocations"], stats["frees"], said)
        check.assertEqual(stats["live"], 0, said)
        check.assertEqual(stats["pools"], 0, said)
        ended = stats["answered"] + stats["unchanged"] + stats["refused"] + stats["vanished"]
        check.assertEqual(stats["requests"], ended, said)
        check.assertLessEqual(stats["cache_used"], stats["cache_limit"], said)

    def get(self, target, **more):
        return self.server.ask("GET", target, **more)

    def expect_file(self, name, **more):
        """The file, byte for byte."""
        status, headers, body = self.get(quote(name), **more)
        self.assertEqual(status, 200, name)
        self.assertEqual(headers["Content-Length"], str(len(site.contents[name])), name)
        self.assertTrue(body == site.contents[name], f"{name}: other contents")
        return headers

    # ---- what is there ----

    def test_contents(self):
        for _ in range(2):  # the second time out of the cache, where it fits
            for size in SIZES:
                self.expect_file(f"/size/{size}.bin")
        for name in ("/with space/ä&%.txt", "/..dots/..."):
            self.expect_file(name)
        status, _, body = self.get("/inside")  # a system, or a tool, without openat2 has no links at all
        self.assertTrue(body == site.contents["/size/100.bin"] or (UNDER and status == 403))

    def test_head(self):
        for size in SIZES:
            status, headers, body = self.server.ask("HEAD", f"/size/{size}.bin")
            self.assertEqual((status, headers["Content-Length"], body), (200, str(size), b""))
            self.assertEqual(headers["ETag"], self.get(f"/size/{size}.bin")[1]["ETag"])
        # No body comes where none is announced: the connection goes on with the next answer.
        with self.server.raw() as connection:
            connection.sendall(b"HEAD /size/100.bin HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.0\r\nHost: a\r\n\r\n")
            whole = connection.makefile("rb").read()
        self.assertEqual(whole.count(b"HTTP/1.1 200"), 1)
        self.assertRegex(whole, rb"\r\n\r\nHTTP/1\.\d 404")

    def test_types(self):
        for ending, kind in TYPES.items():
            self.assertEqual(self.get(f"/types/a.{ending}")[1]["Content-Type"].split(";")[0], kind, ending)
        for name in ("types/without", "types.css/without"):
            self.assertEqual(self.get(f"/{name}")[1]["Content-Type"], "application/octet-stream")

    def test_folders(self):
        self.assertEqual(self.get("/")[2], site.contents["/index.html"])
        self.assertEqual(self.get("/folder/")[2], site.contents["/folder/index.html"])
        self.assertEqual(self.get("/folder/.")[2], site.contents["/folder/index.html"])
        status, headers, _ = self.get("/folder?a=b")
        self.assertEqual((status, headers["Location"]), (301, "/folder/"))
        status, headers, _ = self.get("/with%20space")
        self.assertEqual((status, headers["Location"]), (301, "/with%20space/"))
        self.assertEqual(self.get("/size/")[0], 404)
        # Never an address of another host.
        self.assertEqual(self.get("//folder")[1]["Location"], "/folder/")

    def test_targets(self):
        body = site.contents["/size/100.bin"]
        for target in ("/size/100.bin?a=1&b=&&=c&d", "/size//100.bin", "/./size/./100.bin", "/folder/../size/100.bin",
                       "/%73ize/100%2Ebin", "/size%2f100.bin", "/size/100.bin?" + "x" * 2000, "http://host:80/size/100.bin"):
            self.assertEqual(self.get(target)[::2], (200, body), target)

    # ---- what is not there, or not to be had ----

    def test_traversal(self):
        targets = ["/../secret.txt", "/../../../../../../etc/passwd", "/%2e%2e/secret.txt", "/%2E%2e%2Fsecret.txt",
                   "/..%2fsecret.txt", "/folder/../../secret.txt", "/folder/%2e%2e/%2e%2e/secret.txt",
                   "/..\\secret.txt", "/..%5csecret.txt",
                   "/%5c..%5csecret.txt", "/index.html%00.txt", "/%00", "/%", "/%2", "/%zz", "/a%0ab", "/outside", "/absolute",
                   "/outside-folder/secret.txt", "/outside-folder/root/index.html", "/loop", "/pipe", "//etc/passwd",
                   "/.//..//secret.txt", "/..", "/folder/../..", "/%252e%252e/secret.txt", "/../root-secret/secret.txt",
                   "/..%c0%afsecret.txt",
                   "../secret.txt", "secret.txt", "*", "http://host/../secret.txt", "file:///etc/passwd", "/index.html/",
                   "/index.html/../../secret.txt", "/proc/self/environ", "/nothing", "/size/nothing", "/size/100.bin/nothing",
                   "/" + "a" * 300]
        for target in targets:
            status, _, body = self.server.ask_raw(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            self.assertIn(status, (400, 403, 404), target)
            self.assertNotIn(SECRET, body, target)
            self.assertNotIn(b"root:", body, target)
        for target, wanted in (("/../secret.txt", 403), ("/outside", 403), ("/absolute", 403), ("/nothing", 404),
                               ("/a%00", 400), ("/a%5cb", 400)):
            self.assertEqual(self.get(target)[0], wanted, target)

    def test_methods(self):
        connection = self.server.connect()
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
            for body in (None, b"x" * 10, b"x" * 300000):
                status, headers, _ = self.server.ask(method, "/index.html", body, connection)
                self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        self.expect_file("/index.html", connection=connection)
        connection.close()
        self.assertEqual(self.server.ask("GET", "/index.html", b"a body" * 1000)[2], site.contents["/index.html"])
        waiting = self.server.ask_raw(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n")
        self.assertEqual(waiting[0], 405)
        large = self.server.ask_raw(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        self.assertEqual(large[0], 413)

    def test_too_long(self):
        self.assertEqual(self.get("/" + "a" * 5000)[0], 414)
        for length in (40000, 200000):
            self.assertEqual(self.server.ask_raw(b"GET /" + b"a" * length + b" HTTP/1.1\r\nHost: a\r\n\r\n")[0], 414)
            header = b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * length + b"\r\n\r\n"
            self.assertIn(self.server.ask_raw(header)[0], (413, 431))
        many = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: a\r\n" % i for i in range(20000)) + b"\r\n"
        self.assertIn(self.server.ask_raw(many)[0], (413, 431))
        self.assertEqual(self.get("/", **{f"X-{i}": "a" * 100 for i in range(40)})[0], 200)

    # ---- the client's conditions ----

    def test_conditions(self):
        for name in ("/size/65537.bin", "/size/3145728.bin"):  # from the cache, from the disk
            self.check_conditions(name)

    def check_conditions(self, name):
        headers = self.expect_file(name)
        tag, date = headers["ETag"], headers["Last-Modified"]
        old = "Sun, 06 Nov 1994 08:49:37 GMT"
        for same in ({"If_None_Match": tag}, {"If_None_Match": "W/" + tag}, {"If_None_Match": f'"a,b", {tag}'},
                     {"If_None_Match": "*"}, {"If_None_Match": f'"x" , W/{tag},"y"'}, {"If_Modified_Since": date},
                     {"If_None_Match": tag, "If_Modified_Since": old}):
            status, found, body = self.get(name, **same)
            self.assertEqual((status, body, found["ETag"]), (304, b"", tag), same)
            self.assertEqual(found["Content-Length"], headers["Content-Length"])  # what 200 would have said
        for other in ({"If_None_Match": '"x"'}, {"If_None_Match": tag[:-2] + '"'}, {"If_None_Match": ""},
                      {"If_Modified_Since": old}, {"If_Modified_Since": "yesterday"},
                      {"If_None_Match": '"x"', "If_Modified_Since": date}):
            self.expect_file(name, **other)

    def test_ranges(self):
        for size in (2, 100, 2 * PAGE + 1, 200001, 3 << 20):
            name, tag = f"/size/{size}.bin", self.get(f"/size/{size}.bin")[1]["ETag"]
            whole = site.contents[name]
            ends = sorted({0, 1, size // 2, size - 1} | {at for at in (PAGE - 1, PAGE, PAGE + 1, 2 * PAGE) if at < size})
            for first in ends:
                for last in ends:
                    if first <= last:
                        self.expect_range(name, f"bytes={first}-{last}", first, whole[first:last + 1])
                self.expect_range(name, f"bytes={first}-", first, whole[first:])
            self.expect_range(name, "bytes=-1", size - 1, whole[-1:])
            self.expect_range(name, f"bytes=-{size * 2}", 0, whole)
            self.expect_range(name, f"bytes=1-{size * 2}", 1, whole[1:])
            self.expect_range(name, "bytes=1-1", 1, whole[1:2], If_Range=tag)
            for asked in ("bytes=1-0", "bytes=", "bytes=a-b", "lines=0-1", "bytes=0-0,1-1", "bytes=--1", "bytes=-"):
                self.expect_file(name, Range=asked)
            self.expect_file(name, Range="bytes=1-1", If_Range='"another"')
            status, headers, _ = self.get(name, Range=f"bytes={size}-")
            self.assertEqual((status, headers["Content-Range"]), (416, f"bytes */{size}"))
        self.assertEqual(self.get("/size/0.bin", Range="bytes=0-0")[0], 416)
        self.assertEqual(self.get("/size/0.bin", Range="bytes=-5")[0], 416)

    def expect_range(self, name, asked, first, part, **more):
        status, headers, body = self.get(name, Range=asked, **more)
        self.assertEqual((status, headers["Content-Range"]),
                         (206, f"bytes {first}-{first + len(part) - 1}/{len(site.contents[name])}"), (name, asked))
        self.assertTrue(body == part, f"{name} {asked}: other contents")

    # ---- the cache ----

    def test_changes(self):
        for size, next_size in ((50000, 50000), (50000, 10), (10, 0), (0, 70000)):
            site.write("changing.txt", size)
            time.sleep(2 * LOOKED_EACH / 1000)
            before = self.expect_file("/changing.txt")["ETag"]
            site.write("changing.txt", next_size)
            time.sleep(2 * LOOKED_EACH / 1000)
            self.assertNotEqual(self.expect_file("/changing.txt")["ETag"], before)
        (site.root / "changing.txt").unlink()
        time.sleep(2 * LOOKED_EACH / 1000)
        self.assertEqual(self.get("/changing.txt")[0], 404)
        self.assertGreaterEqual(self.server.stats()["changed"], 4)

    def test_hits(self):
        self.expect_file("/many/0.bin")
        before = self.server.stats()
        for _ in range(10):
            self.expect_file("/many/0.bin")
        self.get("/nothing")
        after = self.server.stats()
        self.assertEqual((after["hits"] - before["hits"], after["misses"] - before["misses"]), (10, 0))

    def test_evictions(self):
        names = [f"/many/{number}.bin" for number in range(100)]  # of which about half fit
        order = random.Random(2)
        before = self.server.stats()
        for _ in range(5):
            order.shuffle(names)
            for name in names:
                self.expect_file(name)
        after = self.server.rest()
        self.assertGreater(after["evictions"] - before["evictions"], 100)
        self.assertEqual(after["hits"] + after["misses"] - before["hits"] - before["misses"], 500)
        self.assertGreater(after["hits"] - before["hits"], 20)
        self.assertEqual(after["passed"], before["passed"])
        self.assertGreater(after["file_bytes"], LIMIT / 2)
        self.assertLessEqual(after["file_bytes"], LIMIT)
        if self.way != "libc":
            self.assertLessEqual(after["cache_held"], LIMIT)

    def kept_after_scan(self, *options):
        """Whether a file that was used twenty times is still there after many that were used once each."""
        server = self.start(*options)
        try:
            for _ in range(20):
                self.assertEqual(server.ask("GET", "/index.html")[2], site.contents["/index.html"])
            for number in range(100):
                for name in (f"/many/{number}.bin?", f"/many/{number}.bin"):
                    server.ask("GET", name)
            for name in ("/size/131072.bin", "/size/200001.bin", "/size/100000.bin", "/size/65537.bin"):
                server.ask("GET", name)
            for number in range(50):
                server.ask("GET", f"/many/{number}.bin")
            before = server.stats()["hits"]
            server.ask("GET", "/index.html")
            kept = server.stats()["hits"] - before
            self.check_balance(self, server.rest())
        finally:
            status, said = server.end()
        self.assertEqual(status, 0, said)
        return kept == 1

    def test_orders(self):
        self.assertTrue(self.kept_after_scan("--evict", "lfu"))
        self.assertFalse(self.kept_after_scan("--evict", "lru"))
        self.assertTrue(self.kept_after_scan("--evict", "lfu", "--page", "4K"))

    def test_used_stays(self):
        """What is used again and again is never thrown out, whatever comes by."""
        for order in ("lru", "lfu"):
            server = self.start("--evict", order)
            try:
                server.ask("GET", "/many/0.bin")
                for number in range(1, 100):
                    server.ask("GET", f"/many/{number}.bin")
                    server.ask("GET", "/many/0.bin")
                stats = server.rest()
                self.assertEqual((stats["hits"], stats["misses"]), (99, 100), order)
                self.assertGreater(stats["evictions"], 50)
            finally:
                status, said = server.end()
            self.assertEqual(status, 0, said)

    def test_other_layouts(self):
        for options in (("--layout", "whole"), ("--page", "4K", "--frames", "give"), ("--page", "64K"), ("--cache", "0"),
                        ("--cache", "100K", "--evict", "lfu")):
            server = self.start(*options)
            try:
                order = random.Random(3)
                names = [name for name in site.contents if name.startswith(("/size/", "/many/"))]
                for name in order.choices(names, k=100):
                    status, _, body = server.ask("GET", name)
                    self.assertEqual(status, 200, (name, options))
                    self.assertTrue(body == site.contents[name], f"{name} {options}: other contents")
                self.check_balance(self, server.rest())
            finally:
                status, said = server.end()
            self.assertEqual(status, 0, (options, said))

    # ---- many at once, and in a hurry ----

    def test_keep_alive(self):
        connection = self.server.connect()
        for number in range(100):
            self.expect_file(f"/many/{number % 10}.bin", connection=connection)
        connection.close()
        asked = ["/size/100.bin", "/nothing", "/size/65537.bin", "/size/0.bin"] * 5
        with self.server.raw() as connection:
            connection.sendall(b"".join(f"GET {name} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for name in asked)
                               + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            whole = connection.makefile("rb").read()
        for name in asked:
            head, _, whole = whole.partition(b"\r\n\r\n")
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            if name != "/nothing":
                self.assertEqual(whole[:length], site.contents[name])
            whole = whole[length:]

    def test_parallel(self):
        names = [name for name in site.contents if name.startswith(("/size/", "/many/"))]

        def client(number):
            order, connection = random.Random(number), self.server.connect()
            for name in order.choices(names, k=60):
                self.expect_file(name, connection=connection)
            connection.close()

        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            list(clients.map(client, range(8)))

    @staticmethod
    def vanish(server, number):
        """One client that goes away in one of many moments."""
        connection = server.raw()
        head = b" HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\n"
        sent = (b"", b"GET /si", b"GET /size/100.bin" + head, b"GET /size/3145728.bin" + head + b"\r\n",
                b"GET /size/200001.bin?a=b" + head + b"\r\n", b"GET /nothing" + head + b"\r\n",
                b"POST /" + head + b"Content-Length: 1000000\r\n\r\n" + b"x" * 5000,
                b"PUT /" + head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
                b"GET /" + b"a" * 40000, b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 40000,
                (b"GET /size/131072.bin" + head + b"\r\n") * 10)[number % 11]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            connection.sendall(sent)
            if number % 2 and sent.endswith(b"\r\n\r\n"):
                connection.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if number % 3:
            connection.close()
        else:
            reset(connection)

    def test_vanishing(self):
        """Clients that go away leave nothing behind, at the latest when they have been silent for three seconds (on a busy
        machine one may be silent for a second that means to go on); and the same work again and again takes no more memory."""
        server = self.start("--timeout", 3)
        sizes = []
        try:
            for turn in range(3):
                for number in range(VANISHING):
                    self.vanish(server, number)
                    name = f"/many/{number % 100}.bin"
                    self.assertTrue(server.ask("GET", name)[2] == site.contents[name], f"{name}: other contents")
                stats = server.rest()
                self.check_balance(self, stats)
                self.assertEqual(stats["connections"], 1)
                self.assertGreater(stats["vanished"], (turn + 1) * VANISHING / 10)
                sizes.append(stats["resident_kib"])
        finally:
            status, said = server.end()
        self.assertEqual(status, 0, said)
        if not UNDER:
            self.assertLess(sizes[2], sizes[1] + GROWTH)

    def test_figures(self):
        before = self.server.rest()
        connection = self.server.connect()
        for _ in range(20):
            self.expect_file("/index.html", connection=connection, Cookie="a=b; c=d", User_Agent='a "quote"\\')
        connection.close()
        after = self.server.rest()
        self.assertEqual(after["requests"] - before["requests"], 20)
        self.assertEqual(after["answered"] - before["answered"], 20)
        self.assertGreater(after["allocations"] - before["allocations"], 20 * 30)
        self.assertEqual((after["memory"], after["layout"], after["cache_limit"]), (self.way, "pages", LIMIT))
        made = after["pools_made"] - before["pools_made"]
        self.assertEqual(made, {"libc": 0, "mica": 0, "pool": 20}.get(self.way, made))
        if self.way.startswith("shared"):
            self.assertTrue(1 <= made <= 20, made)

    def test_end_in_flight(self):
        """It ends while a client reads, another one is silent, and a third one uploads."""
        server = self.start("--evict", "lfu")
        held = [server.raw() for _ in range(4)]
        held[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        held[0].sendall(b"GET /size/200001.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        held[1].sendall(b"GET /index.html HTTP/1.1\r\nHo")
        held[2].sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
        held[3].sendall(b"GET /size/3145728.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        held[0].recv(10)
        held[3].recv(10)
        status, said = server.end()
        for connection in held:
            connection.close()
        self.assertEqual(status, 0, said)


class Libc(Checks, unittest.TestCase):
    program, way = LIBC, "libc"


class Mica(Checks, unittest.TestCase):
    program, way = MICA, "mica"


class Pool(Checks, unittest.TestCase):
    program, way = MICA, "pool"
    options = ("--pool-block", "1K")


class Shared(Checks, unittest.TestCase):
    program, way = MICA, "shared"


class SharedByTwo(unittest.TestCase):
    """Eight clients, two requests to a pool: all is well, and there were fewer pools than requests only if some shared."""

    def test_shared_by_two(self):
        server = Server(MICA, "--root", site.root, "--memory", "shared:2", "--threads", 4)
        started = threading.Barrier(8)

        def client(number):
            connection = server.connect()
            started.wait(PATIENCE)
            for _ in range(50):
                name = f"/many/{number}.bin"
                self.assertTrue(server.ask("GET", name, None, connection)[2] == site.contents[name])
            connection.close()

        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            list(clients.map(client, range(8)))
        stats = server.rest()
        status, said = server.end()
        self.assertEqual(status, 0, said)
        Checks.check_balance(self, stats)
        self.assertEqual(stats["requests"], 400)
        self.assertTrue(200 <= stats["pools_made"] <= 400, stats["pools_made"])


class Pools(unittest.TestCase):
    """As many requests as there are in flight, and no more of them to a pool than there should be."""

    def test_pools(self):
        for way, requests, pools in (("pool", 5, 5), ("shared", 8, 1), ("shared", 9, 2), ("shared:2", 7, 4), ("mica", 3, 0)):
            server = Server(MICA, "--root", site.root, "--memory", way)
            waiting = [server.raw() for _ in range(requests)]
            for one in waiting:
                one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            end = time.monotonic() + PATIENCE
            while server.stats()["in_flight"] < requests and time.monotonic() < end:
                time.sleep(0.01)
            stats = server.stats()
            self.assertEqual((stats["in_flight"], stats["pools"]), (requests, pools), way)
            for one in waiting:
                one.sendall(b"x" * 9)
                self.assertIn(b" 405 ", one.recv(1000))
                one.close()
            Checks.check_balance(self, server.rest())
            self.assertEqual(server.end()[0], 0)


class CommandLine(unittest.TestCase):
    def refused(self, program, *options):
        done = subprocess.run([*UNDER, program, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, bool(done.stderr)

    def test_refused(self):
        for program in (LIBC, MICA):
            for options in (("--nothing",), ("--cache", "many"), ("--cache", "-1"), ("--port", "65536"), ("--threads", "0"),
                            ("--layout", "round"), ("--evict", "random"), ("a",), ("--page", "0")):
                self.assertEqual(self.refused(program, *options), (2, True), options)
            for options in (("--root", "/nothing"), ("--memory", "none"), ("--log", "/nothing/log"), ("--address", "a")):
                self.assertEqual(self.refused(program, *options), (1, True), options)
        for way in ("shared:", "shared:0", "shared:x", "shared:99999", "sharedby", "libc"):
            self.assertEqual(self.refused(MICA, "--memory", way), (1, True), way)

    def test_port_in_use(self):
        server = Server(LIBC, "--root", site.root)
        self.assertEqual(self.refused(MICA, "--root", str(site.root), "--port", str(server.port)), (1, True))
        self.assertEqual(server.end()[0], 0)

    def test_without_mica(self):
        """The one program has nothing of mica, the other one has."""
        for program, wanted in ((LIBC, False), (MICA, True)):
            self.assertEqual(b"mi_malloc" in Path(program).read_bytes(), wanted)


if __name__ == "__main__":
    unittest.main(verbosity=1)
