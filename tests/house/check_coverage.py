#!/usr/bin/env python3
"""Honest coverage: each function that the public headers declare is exported, documented in its place and called by a test; the
names of mimalloc's two interfaces are all there, with their types.

What "documented" is taken to mean, of what is said: the comment directly above a function or above its group, its section's
and its header's, and likewise those of a function it refers to ("As mi_x", "The same"):
  - there is a comment above it or its group, and the functions that it names exist
  - what mica.h says is common to all functions (units, alignment, ownership, threads, errors with errno, size 0) need not be
    repeated; each header refers to it
  - each parameter is named, or spoken of in the words of its name, unless those rules name it; of a number its unit may be
    named instead, of a handle what it is; what goes with a function is a parameter of that function
  - a pointer that comes back: it allocates and is declared so (then the common rules say what failure gives), or NULL or
    "never" is said. An int: a code or a number is told. A bool: "whether", "true" or "false"
  - one that does nothing says that it is without effect"""
import re
import subprocess
from pathlib import Path

from interface import BUILD, MACRO, archived, declarations, exported, listed, public_headers, split_parameters
from source import PRODUCT, ROOT, bare, files, name, report

HERE = Path(__file__).parent
COMMON_RULES = ["units", "alignment", "ownership", "threads", "errors", "size 0"]
HANDLES = {"mi_heap_t": "heap", "mi_theap_t": "heap", "mi_arena_id_t": "arena", "mi_subproc_id_t": "subprocess",
           "mi_option_t": "option", "mi_stats_t": "stat"}
COMMON_PARAMETERS = {"size", "newsize", "count", "newcount", "alignment", "offset", "p"}
UNITS = re.compile(r"\b(bytes?|[KMG]iB|milliseconds|seconds|blocks?|pages?|nodes?|times|per cent|number|index)\b")

# Names of the two lists that are no functions here, and why.
NO_FUNCTIONS = {}

# Symbols of the third list that are not exported, and why.
NO_SYMBOLS = dict.fromkeys(["strdup", "strndup"], "the C library's own call malloc, whosever it is")

# Functions that do nothing but give a constant. An answer: that is what is asked for. Else they have no meaning here, are
# accepted, and documented as without effect.
CONSTANT = {
    "mi_version": "an answer",
    "mi_is_redirected": "an answer: nothing is patched",
    "mi_arena_min_alignment": "an answer: a window",
    "mi_arena_min_size": "an answer: a segment",
    "mi_thread_set_in_threadpool": "a thread that waits has nothing that others need",
    "mi_stats_merge": "figures are live",
    "mi_heap_stats_merge_to_subproc": "figures are live",
    "mi_heap_set_numa_affinity": "memory is where it is touched first",
    "mi_heap_guarded_set_sample_rate": "there are no guard pages",
    "mi_heap_guarded_set_size_bound": "there are no guard pages",
    "mi_theap_guarded_set_sample_rate": "there are no guard pages",
    "mi_theap_guarded_set_size_bound": "there are no guard pages",
}

violations = []
functions = declarations()
by_name = {d.name: d for d in functions}
callbacks = {}  # a function's type -> the names of its parameters


def check_headers():
    """The common rules are there, and every header refers to them."""
    head = re.match(r"/\*.*?\*/", public_headers()[0].read_text(), re.S).group()
    for rule in COMMON_RULES:
        if not re.search(rf"^ \*   {rule} +\w", head, re.M):
            violations.append(f"mica.h: its first comment has no rule on {rule}")
    for word in ("errno", "ENOMEM", "bytes"):
        if word not in head:
            violations.append(f"mica.h: its first comment does not mention {word}")
    for header in public_headers()[1:]:
        words = " ".join(re.match(r"/\*.*?\*/", header.read_text(), re.S).group().replace(" *", " ").split())
        if not re.search(r"common to all functions of mica stand in mica\.h", words) and header.name in headers_with_functions:
            violations.append(f"{name(header)}: its first comment does not refer to the rules of mica.h")


