#!/usr/bin/env python3
"""No lock, no waiting for another thread, anywhere in the product; every atomic access names its memory order, and there
is no stand-alone fence, which the thread sanitizer does not understand."""
import re

from source import PRODUCT, files, lines, name, report

LOCK = re.compile(
    r"\b(?:pthread_(?:mutex|rwlock|once|cond|spin|barrier|join|yield)|mtx_|cnd_|call_once|thrd_(?:join|yield|sleep)|sem_(?:\w*wait|open|init)|futex"
    r"|SYS_futex|spin|atomic_flag|sched_yield|nanosleep|clock_nanosleep|usleep|sleep|_mm_pause|__builtin_ia32_pause|flockfile)\w*"
    r"|\w*(?:spinlock|spin_lock|_lock\b|mutex|futex)\w*",
    re.I,
)
IMPLICIT = re.compile(
    r"\batomic_(?:load|store|exchange|fetch_(?:add|sub|or|xor|and)|compare_exchange_(?:weak|strong))\s*\("
    r"|\b__(?:sync|atomic)_\w+|\batomic_(?:thread|signal)_fence\b"
)

violations = []
sources = files(PRODUCT, ".c", ".h")
for source in sources:
    for number, line in lines(source):
        for pattern, what in ((LOCK, "a lock or a wait"), (IMPLICIT, "an atomic access that names no order, or a fence")):
            match = pattern.search(line)
            if match:
                violations.append(f"{name(source)}:{number}: {what}: {match.group().strip()}")
report(violations, sources)
