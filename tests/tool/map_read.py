#!/usr/bin/env python3
"""map_read.py FILE [--before] [ADDRESS...] -- reads what `mica map` wrote: checks its form, and prints as JSON the sums of what its
columns say, the head's totals, and the state of the block at each address. An error is one line."""
import base64
import json
import re
import struct
import sys
import zlib

SLICE, SEGMENT, SINGLE = 65536, 64, 255
FORMATS = {1: "B", 2: "H", 4: "I", 8: "d"}
ABSENT, HEAD, CLEAN, DIRTY, GONE, PAGE, THEAPS, TAKEN = range(8)
BLOCKS = ["in use", "cached", "listed", "waiting"]


def fail(text):
    sys.exit(f"map_read: {text}")


def expect(condition, text):
    if not condition:
        fail(text)


def unpack(text):
    stream = zlib.decompressobj()
    data = stream.decompress(base64.b64decode(text, validate=True))
    expect(stream.eof and not stream.unused_data, "bytes beyond the snapshot's end, or no end")
    expect(data[:8] == b"micamap1", "no snapshot")
    length = struct.unpack("<I", data[8:12])[0]
    head = json.loads(data[16:16 + length])
    at = -(-(16 + length) // 8) * 8
    columns = {}
    for name, width, count in head["columns"]:
        columns[name] = struct.unpack(f"<{count}{FORMATS[width]}", data[at:at + width * count])
        at += -(-width * count // 8) * 8
    expect(at == len(data), f"{len(data)} bytes, and columns of {at}")
    return head, columns


class Snapshot:
    def __init__(self, text):
        self.head, self.c = unpack(text)
        self.pages = []  # (address, slices, number)
        self.place()
        self.place_singles()
        self.check()

    def place(self):
        """The items of each area are all of it."""
        c, item = self.c, 0
        for base, slices, items in zip(c["area_base"], c["area_slices"], c["area_items"]):
            slice_ = 0
            for item in range(item, item + items):
                if c["item_kind"][item] == PAGE:
                    self.pages.append((int(base + slice_) * SLICE, c["item_slices"][item], len(self.pages)))
                slice_ += c["item_slices"][item]
            item += 1
            expect(slice_ == slices, f"an area of {slices} slices has items of {slice_}")
        expect(item == len(c["item_kind"]), "items beyond the last area")
        expect(len(self.pages) == len(c["page_class"]), f"{len(self.pages)} items are pages, of {len(c['page_class'])}")

    def place_singles(self):
        singles = [n for n, k in enumerate(self.c["page_class"]) if k == SINGLE]
        expect(len(singles) == len(self.c["single_bytes"]), "single pages and their bytes")
        self.single = {n: i for i, n in enumerate(singles)}
        self.maps, at = {}, 0
        for n in self.c["block_page"]:
            self.maps[n] = at
            at += -(-self.c["page_carved"][n] // 4)
        expect(at == len(self.c["block_bits"]), "bits of blocks")

    def size(self, n):
        k = self.c["page_class"][n]
        return self.c["single_bytes"][self.single[n]] if k == SINGLE else self.head["classes"][k][0]

    def check(self):
        for n, k in enumerate(self.c["page_class"]):
            total = 1 if k == SINGLE else self.head["classes"][k][3]
            carved, used, pushed = (self.c[f"page_{w}"][n] for w in ("carved", "used", "pushed"))
            unsure = self.c["page_state"][n] & 128
            expect(unsure or carved <= total and used + pushed <= carved, f"page {n}: {used} + {pushed} of {carved} of {total}")
            expect(self.c["page_owner"][n] < len(self.head["owners"]), f"page {n}: its owner")
            expect(k == SINGLE or self.pages[n][1] == self.head["classes"][k][1], f"page {n}: its slices")

    def blocks(self, n):
        at = self.maps[n]
        return [self.c["block_bits"][at + b // 4] >> b % 4 * 2 & 3 for b in range(self.c["page_carved"][n])]

    def sums(self):
        c, classes = self.c, {}
        slices = [0] * 8
        for kind, n in zip(c["item_kind"], c["item_slices"]):
            slices[kind] += n * SLICE
        for n, k in enumerate(c["page_class"]):
            of = classes.setdefault("large" if k == SINGLE else str(self.head["classes"][k][0]), {"pages": 0, "used": 0, "pushed": 0})
            of["pages"] += 1
            of["used"] += int(self.size(n) * c["page_used"][n])
            of["pushed"] += int(self.size(n) * c["page_pushed"][n])
        mapped = [0] * 4
        for n in self.maps:
            for state in self.blocks(n):
                mapped[state] += self.size(n)
        totals = self.head["totals"]
        used = sum(of["used"] for of in classes.values())
        waiting = sum(of["pushed"] for of in classes.values())
        return {"pages": len(self.pages), "used": used - totals["held"] - totals["outbox"], "pushed": waiting, "counted": used,
                "waiting": waiting + totals["outbox"], "paged": slices[PAGE], "dirty": slices[DIRTY], "classes": classes,
                "slices": sum(slices[1:]) // SLICE, "looked": len(self.maps), "blocks": dict(zip(BLOCKS, mapped))}

    def at(self, address):
        """The state of the block that begins there."""
        for start, slices, n in self.pages:
            if start < address <= start + slices * SLICE:
                k = self.c["page_class"][n]
                if k == SINGLE:
                    return "large" if address == start + self.c["single_lead"][self.single[n]] else "inside a large block"
                size, total = self.head["classes"][k][0], self.head["classes"][k][3]
                block, beside = divmod(address - (start + slices * SLICE - total * size), size)
                if beside != 0 or n not in self.maps:
                    return "unknown"
                return BLOCKS[self.blocks(n)[block]] if block < self.c["page_carved"][n] else "uncarved"
        return "nowhere"


def main():
    words = [w for w in sys.argv[2:] if w != "--before"]
    which = "before" if "--before" in sys.argv else "now"
    text = open(sys.argv[1], encoding="ascii", errors="replace").read()
    found = re.search(rf'<script type="application/x-mica-snapshot" id="{which}">([^<]*)</script>', text)
    expect(found, f"no snapshot '{which}'")
    expect(not re.search(r"https?://|\bsrc=|\bhref=|@import|\bfetch\(|XMLHttpRequest", text), "it asks for something from outside")
    shot = Snapshot(found[1])
    print(json.dumps({"totals": shot.head["totals"], "sums": shot.sums(), "program": shot.head["program"],
                      "unsure": shot.head["unsure"], "at": [shot.at(int(w, 16)) for w in words]}))


main()
