#!/usr/bin/env python3
"""The figures of mica/stats.h: each field of mi_stats_t has its comment; and the JSON of the shared library, read by a JSON parser,
has exactly these fields, no name twice, and the very numbers of the structure."""
import ctypes
import json
import os
import re

from interface import BUILD
from source import ROOT, report

HEADER = "include/mica/stats.h"
text = (ROOT / HEADER).read_text()
BINS = int(re.search(r"^#define MI_BIN_HUGE (\d+)", text, re.M)[1]) + 1
VERSION = int(re.search(r"^#define MI_STAT_VERSION (\d+)", text, re.M)[1])
BODY = re.search(r"typedef struct mi_stats_s \{\n(.*?)\n\} mi_stats_t;", text, re.S)[1]
OWN = {"version", "mica_version", "process"}
violations = []


class Count(ctypes.Structure):
    _fields_ = [("total", ctypes.c_int64), ("peak", ctypes.c_int64), ("current", ctypes.c_int64)]


class Counter(ctypes.Structure):
    _fields_ = [("total", ctypes.c_int64)]


TYPES = {"size_t": ctypes.c_size_t, "mi_stat_count_t": Count, "mi_stat_counter_t": Counter}


def fields():
    """(name, type) of each field, in order; what has no comment is a violation."""
    for line in BODY.split("\n"):
        match = re.match(r"  (\w+) (\w+)(\[MI_BIN_HUGE \+ 1\])?;\s*(/\*.*\S.*\*/)?$", line)
        if match is None:
            if not re.match(r"\s*(/\*|\*)", line):
                violations.append(f"{HEADER}: not understood: {line.strip()}")
            continue
        if not match[4]:
            violations.append(f"{HEADER}: a field without its comment: {match[2]}")
        kind = TYPES[match[1]]
        yield match[2], kind * BINS if match[3] else kind


class Stats(ctypes.Structure):
    _fields_ = list(fields())


def plain(value):
    """A field as JSON should have it."""
    if isinstance(value, Counter):
        return value.total
    if isinstance(value, Count):
        return {"total": value.total, "peak": value.peak, "current": value.current}
    return [{"total": v.total} if isinstance(v, Counter) else plain(v) for v in value]


def no_name_twice(pairs):
    names = [n for n, _ in pairs]
    violations.extend(f"JSON: {n} twice in one object" for n in sorted(set(names)) if names.count(n) > 1)
    return dict(pairs)


def parsed(address):
    """The object at the address, which is freed."""
    if not address:
        violations.append("no JSON")
        return {}
    found = ctypes.string_at(address).decode("ascii")
    library.mi_free(address)
    try:
        return json.loads(found, object_pairs_hook=no_name_twice)
    except json.JSONDecodeError as error:
        violations.append(f"not JSON: {error}")
        return {}


def compare(found, stats):
    for name, _ in Stats._fields_[2:]:
        value, told = plain(getattr(stats, name)), found.get(name)
        if isinstance(told, list):
            sizes = [library.mi_stats_get_bin_size(i) for i in range(BINS)]
            if [bin.pop("block_size", None) for bin in told] != sizes:
                violations.append(f"JSON: {name}: not the bins' sizes")
        if told != value:
            violations.append(f"JSON: {name} is {told}, in the structure {value}")


for variable in ("MICA_BUILD", "MICA_LIBRARY"):  # mica would say that they are no options of its own
    os.environ.pop(variable, None)
library = ctypes.CDLL(BUILD + "/libmica.so")
library.mi_stats_get_json.restype = library.mi_stats_as_json.restype = ctypes.c_void_p
library.mi_malloc.restype = ctypes.c_void_p
library.mi_stats_get_bin_size.restype = ctypes.c_size_t
library.mi_stats_get_bin_size.argtypes = library.mi_malloc.argtypes = [ctypes.c_size_t]
library.mi_free.argtypes = [ctypes.c_void_p]
library.mi_stats_get_json.argtypes = [ctypes.c_size_t, ctypes.c_void_p]
library.mi_stats_as_json.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
library.mi_stats_get.argtypes = [ctypes.c_void_p]
library.mi_stats_get.restype = ctypes.c_bool

blocks = [library.mi_malloc(size) for size in (10, 100, 3000, 50000, 1 << 20, 1 << 28)]
figures = Stats(size=ctypes.sizeof(Stats), version=VERSION)
if not library.mi_stats_get(ctypes.byref(figures)):
    violations.append("mi_stats_get refuses the structure that the header describes")
found = parsed(library.mi_stats_as_json(ctypes.byref(figures), 0, None))
wanted = OWN | {n for n, _ in Stats._fields_[2:]}
violations += [f"JSON: no {n}" for n in sorted(wanted - set(found))]
violations += [f"JSON: {n}, which is no field" for n in sorted(set(found) - wanted)]
compare(found, figures)
if found.get("version") != VERSION:
    violations.append(f"JSON: version {found.get('version')}")
parameters = re.search(r"void mi_process_info\((.*?)\)[^;)]*;", text, re.S)[1]
if set(found.get("process", {})) != {"pid", "time_msecs"} | set(re.findall(r"size_t\* (\w+)", parameters)):
    violations.append(f"JSON: process has {sorted(found.get('process', {}))}")
if set(parsed(library.mi_stats_get_json(0, None))) != wanted:
    violations.append("JSON of the process: other names")
if figures.malloc_bins[BINS - 1].current < 2 or figures.malloc_huge.current < 1 << 28:
    violations.append("the blocks that were made are not in the figures")
for block in blocks:
    library.mi_free(block)
report(violations, Stats._fields_)
