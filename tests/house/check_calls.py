#!/usr/bin/env python3
"""notes/calls.md says of each exported function whether a signal handler may call it, and how much stack it takes: each has one
row; what the row says of handlers is what the call graph says; and no function takes more than its row allows.

    check_calls.py           silence, or a line for each violation
    check_calls.py --list    each function with its class and its bytes: without a line, with one, with the way there

A function that a handler may always call reaches none of those that change what a thread or a pool has, nor what the C library
must not be asked in a handler. Bytes are the frames of the deepest chain of calls, as the compiler states them, and an allowance
for the C library's functions at its end. The program's own functions, which mica calls, are not in it."""
import re
import subprocess
import sys

LIST = "--list" in sys.argv
sys.argv = [word for word in sys.argv if word != "--list"]

from callgraph import INDIRECT, Graph  # noqa: E402
from interface import BUILD, exported  # noqa: E402
from source import ROOT, name, report  # noqa: E402

NOTE = ROOT / "notes/calls.md"

# These change the lists of a thread's heap, of a pool, or take and give back slices: a handler must not, if a call of mica's was
# interrupted.
CHANGES = """mica_theap_get mica_theap_borrow mica_theap_collect mica_theap_return mica_malloc_slow mica_free_slow mica_free_overflow
mica_sub_of mica_sub_drain mica_heap_end mica_heap_make mica_thread_done mica_collect mica_purge mica_run_claim mica_run_release
mica_reserve_memory mica_reserve_huge mica_reserve_brought mica_pool_alloc_slow mica_pool_block_free mica_pool_large_free
mica_pool_reset mica_pool_end mica_pool_make mica_group_end mica_group_make mica_group_enter mica_group_leave""".split()

# Functions of the C library that are not for handlers. (vsnprintf is not on POSIX's list either; with mica's formats it neither
# allocates nor waits.)
LIBRARY = "fprintf realpath getenv mbsrtowcs wcsrtombs dlsym strerror".split()

# Functions that write a line: apart, as that is rare, and the C library's formatting takes most of it.
LINES = """mica_error mica_misuse mica_warn mica_fatal mica_message mica_message_list mica_list_damaged mica_pool_damaged
mica_callback_failure mica_where_say""".split()

# What takes or ends a sample while somebody profiles: apart, too, for the unwinder's frames.
SAMPLES = ["mica_profile_take", "mica_profile_gone", "mica_profile_resized"]

# Bytes of the C library's functions: measured on a painted stack, glibc 2.36, x86-64, rounded up. Any other: REST.
OUTSIDE = {"vsnprintf": 2304, "snprintf": 2432, "fprintf": 10240, "realpath": 4096}
REST = 256

# Long runs of slices, of blocks above 512 KiB: the search of the words of whole arenas has copies of them on the stack.
LONG_RUNS = ["claim_dirtiest", "claim_across", "claim_across_in"]

# Calls through pointers that stay within mica; the others are the program's functions, or hooks of tests.
POINTERS = {"mica_single_move": ["mica_large_unregister"], "mi_subproc_heap_stats_print_out": ["print_each"],
            "mica_sites_visit": ["sum_up", "put_site", "restart"], "mica_text_end": ["put_message", "append", "write_piece"]}
HOOKS = """attempt_make dlopen dlmopen find handler_call line_put look_at_clock run_cleanups retry_refused show show_single mi_subproc_visit_heaps mica_callback_deferred mica_commit_call
mica_commit_drop mica_commit_run mica_cxx_new_handler mica_cxx_throw_bad_alloc mica_cxx_try mica_error_callback mica_limit_reached
mica_new_again mica_new_until mica_os_advise_huge mica_os_allow mica_os_clock mica_os_extend mica_os_map mica_os_map_at
mica_os_map_kind mica_os_move_away mica_os_move_onto mica_os_renew mica_os_try_unmap mica_os_purge mica_os_unmap
mica_output_register mica_print mica_profile_notify""".split()

violations = []


def short(function):
    return re.sub(r"(?:\.(?:localalias|part|constprop|isra|cold)(?:\.\d+)?)+", "", function.split(":")[-1])


graph = Graph()
for caller, callees in graph.calls.items():
    if INDIRECT in callees and short(caller) not in HOOKS and short(caller) not in POINTERS:
        violations.append(f"{short(caller)}: calls through a pointer; tests/house/check_calls.py does not know where to")