def references(d):
    """The functions whose comments hold for this one, too."""
    rows = re.findall(r"\b(?:[Aa]s|[Ll]ike)\s+(mi_\w+(?:(?:,|,? and| or) mi_\w+)*)", d.said)
    found = re.findall(r"\bmi_\w+", " ".join(rows))
    if re.match(r"The same\b|Likewise\b", d.above):
        before = [o for o in functions if o.header == d.header and o.line < d.line and o.above != d.above]
        found += [o.name for o in before[-1:]]
    if re.match(r"mi_heap_\w+", d.name) and re.search(r"without _?heap|without heap_", d.said):
        found.append(d.name.replace("mi_heap_", "mi_"))
    return [n for n in found if n in by_name]


def all_said(d):
    seen, open_names = set(), [d.name]
    while open_names:
        n = open_names.pop()
        if n not in seen:
            seen.add(n)
            open_names += references(by_name[n])
    return " ".join(by_name[n].said for n in sorted(seen, key=lambda n: n != d.name))


def is_documented(d, number, said):
    """The parameter of this number."""
    kind, parameter = d.parameters[number]
    low, bare_kind = said.lower(), re.sub(r"\bconst\b|[\s*]", "", kind)
    if parameter in COMMON_PARAMETERS or re.search(rf"\b{parameter}\b", said):
        return True
    if all(word in low for word in parameter.lower().split("_")) or HANDLES.get(bare_kind, "\0") in low:
        return True
    if re.search(r"\b(size_t|int|long|double)\b", kind) and UNITS.search(said):
        return True
    before = re.sub(r"[\s*]", "", d.parameters[number - 1][0]) if number else ""
    return parameter in callbacks.get(before, ())


def check_parameters(d, said, where):
    for number, (_, parameter) in enumerate(d.parameters):
        if not is_documented(d, number, said):
            violations.append(f"{where}: its parameter {parameter} is not documented")


def check_result(d, said, where):
    code = " ".join(d.result.split())
    allocates = re.search(rf"\b{d.name}\b[^;]*mi_attr_(malloc|alloc_size)", bare((ROOT / d.header).read_text()))
    if code.endswith("*"):
        if not allocates and not re.search(r"\bNULL\b|\b[Nn]ever\b|\bENOMEM\b", said):
            violations.append(f"{where}: gives a pointer, and does not say when that is NULL, or that it never is")
    elif re.search(r"\bint$", code):
        if not re.search(r"\b0\b|\bE[A-Z]{3,}\b|\bMI_\w+|\bnumber\b", said):
            violations.append(f"{where}: gives an int, and does not say which")
    elif re.search(r"\bbool$", code):
        if not re.search(r"\b([Ww]hether|[Tt]rue|[Ff]alse)\b", said):
            violations.append(f"{where}: gives a bool, and does not say of what")


def check_documented():
    known = set(by_name).union(*(MACRO.findall(bare(header.read_text())) for header in public_headers()))
    for header in public_headers():
        known |= set(re.findall(r"\bmi_\w+", bare(header.read_text())))
        for function, inside in re.findall(r"typedef[^;(]*\(\s*(\w+)\s*\)\s*\(([^;]*)\)\s*;", bare(header.read_text())):
            callbacks[function] = {parameter for _, parameter in split_parameters(inside)}
    for d in functions:
        where = f"{d.header}:{d.line}: {d.name}"
        if len(re.findall(r"\w+", d.above)) < 2:
            violations.append(f"{where}: not documented in its place")
            continue
        for other in sorted(set(re.findall(r"\bmi_\w+\b(?!\*)", d.said)) - known):
            if not any(n.startswith(other) for n in known if other.endswith("_")):
                violations.append(f"{where}: its comment names {other}, which there is not")
        said = all_said(d)
        check_parameters(d, said, where)
        check_result(d, said, where)


# A name before an opening parenthesis is a call, unless what stands before it makes it a declaration.
CALL = re.compile(r"(?:(\b\w+|[^\s\w])\s*)?(\*\s*)?\b(mi(?:ca)?_\w+)\s*\(")
BEFORE_A_CALL = {"return", "else", "do", "throw", "case", "co_return"}


