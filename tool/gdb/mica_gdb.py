"""mica_gdb.py -- gdb's commands for mica: what the memory of a process or a core file holds, by the same reader as the command
mica's. Loaded by gdb with the library, from the build folder (libmica.so.VERSION-gdb.py) or from Debian's package of the command;
else by `source`.

  mica where ADDRESS     what lies there, and whose it is, in the words of mica_where_text
  mica block ADDRESS     the block that it is in: where it begins, its size, its state, its page
  mica classes           pages and blocks of each size class
  mica heaps             first-class heaps
  mica threads           what each thread's heap holds

Printed by themselves: mi_heap_t*, mica_page_t*, mica_where_t. Nothing is called in the process, and nothing written."""
import ctypes
import glob
import os

import gdb

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t)
LIBRARY = "libmica-reader.so"
STATES = ["nothing mapped", "not mica's", "a stack", "a thread's heap", "mica's records", "mica's records", "mica's records",
          "mica's records", "an absent segment", "a free slice, zero", "a free slice, dirty", "a free slice, not committed", "unseen",
          "before a page's first block", "never given out", "in use", "free, in a thread's cache",
          "free, in the cache of a class a little smaller", "free, in the reserve behind a cache", "free, on its page's list",
          "free, pushed onto its page's word", "free, in an outbox", "free, its memory given back"]
PAGES = ["none", "active", "ready", "sparse", "full", "moving", "abandoned", "large", "huge", "a mapping of its own"]
FIRST_OF_A_BLOCK = STATES.index("never given out")


def places():
    """Where the reader may lie: beside this file, beside the library, or where both are installed."""
    objfile = gdb.current_objfile()
    folders = [os.path.dirname(os.path.realpath(objfile.filename))] if objfile else []
    for other in gdb.objfiles():
        if os.path.basename(other.filename or "").startswith("libmica"):
            folders.append(os.path.dirname(os.path.realpath(other.filename)))
    if "__file__" in globals():
        folders += [os.path.dirname(os.path.abspath(__file__)), os.path.dirname(os.path.realpath(__file__))]
    for folder in dict.fromkeys(folders):
        yield from (f"{folder}/{LIBRARY}", f"{folder}/mica/{LIBRARY}")
        yield from glob.glob(f"{folder}/../../lib*/mica/{LIBRARY}") + glob.glob(f"{folder}/../../lib/*/mica/{LIBRARY}")


PLACES = list(places())


def load():
    """The reader; it is looked for again while it was not found, as the library may have come since."""
    for place in dict.fromkeys([*PLACES, *places()]):
        if os.path.exists(place):
            library = ctypes.CDLL(place)
            for function in ("open", "where", "where_text", "version"):
                getattr(library, f"mica_reader_{function}").restype = ctypes.c_char_p
            for function in ("block", "class", "heap", "thread"):
                getattr(library, f"mica_reader_{function}").restype = ctypes.c_bool
            return library
    raise gdb.GdbError(f"mica: {LIBRARY} is not there: it lies beside libmica.so, in the build folder, or in lib/mica")


class Reader:
    """The reader, opened on the present inferior. What it found holds until the inferior runs or its memory changes."""
    def __init__(self):
        self.library, self.is_open, self.inferior = None, False, None
        self.callback = CALLBACK(self.copy)

    def copy(self, _, at, to, size):
        try:
            ctypes.memmove(to, bytes(self.inferior.read_memory(at, size)), size)
            return True
        except (gdb.error, OverflowError, MemoryError):
            return False

    @staticmethod
    def bases():
        """Where files begin in memory: the mappings from their first byte on."""
        found = []
        for line in gdb.execute("info proc mappings", to_string=True).split("\n"):
            words = line.split()
            if len(words) < 5 or not words[0].startswith("0x") or "/" not in line:
                continue
            if int(words[3], 16) == 0:
                found.append(int(words[0], 16))
        return found

    def close(self, *_):
        if self.is_open:
            self.library.mica_reader_close()
        self.is_open = False

    def opened(self):
        inferior = gdb.selected_inferior()
        if not inferior.is_valid() or not gdb.selected_thread():
            raise gdb.GdbError("mica: there is no process and no core file")
        if self.is_open and inferior is self.inferior:
            return self.library
        self.close()
        self.inferior = inferior
        self.library = self.library or load()
        try:
            bases = self.bases()
        except gdb.error as error:
            raise gdb.GdbError(f"mica: the mappings are not known: {error}")
        wrong = self.library.mica_reader_open(self.callback, (ctypes.c_size_t * len(bases))(*bases), ctypes.c_size_t(len(bases)))
        if wrong is not None:
            raise gdb.GdbError("mica: " + wrong.decode(errors="replace"))
        self.is_open = True
        return self.library

    def rows(self, what, width):
        """Each row of a table."""
        library, number = self.opened(), 0
        row = (ctypes.c_uint64 * width)()
        while getattr(library, f"mica_reader_{what}")(ctypes.c_uint32(number), row):
            yield list(row)
            number += 1

    def text(self, what, at):
        said = getattr(self.opened(), f"mica_reader_{what}")(ctypes.c_size_t(at))
        return said.decode(errors="replace") if said is not None else None

    def block(self, at):
        row = (ctypes.c_uint64 * 12)()
        return list(row) if self.opened().mica_reader_block(ctypes.c_size_t(at), row) else None


