"""profile.py -- a heap profile: stacks with what lives and what was allocated at each, and the mappings of the process."""
import re
from dataclasses import dataclass, field

from mica_report import files
from mica_report.files import Unreadable

# Numbers and addresses are those of 64 bits.
SUMS = r"\s*(\d{1,18}):\s*(\d{1,18})\s*\[\s*(\d{1,18}):\s*(\d{1,18})\]\s*@"
HEAD = re.compile(rf"heap profile:{SUMS}\s*heapprofile\s*$", re.ASCII)
STACK = re.compile(rf"{SUMS}((?:\s+0x[0-9a-fA-F]{{1,16}})*)\s*$", re.ASCII)
MAPPING = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16}) (\S{4}) ([0-9a-f]{1,16}) \S+ \d+ *(.*)$")
DEEPEST = 4096  # frames; mica writes 64


@dataclass
class Sums:
    live_count: int = 0
    live_bytes: int = 0
    count: int = 0
    bytes: int = 0

    def add(self, other, sign=1):
        self.live_count += sign * other.live_count
        self.live_bytes += sign * other.live_bytes
        self.count += sign * other.count
        self.bytes += sign * other.bytes

    def of(self, allocated):
        """(blocks, bytes)"""
        return (self.count, self.bytes) if allocated else (self.live_count, self.live_bytes)


@dataclass
class Profile:
    """stacks: a tuple of places (symbols.py), the innermost first -> Sums."""
    stacks: dict = field(default_factory=dict)
    suppressed: Sums = field(default_factory=Sums)

    def sums(self):
        all_ = Sums()
        for sums in self.stacks.values():
            all_.add(sums)
        return all_


@dataclass(frozen=True)
class Mapping:
    start: int
    end: int
    offset: int
    path: str


def mappings_of(lines):
    found = []
    for line in lines:
        match = MAPPING.match(line)
        if match and match[5].startswith(("/", "[")):
            found.append(Mapping(int(match[1], 16), int(match[2], 16), int(match[4], 16), match[5]))
    return sorted(found, key=lambda mapping: mapping.start)


def read(path, symbols):
    """The profile in a file, its addresses known to symbols by place."""
    lines = files.read(path).split("\n")
    if not HEAD.match(lines[0]):
        raise Unreadable(f"{path}: not a heap profile of mica's: it begins with no line `heap profile: ... @ heapprofile`")
    end = next((i for i, line in enumerate(lines) if line.strip() == "MAPPED_LIBRARIES:"), None)
    if end is None:
        raise Unreadable(f"{path}: it is cut off: no mappings at its end")
    process = symbols.process(mappings_of(lines[end + 1:]))
    profile = Profile()
    for number, line in enumerate(lines[1:end], 2):
        if not line.strip():
            continue
        match = STACK.match(line)
        if not match:
            raise Unreadable(f"{path}:{number}: neither a stack nor MAPPED_LIBRARIES")
        addresses = [int(word, 16) for word in match[5].split()[:DEEPEST]]
        # The first is within the call, the others are behind theirs.
        stack = tuple(process.place(address - (i > 0)) for i, address in enumerate(addresses) if address > 0)
        profile.stacks.setdefault(stack, Sums()).add(Sums(*map(int, match.groups()[:4])))
    return profile


def total(profiles):
    result = Profile()
    for profile in profiles:
        for stack, sums in profile.stacks.items():
            result.stacks.setdefault(stack, Sums()).add(sums)
    return result


def difference(profile, base):
    """What has come on top; what is less is negative."""
    result = total([profile])
    for stack, sums in base.stacks.items():
        result.stacks.setdefault(stack, Sums()).add(sums, -1)
    return result
