#!/usr/bin/env python3
"""Options: the names and numbers are those of options.txt and mica's own; the table of the source, the library that is
running, the public header's comments, notes/options.md, the manual page and the README's table say the same of names,
defaults and effects, and where they speak of kinds, of those."""
import os
import re
import subprocess
from pathlib import Path

from interface import BUILD
from source import ROOT, bare, report

# Where mica's default is not that of mimalloc: all of these have an effect here.
OTHER_DEFAULT = {"mi_option_arena_reserve"}
SCALE = {"": 1, "K": 1, "M": 1024, "G": 1024 * 1024}
IDLE = {"notes/options.md": "\n## Accepted, without effect\n", "doc/mica.3": "\n.Ss Accepted, without effect\n"}
violations = []


def wrong(where, name, what, found, expected):
    violations.append(f"{where}: {name}: {what} is {found}, not {expected}")


def facts():
    """Of each constant of options.txt, in order: variable, default, whether in KiB, older variable; and the older constants."""
    options, aliases = {}, {}
    for line in Path(__file__).with_name("options.txt").read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if " = " in line:
            old, new = line.split()[0], line.split()[2]
            aliases[old] = new
            continue
        constant, variable, two, three, older = line.split("\t")
        default, _, unit = (three if three != "-" else two).partition(" ")
        options[constant] = (variable.removeprefix("MIMALLOC_"), int(default), unit == "KiB",
                             older.removeprefix("MIMALLOC_"))
    return options, aliases


def enumerators():
    """Of each constant of the header, in order, the comment that is about it; and the older names."""
    text = (ROOT / "include/mica/options.h").read_text()
    body = text[text.index("typedef enum mi_option_e {"):text.index("} mi_option_t;")]
    found, aliases = {}, {}
    for m in re.finditer(r"^  (mi_option_\w+)( = (\w+))?,?[ ]*(/\*.*?\*/)?", body, re.M):
        if m[3]:
            aliases[m[1]] = m[3]
            continue
        above = re.search(r"/\*((?:[^*]|\*(?!/))*)\*/\s*$", body[:m.start()])
        found[m[1]] = " ".join((m[4] or (above[1] if above else "")).split())
    return found, aliases


def table():
    """Of each constant of the source's table: name, older name, kind, effect, default."""
    rows = {}
    text = bare((ROOT / "observe/option_rules.c").read_text(), strings=True)
    for m in re.finditer(r"\[(mi_option_\w+)\] = \{([^{}]*)\}", text):
        cells = [" ".join(cell.split()) for cell in m[2].split(",")]
        default = cells[4].replace("MICA_CHECKS", "0").replace("GiB_IN_KiB", "1048576").replace("/", "//")
        if m[1] in rows or not re.fullmatch(r"[-\d */]+", default):
            violations.append(f"observe/option_rules.c: {m[1]}: a second row, or no number: {cells[4]}")
            continue
        rows[m[1]] = (cells[0].strip('"'), "" if cells[1] == "NULL" else cells[1].strip('"'),
                      cells[2].removeprefix("MICA_").lower(), cells[3] == "USED", eval(default))
    return rows


def running():
    """Of each name that the library prints: value, whether in KiB, whether with an effect."""
    clean = {k: v for k, v in os.environ.items() if not re.match("MICA_|MIMALLOC_", k, re.I)}
    clean |= {"LD_PRELOAD": BUILD + "/libmica.so", "MICA_VERBOSE": "1"}
    said = subprocess.run(["/bin/true"], env=clean, capture_output=True, text=True, check=True).stderr
    lines = re.findall(r"^mica: MICA_(\w+)=(-?\d+)( KiB)?(  \(environment\))?(  \(no effect in mica\))?$", said, re.M)
    return {name: (0 if name == "VERBOSE" else int(value), bool(kib), not idle) for name, value, kib, _, idle in lines}


def listed(path, row):
    """Of each variable in a document's lists of options, those of the section on options without effect apart: the default's
    text, and whether it has an effect there."""
    text = (ROOT / path).read_text()
    _, _, idle = text.partition(IDLE[path]) if path in IDLE else (text, "", "")
    found = {m[1]: (m[2], True) for m in re.finditer(row, text[:len(text) - len(idle)], re.M)}
    return found | {m[1]: (m[2], False) for m in re.finditer(row, idle, re.M)}