known = {}
for title in graph.frame:
    known.setdefault(short(title), title)


def called(function):
    for callee in sorted(graph.calls.get(function, ())):
        if callee != INDIRECT:
            yield callee if callee in graph.frame or ".localalias" not in callee else known[short(callee)]
    for callee in POINTERS.get(short(function), ()):
        yield known.get(callee, callee)


def reached(function, seen):
    if function not in seen:
        seen.add(function)
        for callee in called(function):
            reached(callee, seen)
    return seen


def depth(function, leave_out, memo, path=()):
    """(bytes, the way)"""
    if function not in graph.frame:
        return OUTSIDE.get(function, REST), [function]
    if function in memo:
        return memo[function]
    if function in path:
        circle = [short(f) for f in [*path[path.index(function):], function]]
        if len(circle) > 2:
            violations.append(f"a circle of calls: {' > '.join(circle)}")
        return graph.frame[function], [function]
    best = (0, [])
    for callee in called(function):
        if short(callee) not in leave_out:
            best = max(best, depth(callee, leave_out, memo, (*path, function)))
    memo[function] = (graph.frame[function] + best[0], [function, *best[1]])
    return memo[function]


def addresses():
    """Each exported function with the one that the compiler knows by a name: some are others by another name."""
    output = subprocess.run(["nm", BUILD + "/libmica.so"], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in output.splitlines() if re.search(r"^\S+ [TtWw] ", line)]
    by_place = {}
    for place, _, symbol in rows:
        if symbol.split("@")[0] in known:
            by_place.setdefault(place, known[symbol.split("@")[0]])
    wanted = exported(BUILD + "/libmica.so")
    return {s.split("@")[0]: known.get(s.split("@")[0], by_place.get(place)) for place, _, s in rows if s.split("@")[0] in wanted}


def bytes_of(text):
    match = re.fullmatch(r"(\d+)(?: (KiB))?", text)
    return int(match[1]) * (1024 if match[2] else 1) if match else None


def told():
    """function -> (class, bytes), of the note's table; a function stands in backticks, `{a,b}` and a prefix `mi_` spelled out."""
    found = {}
    for line in NOTE.read_text().split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            for function in re.findall(r"`(\w+)`", cells[0]):
                if function in found:
                    violations.append(f"{name(NOTE)}: {function} has two rows")
                found[function] = (cells[1], bytes_of(cells[2]))
    return found


rows, quiet, loud, long = told(), {}, {}, {}
functions = addresses()
line_most = long_most = 0
for function in sorted(functions):
    title = functions[function]
    if title is None:
        violations.append(f"{function}: not in the call graph")
        continue
    reach = {short(f) for f in reached(title, set())}
    kind = "C library" if reach & set(LIBRARY) else "not over mica" if reach & set(CHANGES) else "always"
    bytes_, way = depth(title, {*LINES, *LONG_RUNS, *SAMPLES}, quiet)
    with_line, with_run = depth(title, {*LONG_RUNS, *SAMPLES}, loud)[0], depth(title, {*LINES, *SAMPLES}, long)[0]
    line_most, long_most = max(line_most, with_line - bytes_), max(long_most, with_run - bytes_)
    if LIST:
        print(f"{function:40} {kind:14} {bytes_:6} {with_line:6}  {' > '.join(short(f) for f in way)}")
    if function not in rows:
        violations.append(f"{name(NOTE)}: no row for {function}: {kind}, {bytes_} bytes")
        continue
    said, most = rows[function]
    if said != kind:
        violations.append(f"{name(NOTE)}: {function}: `{said}`, and the call graph says: {kind}")
    if most is None or bytes_ > most:
        violations.append(f"{name(NOTE)}: {function} takes {bytes_} bytes of stack, more than {most}: {' > '.join(short(f) for f in way)}")
violations.extend(f"{name(NOTE)}: {function} is not exported" for function in sorted(rows.keys() - functions.keys()))
text = NOTE.read_text()
for what, most in (("A line takes up to", line_most), ("block above 512 KiB takes up to", long_most)):
    match = re.search(rf"{what} (\d+(?: KiB)?) (?:bytes )?more", text)
    if match is None or bytes_of(match[1]) < most:
        violations.append(f"{name(NOTE)}: `{what} ... more` is not there, or below {most} bytes")
report(violations, functions)