READER = Reader()
for event in (gdb.events.cont, gdb.events.stop, gdb.events.exited, gdb.events.memory_changed, gdb.events.new_objfile):
    event.connect(READER.close)


def size(number):
    """Bytes for people."""
    for unit, least in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= least:
            return f"{number / least:.1f} {unit}"
    return f"{number} B"


def address(argument, command):
    if not argument.strip():
        raise gdb.GdbError(f"usage: mica {command} ADDRESS")
    return int(gdb.parse_and_eval(argument).cast(gdb.lookup_type("unsigned long")))


def print_table(heads, rows, nothing):
    rows = [[str(cell) for cell in row] for row in rows]
    if not rows:
        print(nothing)
        return
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def thread_name(handle):
    """gdb's number of the thread whose pthread_t it is."""
    for thread in gdb.selected_inferior().threads():
        try:
            if int.from_bytes(thread.handle(), "little") == handle:
                return f"{thread.num} (LWP {thread.ptid[1]})"
        except (gdb.error, AttributeError):
            pass
    return hex(handle)


class Mica(gdb.Command):
    """What mica has in the memory of this process or core file: where, block, classes, heaps, threads."""
    def __init__(self):
        super().__init__("mica", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)


class Where(gdb.Command):
    """mica where ADDRESS: what lies there, and whose it is."""
    def __init__(self):
        super().__init__("mica where", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        at = address(argument, "where")
        print(f"{at:#x}: {READER.text('where', at)}")


class Block(gdb.Command):
    """mica block ADDRESS: the block that it is in, its state and its page."""
    def __init__(self):
        super().__init__("mica block", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        at = address(argument, "block")
        row = READER.block(at)
        if row is None or row[0] < FIRST_OF_A_BLOCK:
            raise gdb.GdbError(f"mica: {at:#x} is in no block: {READER.text('where', at)}")
        state, sure, block, length, index, offset, kind, page, blocks, carved, thread, heap = row
        print(f"block   {block:#x}, {length} bytes, number {index} of its page; {at:#x} is {offset} bytes into it")
        print(f"state   {STATES[state]}{'' if sure else ', as far as is seen while its owner runs'}")
        print(f"page    {page:#x}, {PAGES[kind]}, {carved} of {blocks} blocks carved")
        print(f"owner   {'thread ' + thread_name(thread) if thread else 'no thread'}")
        print(f"heap    {hex(heap) if heap else 'the main heap'}")


class Classes(gdb.Command):
    """mica classes: pages and blocks of each size class."""
    def __init__(self):
        super().__init__("mica classes", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rows = [(number, *row) for number, row in enumerate(READER.rows("class", 6))]
        print_table(["class", "bytes", "pages", "in use", "cached", "outbox", "pushed"], [row for row in rows if row[2]],
                    "no page has blocks of a class")


class Heaps(gdb.Command):
    """mica heaps: first-class heaps."""
    def __init__(self):
        super().__init__("mica heaps", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rows = [(hex(at), serial, pages, size(quota), size(blocks), size(limit) if limit else "-", theaps)
                for at, serial, limit, quota, pages, blocks, theaps in READER.rows("heap", 7)]
        print_table(["heap", "serial", "pages", "under them", "in blocks", "limit", "sub-heaps"], rows,
                    "there is no first-class heap")


class Threads(gdb.Command):
    """mica threads: what each thread's heap holds."""
    def __init__(self):
        super().__init__("mica threads", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rows = [(thread_name(thread), hex(theap), size(owned), size(full), size(held), size(outbox), size(pushed))
                for thread, theap, owned, full, held, outbox, pushed, _ in READER.rows("thread", 8)]
        print_table(["thread", "its heap", "pages", "full", "cached", "outbox", "pushed"], rows, "no thread has a heap")


# ---- printers ----
class Text:
    def __init__(self, text):
        self.text = text

    def to_string(self):
        return self.text


def of_heap(at):
    for row in READER.rows("heap", 7):
        if row[0] == at:
            _, serial, limit, _, pages, blocks, _ = row
            return f"heap {serial}, {pages} page{'s' if pages != 1 else ''}, {size(blocks)} in blocks" + (f", limit {size(limit)}" if limit else "")
    return "a main heap, or none"


def printer(value):
    """For a pointer to a heap or a page: the address, and in brackets what is there; for a mica_where_t: its text."""
    kind = value.type.strip_typedefs()
    try:
        if kind.code == gdb.TYPE_CODE_PTR:
            name, at = kind.target().unqualified().strip_typedefs().name, int(value)
            if at and name in ("mi_heap_s", "struct mi_heap_s"):
                return Text(f"{at:#x} ({of_heap(at)})")
            if at and name in ("pw_page_s", "struct pw_page_s"):
                return Text(f"{at:#x} ({READER.text('where', at)})")
        elif kind.code == gdb.TYPE_CODE_STRUCT and kind.name in ("mica_where_s", "struct mica_where_s") and value.address:
            text = READER.text("where_text", int(value.address))
            return Text(f"{int(value['p']):#x}: {text}") if text else None
    except (gdb.error, gdb.GdbError):
        pass
    return None


for command in (Mica, Where, Block, Classes, Heaps, Threads):
    command()
gdb.pretty_printers[:] = [p for p in gdb.pretty_printers if getattr(p, "__qualname__", "") != "printer" or p.__module__ != __name__]
gdb.pretty_printers.append(printer)
