#!/usr/bin/env python3
"""The house checks can fail: each of these violations, put into a copy of the sources, is seen by the check it concerns,
and it does not say so of the copy without it.

Violations that do not touch one another are looked for in one run, and the checks are run two at a time, in a copy each."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from source import PRODUCT, ROOT, TOOL

# The copy has no build of its own; check_rooms reads the objects from a folder of the copy.
os.environ.setdefault("MICA_BUILD", str(ROOT / "build/release"))
BUILT = Path(os.environ["MICA_BUILD"]) / "CMakeFiles/mica_objects.dir"

# Checks that speak of one file or name at a time: their violations are put into files of their own, seed1.c, seed2.c ..., at once.
TOGETHER = {"walks", "includes", "no_locks", "form", "rows", "rooms", "words", "names"}

# What a check is told besides the copy: where its violations are, if looking at all of it takes long.
TOLD = {"clang": ["block"]}

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
    ("includes", "heap/seed.c", '#include "mica/base.h"\n', "heap/seed.c:1: include/mica/base.h is named"),
    ("includes", "heap/seed.c", "#include <page/page.h>\n", "heap/seed.c:1: page/page.h is named"),
    ("includes", "page/seed.c", '#include "page.h"\n', "page/seed.c:1: page/page.h is named"),
    ("includes", "include/mica/seed.h", '#include "mica/base.h"\n', "include/mica/seed.h:1: include/mica/base.h is named"),
    ("includes", "build.sh", "find base segment -name x\n", "build.sh: leaves out pool/"),
    ("includes", ".clang-tidy", "HeaderFilterRegex: '.*/(block|segment)/.*'\n", ".clang-tidy: leaves out pool/"),
    ("includes", "api/seed.c", '#include "tool/say.h"\n', "api/ must not use tool/say.h"),
    ("includes", "tool/seed.c", '#include "say.h"\n', "tool/seed.c:1: tool/say.h is named"),
    ("form", "tool/seed.c", "/* seed.c -- s */\n#if 1\n#endif\n", "tool/seed.c:2: #if outside"),
    ("words", "tool/seed.c", "int hot_lost;\n", "tool/seed.c:1: hot_lost: hot is retired"),
    ("names", "tool/seed.c", "/* seed.c -- calls no_such_thing_here */\n", "tool/seed.c:1: no_such_thing_here"),
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
    ("walks", "heap/seed.c", "static void walk_seed(const mica_block_t* b) {\n  while (b != 0) b = mica_link_get(b);\n}\n", "walk_seed follows links in a loop"),
    ("walks", "pool/seed.c", "static void walk_chunks(const mica_pool_chunk_t* b) {\n  for (; b != 0; b = b->made_before) f(b);\n}\n", "walk_chunks follows links in a loop"),
    ("walks", "heap/seed.c", "char* walk_typed(const mica_block_t* b) {\n  while (b != 0) b = mica_link_get(b);\n  return 0;\n}\n", "walk_typed follows links in a loop"),
    ("walks", "heap/seed.c", "static uintptr_t\nwalk_below(const mica_block_t* b) {\n  while (b != 0) b = mica_link_get(b);\n  return 0;\n}\n", "walk_below follows links in a loop"),
    ("walks", "notes/misuse.md", "| `no_such_walk` (`heap/free.c`) | links | none |\n", "no no_such_walk in heap/free.c"),
    ("calls", "notes/calls.md", "| `no_such_function` | always | 128 |\n", "no_such_function is not exported"),
    ("calls", "notes/calls.md", "| `malloc` | always | 128 |\n", "malloc has two rows"),
    ("calls", "notes/calls.md", "| `free` | always | 128 |\n", "free: `always`, and the call graph says: not over mica"),
    ("calls", "notes/calls.md", "| `calloc` | not over mica | 128 |\n", "calloc takes"),
    ("rows", "heap/seed.c", "int f(void) { return atomic_load_explicit(&seed, memory_order_relaxed); }\n", "f: load of seed, relaxed: points to no row"),
    ("rows", "heap/seed.c", "int f(void) { return atomic_load_explicit(&early, memory_order_acquire); /* [E2] */ }\n", "f: load of early, acquire: not what E2 says"),
    ("rows", "heap/seed.c", "/* [E2] */\nvoid find_early(void) { atomic_load_explicit(&early, memory_order_relaxed); }\n", "find_early: load of early, relaxed: not what E2 says"),
    ("rows", "heap/seed.c", "/* [Q3] */\nvoid stack_push(void) { atomic_compare_exchange_weak_explicit(&stack, &w, x, memory_order_relaxed, memory_order_relaxed); }\n", "stack_push: CAS of stack, relaxed/relaxed: not what Q3 says"),
    ("rows", "heap/seed.c", "#define seed atomic_load_explicit\n", "heap/seed.c:1: an atomic operation by another name"),
    ("rows", "heap/seed.c", "#define PW_MO_PUSH memory_order_relaxed\n", "PW_MO_PUSH is relaxed, and notes/protocol.md says otherwise"),
    ("rows", "heap/seed.c", "int f(void) { return atomic_load_explicit(&credit, memory_order_relaxed); }\n", "f: load of credit, relaxed: points to no row"),
    ("rows", "notes/protocol.md", "| Z9 | `word` | load | `f` | relaxed | nothing |\n", "no operation points to row Z9"),
    ("rooms", "block/seed.c", "void mica_up(void);\nvoid mica_a(void);\nvoid mica_a(void) { mica_up(); }\n", "block/seed.c: calls up to heap/seed.c: mica_up",
     "heap/seed.c", "void mica_up(void);\nvoid mica_up(void) {}\n"),
    ("rooms", "base/seed.c", "extern int mica_high;\nint mica_b(void);\nint mica_b(void) { return mica_high; }\n", "base/seed.c: calls up to observe/seed.c: mica_high",
     "observe/seed.c", "int mica_high;\n"),
    ("rooms", "page/seed.c", "void mica_c(void);\nvoid mica_d(void);\nvoid mica_c(void) { mica_d(); }\n",
     "a circle: page/seed.c -> page/two_seed.c (mica_d) -> page/seed.c (mica_c)",
     "page/two_seed.c", "void mica_c(void);\nvoid mica_d(void);\nvoid mica_d(void) { mica_c(); }\n"),
    ("rooms", "stats/seed.c", "void mica_e(void);\nvoid mica_f(void);\nvoid mica_e(void) { mica_f(); }\n",
     "a circle: stats/seed.c -> stats/three_seed.c (mica_f) -> stats/two_seed.c (mica_g) -> stats/seed.c (mica_e)",
     "stats/three_seed.c", "void mica_f(void);\nvoid mica_g(void);\nvoid mica_f(void) { mica_g(); }\n",
     "stats/two_seed.c", "void mica_e(void);\nvoid mica_g(void);\nvoid mica_g(void) { mica_e(); }\n"),
    ("rooms", "segment/seed.c", "#include <stdlib.h>\nvoid mica_h(void* p);\nvoid mica_h(void* p) { free(p); }\n", "segment/seed.c: calls what mica exports: free"),
    ("rooms", "pool/seed.c", "void mi_pool_free(void);\nvoid mica_i(void);\nvoid mica_i(void) { mi_pool_free(); }\n", "pool/seed.c: calls what mica exports: mi_pool_free"),
    ("rooms", "api/seed.c", "#include <stdlib.h>\nvoid mica_j(void* p);\nvoid mica_j(void* p) { free(p); }\n", "not: api/seed.c"),
    ("rooms", "heap/no_object_seed.c", "int mica_k;\n", "heap/no_object_seed.c: no object"),
    ("rooms", "block/class.c", "\n", "block/class.c: newer than its object"),
    ("rooms", "objects/heap/seed.c.o", "", "heap/seed.c: an object without a source"),
    ("words", "heap/seed.c", "int mica_hot_lost;\n", "heap/seed.c:1: mica_hot_lost: hot is retired"),
    ("words", "page/seed.c", "#define PW_DETACH 1\n", "page/seed.c:1: PW_DETACH: detach is retired"),
    ("words", "heap/seed.c", "int outboxCharged;\n", "heap/seed.c:1: outboxCharged: charged is retired"),
    ("words", "segment/seed.c", "int charged;\n", "not: segment/seed.c"),
    ("words", "heap/stock.c", "int x;\n", "heap/stock.c:1: stock: stock is retired"),
    ("words", "tests/model/seed.h", "int told;\n", "tests/model/seed.h:1: told: told is retired"),
    ("words", "tests/heap/seed.c", "void f(void) { what_is_told(); }\n", "not: tests/heap/seed.c"),
    ("words", "tests/valgrind/seed.sh", "cc -DMICA_WATCH=1\n", "tests/valgrind/seed.sh:1: DMICA_WATCH: watch is retired"),
    ("words", "heap/seed.c", "/* back onto the hot\n * list */\n", "heap/seed.c:1: hot list: it is called"),
    ("words", "pool/seed.c", "/* a shell */\n", "pool/seed.c:1: shell: it is called"),
    ("words", "bench/seed.sh", "# the shell\n", "not: bench/seed.sh"),
    ("words", "notes/seed.md", "its seats\n", "notes/seed.md:1: seats: it is called"),
    ("words", "notes/seed.md", "`hot[6]`\n", "notes/seed.md:1: hot: hot is retired"),
    ("words", "include/mica/seed.h", "void mi_roll(void);\n", "not: include/mica/seed.h"),
    ("names", "notes/seed.md", "`mica_gone_at_once`\n", "notes/seed.md:1: mica_gone_at_once"),
    ("names", "notes/seed.md", "`pw_push`, `memory_order_acquire` and `madvise`\n", "not: notes/seed.md:1"),
    ("names", "notes/seed.md", "`mica_free(gonevariable)`\n", "notes/seed.md:1: gonevariable"),
    ("names", "notes/seed.md", "`heap/gone.c`\n", "notes/seed.md:1: heap/gone.c"),
    ("names", "notes/seed.md", "`--gone-option`\n", "notes/seed.md:1: --gone-option"),
    ("names", "notes/seed.md", "`./build.sh gone`\n", "notes/seed.md:1: ./build.sh gone"),
    ("names", "notes/seed.md", "`mica_gone_*`, `gone_t`, `_gone`\n", "notes/seed.md:1: mica_gone_"),
    ("names", "notes/seed.md", "`main` (`block/class.c`)\n", "notes/seed.md:1: main, which is not in block/class.c"),
    ("names", "heap/seed.c", "/* as gone.c does. */\n", "heap/seed.c:1: gone.c"),
    ("names", "heap/seed.c", "/* the\n * GONE_BOUND */\n", "heap/seed.c:2: GONE_BOUND"),
    ("names", "heap/seed.c", "/* heap/gone */\n", "heap/seed.c:1: heap/gone"),
    ("names", "heap/seed.c", "/* see pw_push (page/page_word.h), errno and PTHREAD_KEYS_MAX in tests/model */\n", "not: heap/seed.c"),
    ("names", "tests/model/seed.table", "mutant seed | seed | 1 | -DGONE_MO=memory_order_relaxed\n", "tests/model/seed.table:1: -DGONE_MO"),
    ("names", "base/seed.h", "/* seed.h -- s. Used by class.c. */\n", "base/seed.h:1: used by class.c, which does not include it"),
    ("names", "base/seed.h", "/* seed.h -- s. Used by block and api. */\n", "base/seed.h:1: used by block, which does not include it"),
    ("names", "page/seed.h", "/* seed.h -- s: only files of this room include this one. */\n", "page/seed.h:1: only this room includes it, and heap/two_seed.c does",
     "heap/two_seed.c", '#include "page/seed.h"\n'),
    ("clang", "block/seed.c", "int unused(void) { return 0; }\n", "missing-prototypes"),
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


def apart(seed, number, root):
    """The seed in files of its own, where it makes files: seed.c becomes seed7.c."""
    check, file, text, message, *more = seed
    made = [f for f in (file, *more[::2]) if not (root / f).exists()]
    stems = {re.search(r"\w*seed(?=\.)", f).group() for f in made if re.search(r"seed\.", f)}
    if check not in TOGETHER or not stems:
        return seed
    pattern = re.compile(rf"\b({'|'.join(sorted(stems))})(?=\.)")
    return (check, *(pattern.sub(rf"\g<1>{number}", part) for part in (file, text, message, *more)))


def batches(seeds):
    """Seeds that may be put into the copy at once, those of a check that is not in TOGETHER one by one."""
    found = []  # (check, files, seeds)
    for seed in seeds:
        check, file, _, _, *more = seed
        paths = {file, *more[::2]}
        fits = [b for b in found if b[0] == check and check in TOGETHER and not paths & b[1]]
        if fits:
            fits[0][1].update(paths)
            fits[0][2].append(seed)
        else:
            found.append((check, paths, [seed]))
    return found


def copy_to(root):
    for folder in [*PRODUCT, TOOL, "tests", "bench", "cmake", "notes", "doc"]:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "results"))
    for file in ("build.sh", "CMakeLists.txt", "LICENSE", "mica.pc.in", ".clang-tidy", *(path.name for path in ROOT.glob("*.md"))):
        shutil.copy2(ROOT / file, root / file)
    shutil.copytree(BUILT, root / "objects")


def compiled(root, files):
    """The objects of seeds for check_rooms."""
    for file in files:
        if file.endswith(".c") and not (ROOT / file).exists() and "no_object" not in file:
            (root / f"objects/{file}").parent.mkdir(exist_ok=True)
            subprocess.run(["gcc", "-c", "-fvisibility=hidden", "-o", root / f"objects/{file}.o", root / file], check=True)
            yield f"objects/{file}.o"


def run(check, root):
    program = next((root / "tests/house").glob(f"check_{check}.*"))
    done = subprocess.run([program, root, *TOLD.get(check, [])], capture_output=True, text=True, timeout=1800, env={**os.environ, "MICA_OBJECTS": str(root / "objects")})
    return done.returncode, done.stdout + done.stderr


def seen(root, check, seeds, before):
    """What is wrong with the check, by these seeds at once."""
    pairs = [pair for _, file, text, _, *more in seeds for pair in ((file, text), *zip(more[::2], more[1::2]))]
    old = {f: ((root / f).read_bytes(), (root / f).stat()) if (root / f).exists() else None for f, _ in pairs}
    for f, added in pairs:
        (root / f).parent.mkdir(exist_ok=True)
        (root / f).write_bytes((old[f][0] if old[f] else b"") + added.encode())
    objects = list(compiled(root, old)) if check == "rooms" else []
    status, output = run(check, root)
    for _, file, text, message, *_ in seeds:
        if message.startswith("not: "):
            if message[5:] in output:
                yield f"check_{check} says of {text[:60]!r} in {file}: {message[5:]}"
            continue
        if message in before:
            yield f"check_{check} says it without the seed, too: {message}"
        if status == 0 or message not in output:
            yield f"check_{check} does not see {text[:60]!r} in {file}"
    for f, was in old.items():
        if was is None:
            (root / f).unlink()
        else:
            (root / f).write_bytes(was[0])
            os.utime(root / f, ns=(was[1].st_atime_ns, was[1].st_mtime_ns))
    for f in objects:
        (root / f).unlink()


def share(root, work):
    """The violations of some checks' batches, in one copy."""
    copy_to(root)
    found = []
    for check, listed in work.items():
        before = run(check, root)[1]
        for seeds in listed:
            found += seen(root, check, seeds, before)
    return found


def main():
    work = {}
    for check, _, seeds in batches([apart(seed, number, ROOT) for number, seed in enumerate(SEEDS)]):
        work.setdefault(check, []).append(seeds)
    names = sorted(work, key=lambda check: -len(work[check]))
    halves = [{check: work[check] for check in names[i::2]} for i in (0, 1)]
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
        roots = [Path(place) / half for half in ("one", "two")]
        for root in roots:
            root.mkdir()
        violations = [v for found in pool.map(share, roots, halves) for v in found]
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)


main()
