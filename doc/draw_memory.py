#!/usr/bin/env python3
"""draw_memory.py -- draws doc/memory.svg: arena, segment, slice, page and block. Every figure comes from the headers that the
library is built from. usage: doc/draw_memory.py [--check]   writes the picture; --check: says whether it is the one that would
be written"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "doc/memory.svg"
HEADERS = [next(p for p in (ROOT / "base/geometry.h", ROOT / "include/mica/geometry.h") if p.exists()), ROOT / "block/class.h"]
CLASSES = ROOT / "block/class.c"  # how many slices a page has
ASKED = 100  # bytes: the example's malloc
WIDTH, LEFT, BAR = 960, 32, 896
STYLE = """
  .panel { fill: #ffffff; stroke: #c9ced6 } text { fill: #1b2330; font: 14px sans-serif } .small { font-size: 12.5px; fill: #4a5568 }
  .name { font-weight: bold } rect { stroke: #5b6472; stroke-width: 0.6 } .plain { fill: #eef1f5 } .head { fill: #f3c77a }
  .page { fill: #9cc7ee } .wide { fill: #b9dcb0 } .used { fill: #6fa8dc } .free { fill: #dcecfb } .zoom { fill: #7f8a9a; opacity: 0.16 }
  .link { stroke: #1b2330; fill: none } .dark { fill: #1b2330 }
  @media (prefers-color-scheme: dark) {
    .panel { fill: #12161d; stroke: #3a4250 } text { fill: #e6eaf0 } .small { fill: #b3bcc9 } rect { stroke: #8b95a5 }
    .plain { fill: #232a35 } .head { fill: #8a5a12 } .page { fill: #1f5f9c } .wide { fill: #37692c } .used { fill: #2f6fb0 }
    .free { fill: #1c2f45 } .zoom { opacity: 0.28 } .link { stroke: #e6eaf0 } .dark { fill: #e6eaf0 }
  }
"""


def constants():
    """The integer constants of the headers, computed as the compiler does."""
    found = {}
    for header in HEADERS:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S).replace("(uintptr_t)", "")
        for named, value, enumerator in re.findall(r"#define (MICA_\w+) (.+)|\b(MICA_\w+ = [^,}\n]+)", text):
            if enumerator:
                named, value = enumerator.split(" = ")
            try:
                found[named] = eval(value.replace("/", "//"), {}, found)
            except (NameError, SyntaxError):
                continue  # no number
    return found


def size(count):
    """1024 as 1 KiB."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"


class Picture:
    def __init__(self, height):
        self.height = height
        self.parts = []

    def box(self, x, y, width, height, kind):
        self.parts.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>')

    def text(self, x, y, text, kind="", anchor="start"):
        self.parts.append(f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>')

    def title(self, y, name, text):
        self.parts.append(f'<text x="{LEFT}" y="{y}"><tspan class="name">{name}</tspan>: {text}</text>')

    def zoom(self, x, width, y, to_y, to_width=BAR):
        """What lies in a box, as wide as the next bar."""
        points = f"{x:g},{y} {x + width:g},{y} {LEFT + to_width:g},{to_y} {LEFT},{to_y}"
        self.parts.append(f'<polygon class="zoom" points="{points}"/>')

    def link(self, x, to_x, y):
        """From one free block to the next."""
        middle = (x + to_x) / 2
        self.parts.append(f'<path class="link" d="M{x:g},{y} Q{middle:g},{y - 16} {to_x:g},{y}"/>'
                          f'<path class="dark" d="M{to_x:g},{y} l-7,-2.5 l3.5,-4 z"/>')

    def svg(self):
        body = "\n".join(self.parts)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.height}" '
                f'viewBox="0 0 {WIDTH} {self.height}" role="img">\n<title>arena, segment, slice, page, block</title>\n'
                f'<style>{STYLE}</style>\n'
                f'<rect class="panel" x="0.5" y="0.5" width="{WIDTH - 1}" height="{self.height - 1}" rx="8"/>\n{body}\n</svg>\n')


def draw(c):
    slice_size, segment, arena = c["MICA_SLICE"], c["MICA_SEGMENT"], c["MICA_ARENA"]
    segments, slices, head = c["MICA_ARENA_SEGMENTS"], c["MICA_SEGMENT_SLICES"], c["MICA_HEAD_SLICES"]
    step = c["MICA_STEP_SMALL"]
    narrow, wide = map(int, re.search(r"SLICES\(size\) \(\(size\) <= (\d+) \? 1 : (\d+)\)", CLASSES.read_text()).groups())
    block = -(-ASKED // step) * step
    blocks = (slice_size - 1) // block  # none begins at the page's first byte
    p = Picture(436)

    p.title(28, "arena", f"{size(arena)} of addresses: {segments} segments of {size(segment)}")
    cell = BAR / segments
    p.zoom(LEFT, cell, 66, 112)
    for i in range(segments):
        p.box(LEFT + i * cell, 38, cell, 28, "page" if i == 0 else "plain")

    p.title(104, "segment", f"{slices} slices of {size(slice_size)}; one bit of a word says of each whether it is free")
    cell = BAR / slices
    p.zoom(LEFT + head * cell, cell, 142, 206)
    for i in range(slices):
        p.box(LEFT + i * cell, 114, cell, 28, "head" if i < head else "page" if i == head else "plain")
    p.box(LEFT + (head + 1) * cell, 114, wide * cell, 28, "wide")
    p.text(LEFT + head * cell / 2, 160, "head", "small", "middle")
    p.text(LEFT + (head + 1.5) * cell, 160,
           f"a page of one slice, one of {wide} (for blocks above {size(narrow)}), free slices", "small")

    p.title(198, "page", f"a run of slices cut into blocks of one size: here {blocks} of {block} bytes, against the page's end")
    carved, cell = 17, 36
    p.zoom(LEFT + 8 + 6 * cell, cell, 238, 288, BAR * 0.45)
    p.box(LEFT, 210, 8, 28, "plain")
    free = [3, 7, 8, 12]
    for i in range(carved):
        p.box(LEFT + 8 + i * cell, 210, cell, 28, "free" if i in free else "used")
    for at, to in zip(free, free[1:]):
        p.link(LEFT + 8 + (at + 0.5) * cell, LEFT + 8 + (to + 0.5) * cell, 224)
    rest = LEFT + 8 + carved * cell
    p.box(rest, 210, LEFT + BAR - rest, 28, "plain")
    p.text((rest + LEFT + BAR) / 2, 229, f"never used: the other {blocks - carved}", "small", "middle")
    p.text(LEFT + BAR, 256, "a free block leads to the next one", "small", "end")

    p.title(280, "block", f"malloc({ASKED}): {block} bytes, no header")
    half = BAR * 0.45
    p.box(LEFT, 290, half, 28, "used")
    p.text(LEFT + half / 2, 309, "in use: all of it is the program's", anchor="middle")
    p.box(LEFT, 328, half, 28, "free")
    p.box(LEFT, 328, half * 8 / block, 28, "used")
    p.text(LEFT + half / 2 + 14, 347, "free: 8 bytes lead to the next free block", anchor="middle")

    right = LEFT + BAR * 0.5
    p.text(right, 280, f"the head, {size(head * slice_size)}, has three records for each slice:", "name")
    records = [(c["MICA_TAG_SIZE"], "tag: the owner and its cache; every free reads it"),
               (c["MICA_LINE_SIZE"], "owner line: the owner's free list and counts"),
               (c["MICA_LINE_SIZE"], "remote line: the word onto which other threads push")]
    for i, (bytes_, text) in enumerate(records):
        p.box(right, 290 + i * 38, BAR * 0.5, 28, "head")
        p.text(right + 10, 309 + i * 38, f"{bytes_} B", "name")
        p.text(right + 58, 309 + i * 38, text)
    p.text(LEFT, 420, f"free(p): the bits of p - 1 above {size(arena)} are the arena's address, those above {size(slice_size)} the slice's "
           "number; the number finds the tag.", "small")
    return p.svg()


def main():
    picture = draw(constants())
    if sys.argv[1:] == ["--check"]:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            sys.exit("not what doc/draw_memory.py draws of the constants that hold now: run it")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        PICTURE.write_text(picture)


main()