def check_facts(known, rows, order):
    for number, (constant, (name, default, kib, older)) in enumerate(known.items()):
        if order[number:number + 1] != [constant]:
            wrong("include/mica/options.h", constant, "the number", order.index(constant) if constant in order else "none",
                  number)
        if constant not in rows:
            violations.append(f"observe/option_rules.c: no row for {constant}")
            continue
        row = rows[constant]
        if row[0] != name:
            wrong("observe/option_rules.c", constant, "the name", row[0], name)
        if row[1] != older:
            wrong("observe/option_rules.c", constant, "the older name", row[1] or "none", older or "none")
        if (row[2] == "size") != kib:
            wrong("observe/option_rules.c", constant, "the kind", row[2], "a size in KiB" if kib else "a number")
        if row[4] != default and constant not in OTHER_DEFAULT:
            wrong("observe/option_rules.c", constant, "the default", row[4], default)


def check_comment(constant, comment, row):
    where = "include/mica/options.h"
    said = re.search(r"\. Default (-?\d+)( \(1 in debug\))?(?: \*/)?$", comment)
    if said is None or int(said[1]) != row[4]:
        wrong(where, constant, "the default", said[1] if said else "not said", row[4])
    if ("No effect:" in comment) == row[3]:
        wrong(where, constant, "the effect", "not as in observe/option_rules.c", row[3])
    kind = re.match(r"(?:/\* )?(switch|number|size)\b(?! in bytes)", comment)
    kind = kind[1] if kind else "number" if "size in bytes" in comment else "not said"
    if kind != row[2].replace("signed", "number"):
        wrong(where, constant, "the kind", kind, row[2])


def check_running(rows, said):
    by_name = {row[0]: (row[4], row[2] == "size", row[3]) for row in rows.values()}
    for name in sorted(by_name.keys() ^ said.keys()):
        violations.append(f"MICA_{name}: not both in observe/option_rules.c and in {BUILD}/libmica.so")
    for name in sorted(by_name.keys() & said.keys()):
        if said[name] != by_name[name]:
            wrong(BUILD + "/libmica.so", f"MICA_{name}", "(default, KiB, effect)", said[name], by_name[name])


def check_listed(rows, path, found, all_there):
    by_name = {row[0]: row for row in rows.values()}
    missing = by_name.keys() - found.keys() if all_there else set()
    violations.extend(f"{path}: MICA_{name}: not listed" for name in sorted(missing))
    violations.extend(f"{path}: MICA_{name}: no such option" for name in sorted(found.keys() - by_name.keys()))
    for name in sorted(by_name.keys() & found.keys()):
        (default, used), row = found[name], by_name[name]
        said = re.fullmatch(r"(-?\d+)([KMG]?)( \(debug: 1\))?", default)
        if said is None or int(said[1]) * SCALE[said[2]] != row[4] or (said[2] and row[2] != "size"):
            wrong(path, f"MICA_{name}", "the default", default, row[4])
        if used != row[3]:
            wrong(path, f"MICA_{name}", "the effect", used, row[3])


known, old_constants = facts()
constants, aliases = enumerators()
rows = table()
check_facts(known, rows, list(constants))
if aliases != old_constants:
    violations.append(f"include/mica/options.h: older constants: {sorted(aliases.items() ^ old_constants.items())}")
for constant, comment in constants.items():
    if constant not in rows:
        violations.append(f"observe/option_rules.c: no row for {constant}")
    elif constant.removeprefix("mi_option_").upper() != rows[constant][0]:
        wrong("observe/option_rules.c", constant, "the name", rows[constant][0], "the constant's")
    else:
        check_comment(constant, comment, rows[constant])
check_running(rows, running())
TABLE_ROW = r"^\| `MICA_(\w+)` \| ([^|]*?) \|"
note, manual = listed("notes/options.md", TABLE_ROW), listed("doc/mica.3", r"^\.It Ev MICA_(\w+) Pq (.*)$")
few = listed("README.md", TABLE_ROW)
check_listed(rows, "notes/options.md", note, True)
check_listed(rows, "doc/mica.3", manual, True)
check_listed(rows, "README.md", few, False)
if len(few) < 3:
    violations.append("README.md: no table of options")
report(violations, known)
