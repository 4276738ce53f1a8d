"""symbols.py -- names for addresses: an address of a process becomes a place in a file, and of all places of a file addr2line is
asked at once. What it does not know is looked for among the names that the file exports (nm)."""
import bisect
import os
import re
import struct
import subprocess
from dataclasses import dataclass, field

AT_ONCE = 10000  # addresses that one addr2line is asked for


@dataclass(frozen=True)
class Frame:
    """What a place is called: several of them if functions were put in line, the innermost first."""
    function: str
    file: str = ""
    line: int = 0

    def text(self, lines=False):
        if lines and self.file:
            return f"{self.function} {self.file}:{self.line}"
        return self.function


@dataclass(frozen=True)
class Place:
    """A place in a file: address is as the file counts. Or, path empty, an address of nowhere."""
    path: str
    address: int


@dataclass
class Process:
    symbols: "Symbols"
    mappings: list
    starts: list = field(default_factory=list)

    def __post_init__(self):
        self.starts = [mapping.start for mapping in self.mappings]

    def place(self, address):
        i = bisect.bisect_right(self.starts, address) - 1
        if i < 0 or address >= self.mappings[i].end:
            return self.symbols.add("", address)
        mapping = self.mappings[i]
        return self.symbols.add(mapping.path, self.symbols.file(mapping.path).virtual(address - mapping.start + mapping.offset))


class File:
    """What is needed of an ELF file: where its segments lie."""

    def __init__(self, path):
        self.segments = []
        self.readable = False
        try:
            if not os.path.isfile(path):  # a pipe would be waited for
                return
            with open(path, "rb") as file:
                self.read(file)
        except (OSError, struct.error, ValueError):
            pass

    def read(self, file):
        head = file.read(64)
        if head[:4] != b"\x7fELF" or head[4] != 2:
            return
        order = "<" if head[5] == 1 else ">"
        place, size, n = *struct.unpack_from(order + "Q", head, 32), *struct.unpack_from(order + "HH", head, 54)
        if size < 56:
            return
        for i in range(n):
            file.seek(place + i * size)
            kind, _, offset, address, _, length, _, _ = struct.unpack(order + "IIQQQQQQ", file.read(56))
            if kind == 1:
                self.segments.append((offset, length, address))
        self.readable = True

    def virtual(self, offset):
        for start, length, address in self.segments:
            if start <= offset < start + length:
                return offset - start + address
        return offset


class Symbols:
    def __init__(self):
        self.places = {}  # Place -> itself
        self.files = {}
        self.frames = {}  # Place -> [Frame]
        self.warnings = []

    def process(self, mappings):
        return Process(self, mappings)

    def file(self, path):
        if path not in self.files:
            self.files[path] = File(path)
        return self.files[path]

    def add(self, path, address):
        place = Place(path, address)
        return self.places.setdefault(place, place)

    def resolve(self):
        """Names all places that are known, and keeps them for everybody: a Place has its frames by frames_of."""
        by_path = {}
        for place in self.places:
            by_path.setdefault(place.path, []).append(place.address)
        for path, addresses in by_path.items():
            if path.startswith("/") and self.file(path).readable:
                self.resolve_file(path, sorted(addresses))
            elif path.startswith("/"):
                self.warnings.append(f"{path}: not there any more, or no program: its functions have no names")
        FRAMES.update(self.frames)

    def resolve_file(self, path, addresses):
        missing = set(addresses)
        for at in range(0, len(addresses), AT_ONCE):
            for address, frames in self.ask(path, addresses[at:at + AT_ONCE]):
                if frames[0].function != "??":
                    self.frames[Place(path, address)] = frames
                    missing.discard(address)
        if missing:
            self.by_exports(path, missing)

    def run(self, command, text=""):
        try:
            done = subprocess.run(command, input=text, capture_output=True, text=True, errors="replace", check=False)
            return done.stdout.split("\n")
        except OSError:
            warning = f"{command[0]} is not there (Debian: binutils): functions have no names"
            if warning not in self.warnings:
                self.warnings.append(warning)
            return []

    def ask(self, path, addresses):
        """(address, its frames) of each."""
        lines = self.run(["addr2line", "-a", "-f", "-i", "-C", "-e", path], "".join(f"{a:#x}\n" for a in addresses))
        address, frames, i = None, [], 0
        while i < len(lines):
            if re.fullmatch(r"0x[0-9a-f]+", lines[i]):
                if frames:
                    yield address, frames
                address, frames, i = int(lines[i], 16), [], i + 1
            elif address is not None and i + 1 < len(lines):
                frames.append(frame_of(lines[i], lines[i + 1]))
                i += 2
            else:
                i += 1
        if frames:
            yield address, frames

    def by_exports(self, path, addresses):
        names = []
        for line in self.run(["nm", "-D", "-C", "-S", "--defined-only", path]):
            match = re.match(r"([0-9a-f]+) ([0-9a-f]+) [TtWwiV] (.+)", line)
            if match:
                names.append((int(match[1], 16), int(match[2], 16), re.sub(r"@.*", "", match[3])))
        names.sort()
        starts = [name[0] for name in names]
        for address in addresses:
            i = bisect.bisect_right(starts, address) - 1
            if i >= 0 and address < names[i][0] + max(names[i][1], 1):
                self.frames[Place(path, address)] = [Frame(names[i][2])]


FRAMES = {}


def frame_of(function, where):
    where = re.sub(r" \(discriminator \d+\)$", "", where)
    file, _, line = where.rpartition(":")
    return Frame(function, "" if file == "??" else os.path.normpath(file), int(line) if line.isdigit() else 0)


def frames_of(place):
    """The frames of a place, the innermost first; at least one."""
    if place in FRAMES:
        return FRAMES[place]
    name = f"{os.path.basename(place.path)}+{place.address:#x}" if place.path else f"{place.address:#x}"
    return [Frame(name)]


def stack_of(places):
    """All frames of a stack of places, the innermost first."""
    return [frame for place in places for frame in frames_of(place)]
