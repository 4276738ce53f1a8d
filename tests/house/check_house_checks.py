#!/usr/bin/env python3
"""The house checks can fail: each of these violations, put into a copy of the sources, is seen by the check it concerns,
and it does not say so of the copy without it."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from source import PRODUCT, ROOT

# The copy has no build of its own.
os.environ.setdefault("MICA_BUILD", str(ROOT / "build/release"))

# check, file to append to or to make, text, what the check must say (not: ... what it must not say), another file, its text
SEEDS = [
    ("includes", "block/seed.c", '#include "page/page.h"\n', "block/ must not use page/page.h"),
    ("includes", "page/seed.c", "#include <heap/alloc.h>\n", "page/ must not use heap/alloc.h"),
    ("includes", "segment/seed.c", '#include "heap/alloc.h"\n', "segment/ must not use heap/alloc.h"),
    ("includes", "heap/seed.c", '#include "pool/pool.h"\n', "heap/ must not use pool/pool.h"),
    ("includes", "observe/seed.c", '#include "block/class.h"\n', "observe/ must not use block/class.h"),
    ("includes", "base/seed.c", '#include "observe/output.h"\n', "base/ must not use observe/output.h"),
    ("includes", "stats/seed.c", '#include "pool/pool.h"\n', "stats/ must not use pool/pool.h"),
    ("includes", "include/mica/seed.h", '#include "observe/output.h"\n', "include/ must not use observe/output.h"),
    ("includes", "pool/seed.c", '#include "api/family.h"\n', "pool/ must not use api/family.h"),
    ("includes", "bench/seed.c", '#include "heap/alloc.h"\n', "bench/ must not use heap/alloc.h"),
    ("includes", "heap/seed.c", '#include "../page/page.h"\n', "heap/seed.c:1: a path with .."),
    ("includes", "heap/seed.c", '#include "page/page.c"\n', "heap/seed.c:1: includes a .c file"),
    ("includes", "heap/seed.c", '#include "no/such.h"\n', "heap/seed.c:1: no such file"),
    ("no_locks", "heap/seed.c", "static pthread_mutex_t m;\n", "a lock or a wait: pthread_mutex_t"),
    ("no_locks", "heap/seed.c", "void f(void) { call_once(&o, g); }\n", "a lock or a wait: call_once"),
    ("no_locks", "page/seed.c", "static atomic_flag busy;\n", "a lock or a wait: atomic_flag"),
    ("no_locks", "page/seed.c", "void f(void) { while (x) sched_yield(); }\n", "a lock or a wait: sched_yield"),
    ("no_locks", "segment/seed.c", "void f(void) { syscall(SYS_futex, &w); }\n", "a lock or a wait: SYS_futex"),
    ("no_locks", "segment/seed.c", "void f(void) { spin_lock(&l); }\n", "a lock or a wait: spin_lock"),
    ("no_locks", "block/seed.c", "int f(void) { return atomic_load(&x); }\n", "block/seed.c:1: an atomic access that names no order"),
    ("no_locks", "block/seed.c", "void f(void) { __sync_synchronize(); }\n", "block/seed.c:1: an atomic access that names no order"),
    ("no_locks", "block/seed.c", "void f(void) { atomic_thread_fence(memory_order_acquire); }\n", "block/seed.c:1: an atomic access that names no order, or a fence"),
    ("form", "heap/seed.c", "int x;\n", "heap/seed.c: does not begin with the comment"),
    ("form", "heap/seed.c", "/* seed.c -- s */\n" + "int x;\n" * 400, "401 lines"),
    ("form", "heap/seed.c", "/* seed.c -- s */\nint x = " + "1 + " * 30 + "1;\n", "heap/seed.c:2: 130 columns"),
    ("form", "heap/seed.c", "/* seed.c -- s */\nint f(void) {\n" + "  g();\n" * 48 + "}\n", "a function of 50 lines"),
    ("form", "heap/seed.c", "/* seed.c -- s */\n#if 1\n#endif\n", "heap/seed.c:2: #if outside"),
    ("form", "heap/seed.c", "/* seed.c -- s */\n#ifdef MICA_DEBUG\n#endif\n", "heap/seed.c:2: #ifdef outside"),
    ("form", "heap/seed.h", "/* seed.h -- s */\nint x;\n", "no header guard"),
    ("form", "heap/seed.c", "/* seed.c -- s */\nint x; // TO" + "DO\n", "heap/seed.c:2: left open"),
    ("form", "tests/seed/seed.c", "/* seed.c -- s */\n", "tests/README.md: nothing of seed/"),
    ("form", "tests/seed.sh", "#!/bin/sh\necho\n", "tests/seed.sh: does not begin with a comment"),
    ("rows", "heap/seed.c", "int f(void) { return atomic_load_explicit(&seed, memory_order_relaxed); }\n", "f: load of seed, relaxed: points to no row"),
    ("rows", "heap/seed.c", "int f(void) { return atomic_load_explicit(&early, memory_order_acquire); /* [E2] */ }\n", "f: load of early, acquire: not what E2 says"),
    ("rows", "heap/seed.c", "/* [E2] */\nvoid find_early(void) { atomic_load_explicit(&early, memory_order_relaxed); }\n", "find_early: load of early, relaxed: not what E2 says"),
    ("rows", "heap/seed.c", "/* [Q3] */\nvoid stack_push(void) { atomic_compare_exchange_weak_explicit(&stack, &w, x, memory_order_relaxed, memory_order_relaxed); }\n", "stack_push: CAS of stack, relaxed/relaxed: not what Q3 says"),
    ("rows", "heap/seed.c", "#define seed atomic_load_explicit\n", "heap/seed.c:1: an atomic operation by another name"),
    ("rows", "heap/seed.c", "#define PW_MO_PUSH memory_order_relaxed\n", "PW_MO_PUSH is relaxed, and notes/protocol.md says otherwise"),
    ("rows", "heap/seed.c", "int f(void) { return atomic_load_explicit(&credit, memory_order_relaxed); }\n", "f: load of credit, relaxed: points to no row"),
    ("rows", "notes/protocol.md", "| Z9 | `word` | load | `f` | relaxed | nothing |\n", "no operation points to row Z9"),
    ("clang", "heap/seed.c", "int unused(void) { return 0; }\n", "missing-prototypes"),
    ("docs", "include/mica/blocks.h", "\nvoid mi_seed(void);\n", "not in the reference: mi_seed"),
    ("docs", "include/mica/blocks.h", "\nvoid mi_seed(void);\n", "doc/mica.3: not named: mi_seed"),
    ("docs", "include/mica.h", "\n#include <mica/seed.h>\n", "include/mica/seed.h: its first comment is not `name.h -- title: what it holds.`",
     "include/mica/seed.h", "/* seed.h -- s */\n/* Sows. */\nvoid mi_seed(void);\n"),
    ("docs", "include/mica.h", "\n#include <mica/seed.h>\n", "doc/mainpage.md: does not lead to the group of include/mica/seed.h",
     "include/mica/seed.h", "/* seed.h -- seeds: sowing. */\n\n/* Sows. */\nvoid mi_seed(void);\n"),
    ("docs", "doc/comments.awk", '{ doc = "It sows.\\n" }\n', "mi_zalloc_small: not described by what stands above it, but by 'It sows.'"),
    ("docs", "doc/mica.3", ".Fn mi_seed\n", "doc/mica.3: names mi_seed, which there is not"),
    ("docs", "doc/mica.3", ".Bd -literal\nint mi_free(void *p);\n.Ed\n", "mi_free: not the prototype that its header declares"),
    ("docs", "doc/mica.3", ".Pp\n.Pp\n", "skipping paragraph macro"),
    ("docs", "doc/memory.svg", "<!-- seed -->\n", "doc/memory.svg: not what doc/draw_memory.py draws"),
    ("docs", "README.md", "[seed](notes/seed.md)\n", "README.md: leads to notes/seed.md, which there is not"),
    ("docs", "README.md", "[seed](#seeds)\n", "README.md: leads to #seeds, a heading that there is not"),
    ("options", "observe/option_rules.c", '[mi_option_seed] = {"SEED", NULL, MICA_SWITCH, USED, 0, MOST},\n', "notes/options.md: MICA_SEED: not listed"),
    ("options", "observe/option_rules.c", '[mi_option_seed] = {"SEED", NULL, MICA_SWITCH, USED, 0, MOST},\n', "doc/mica.3: MICA_SEED: not listed"),
    ("options", "notes/options.md", "| `MICA_SEED` | 0 | none |\n", "notes/options.md: MICA_SEED: no such option"),
    ("options", "notes/options.md", "| `MICA_OS_TAG` | 101 | none |\n", "notes/options.md: MICA_OS_TAG: the default is 101, not 100"),
    ("options", "notes/options.md", "| `MICA_VERBOSE` | 0 | none |\n", "notes/options.md: MICA_VERBOSE: the effect is False, not True"),
    ("options", "doc/mica.3", ".It Ev MICA_SEED Pq 0\n", "doc/mica.3: MICA_SEED: no such option"),
    ("options", "doc/mica.3", ".It Ev MICA_OS_TAG Pq 101\n", "doc/mica.3: MICA_OS_TAG: the default is 101, not 100"),
    ("options", "README.md", "| `MICA_DIRTY_LIMIT` | 9M | none |\n", "README.md: MICA_DIRTY_LIMIT: the default is 9M, not 8192"),
    ("options", "tests/house/options.txt", "mi_option_seed\tMIMALLOC_SEED\t0\t0\t\n", "mi_option_seed"),
    ("exports", "include/mica.h", "\nvoid mi_seed(void);\n", "not exported: mi_seed"),
    ("exports", "tests/house/exports.txt", "no_such_name\n", "not exported: no_such_name"),
    ("coverage", "include/mica.h", "\nvoid mi_seed(void);\n", "called by no test: mi_seed"),
    ("coverage", "include/mica.h", "\nvoid mi_seed(void);\n", "not defined in libmica.so: mi_seed"),
    ("coverage", "include/mica.h", "\nvoid mi_seed(void);\n", "not defined in libmica.a: mi_seed"),
    ("coverage", "include/mica.h", "\nvoid mi_seed(void);\n", "mi_seed: not documented in its place"),
    ("coverage", "include/mica.h", "\n/* Far away from it. */\n\nvoid mi_seed(void);\n", "mi_seed: not documented in its place"),
    ("coverage", "include/mica.h", "\n/* Sows p. */\nvoid* mi_seed(void* p);\n", "mi_seed: gives a pointer"),
    ("coverage", "include/mica.h", "\n/* Sows p. */\nint mi_seed(void* p);\n", "mi_seed: gives an int"),
    ("coverage", "include/mica.h", "\n/* Sows p. */\nbool mi_seed(void* p);\n", "mi_seed: gives a bool"),
    ("coverage", "include/mica.h", "\n/* Sows p. */\nvoid mi_seed(void* p, size_t depth);\n", "mi_seed: its parameter depth is not documented"),
    ("coverage", "include/mica.h", "\n/* As mi_none does. */\nvoid mi_seed(void);\n", "mi_seed: its comment names mi_none"),
    ("coverage", "include/mica.h", "\n#include <mica/seed.h>\n", "seed.h: its first comment does not refer",
     "include/mica/seed.h", "/* seed.h -- s */\nvoid mi_seed(void);\n"),
    ("coverage", "include/mica.h", "\nvoid mi_seed(void);\n", "called by no test: mi_seed",
     "tests/heap/seed.c", '/* mi_seed(); */\nconst char* s = "mi_seed();";\nextern void mi_seed(void);\nvoid (*f)(void) = mi_seed;\n'),
    ("coverage", "include/mica.h", "\nvoid mi_seed(void);\n", "not: called by no test: mi_seed",
     "tests/heap/seed.c", "void f(void) { mi_seed(); }\n"),
    ("coverage", "heap/seed.c", "MICA_EXPORT void* mi_seed(void* p) {\n  (void)p;\n  return NULL;\n}\n", "defined as nothing, and not listed as such: mi_seed"),
    ("coverage", "tests/house/functions-3.4.3.txt", "mi_seed\tvoid\tvoid\n", "functions-3.4.3: not declared and exported: mi_seed"),
    ("coverage", "tests/house/functions-3.4.3.txt", "mi_free\tint\tvoid *\n", "mi_free: not of the type that the lists say"),
    ("coverage", "tests/house/symbols-3.4.3.txt", "no_such_name\n", "symbols-3.4.3: not exported: no_such_name"),
]


def run(check, root):
    program = next((root / "tests/house").glob(f"check_{check}.*"))
    done = subprocess.run([program, root], capture_output=True, text=True, timeout=1800)
    return done.returncode, done.stdout + done.stderr


violations = []
with tempfile.TemporaryDirectory() as place:
    root = Path(place)
    for folder in [*PRODUCT, "tests", "bench", "cmake", "notes", "doc"]:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("build.sh", "CMakeLists.txt", "LICENSE", *(path.name for path in ROOT.glob("*.md"))):
        shutil.copy(ROOT / file, root / file)
    before = {check: run(check, root)[1] for check in dict.fromkeys(seed[0] for seed in SEEDS)}
    for check, file, text, message, *more in SEEDS:
        pairs = [(file, text), *zip(more[::2], more[1::2])]
        old = {f: (root / f).read_text() if (root / f).exists() else None for f, _ in pairs}
        for f, added in pairs:
            (root / f).parent.mkdir(exist_ok=True)
            (root / f).write_text((old[f] or "") + added)
        status, output = run(check, root)
        if message.startswith("not: "):
            if message[5:] in output:
                violations.append(f"check_{check} says of {text[:60]!r} in {file}: {message[5:]}")
        else:
            if message in before[check]:
                violations.append(f"check_{check} says it without the seed, too: {message}")
            if status == 0 or message not in output:
                violations.append(f"check_{check} does not see {text[:60]!r} in {file}")
        for f, was in old.items():
            (root / f).unlink() if was is None else (root / f).write_text(was)
for violation in violations:
    print(violation)
sys.exit(1 if violations else 0)