def calls_in(text):
    for match in CALL.finditer(re.sub(r"^\s*#\s*(?!define)[^\n]*", "", bare(text), flags=re.M)):
        before, star, function = match.groups()
        is_word = before is not None and re.match(r"\w", before)
        if is_word and (before not in BEFORE_A_CALL):
            if before.isdigit() and star:
                yield function
            continue
        yield function


def check_called():
    called = set()
    for source in files(["tests"], ".c", ".cc", ".h"):
        called.update(calls_in(source.read_text()))
    violations.extend(f"called by no test: {d.name}" for d in functions if d.name not in called)


def check_defined():
    shared, static = exported(BUILD + "/libmica.so"), archived(BUILD + "/libmica.a")
    for d in functions:
        if d.name not in shared:
            violations.append(f"declared, not defined in libmica.so: {d.name}")
        if d.name not in static:
            violations.append(f"declared, not defined in libmica.a: {d.name}")
    return shared


def check_lists(shared):
    """All names of both interfaces; those of the malloc family and of C++; prints how many there are of each."""
    for path in sorted(HERE.glob("functions-*.txt")):
        wanted = set(listed(path)) - set(NO_FUNCTIONS)
        missing = sorted(wanted - set(by_name) | wanted - shared)
        print(f"{path.stem}: {len(wanted) - len(missing)} of {len(wanted)} declared and exported")
        violations.extend(f"{path.stem}: not declared and exported: {n}" for n in missing)
    symbols = set(listed(HERE / "symbols-3.4.3.txt")) - set(NO_SYMBOLS)
    print(f"symbols-3.4.3: {len(symbols & shared)} of {len(symbols)} exported")
    violations.extend(f"symbols-3.4.3: not exported: {n}" for n in sorted(symbols - shared))


def check_types():
    """The types are those of the lists; of a function that both have, those of the newer one."""
    wanted = {}
    for path in sorted(HERE.glob("functions-*.txt")):  # the older one first
        wanted.update({n: types for n, types in listed(path).items() if len(types) == 2})
    rows = ["#include <mica.h>", "#include <wchar.h>"]
    for function, (result, parameters) in sorted(wanted.items()):
        if function in by_name:
            rows += [f'#line 1 "{function}"', f"extern {result} (*seen_{function})({parameters});",
                     f"{result} (*seen_{function})({parameters}) = {function};"]
    done = subprocess.run(["gcc", "-std=c11", "-fsyntax-only", "-Werror", f"-I{ROOT}/include", "-xc", "-"],
                          input="\n".join(rows) + "\n", capture_output=True, text=True)
    for line in done.stderr.splitlines():
        match = re.match(r"(mi_\w+):\d+:\d+: error: (.*)", line)
        if match:
            violations.append(f"{match[1]}: not of the type that the lists say: {match[2]}")
    if done.returncode != 0 and not any("the lists say" in v for v in violations):
        violations.append(f"the types cannot be compared: {done.stderr[:300]}")


def check_stubs():
    """What is defined as nothing is in CONSTANT, and says so."""
    definition = re.compile(r"MICA_EXPORT[^;{}]*?\b(mi(?:ca)?_\w+)\s*\([^;{}]*\)\s*\{(.*?)\}\s*?(?=\n\S|\n\n|\Z)", re.S)
    found = set()
    for source in files(PRODUCT, ".c"):
        for function, body in definition.findall(bare(source.read_text())):
            rest = re.sub(r"\(void\)\s*\w+\s*[,;]|return\s*(-?\d+|NULL|true|false|[A-Z][A-Z_0-9]*)?\s*;", "", body)
            if not rest.strip():
                found.add(function)
    for function in sorted(found & set(CONSTANT)):
        if not CONSTANT[function].startswith("an answer") and not re.search(r"\beffect\b", by_name[function].said):
            violations.append(f"defined as nothing, and not documented as without effect: {function}")
    for function in sorted(found - set(CONSTANT)):
        violations.append(f"defined as nothing, and not listed as such: {function}")
    for function in sorted(set(CONSTANT) - found):
        violations.append(f"listed as defined as nothing, and is not: {function}")


headers_with_functions = {Path(d.header).name for d in functions}
check_headers()
check_documented()
check_called()
check_lists(check_defined())
check_types()
check_stubs()
report(violations, functions)
