#!/usr/bin/env python3
"""Holds what count measured against goldens.txt: a PASS or FAIL line for each path; or writes goldens.txt anew.

usage: goldens.py LIB GOLDENS TABLE            TABLE: what count prints
       goldens.py LIB GOLDENS TABLE --write    the figures of TABLE become the goldens; comments and targets stay

A golden is what a path takes, no less: who makes it longer changes goldens.txt visibly, or not at all; who makes it shorter
lowers it. A target is what it must never exceed, whatever the golden. The figures are those of one compiler, which goldens.txt
names. With another they may be ROOM times the goldens; how far below is not looked at, nor are targets.
The status is 0, 1 (something failed) or 2 (broken)."""
import re
import subprocess
import sys

EXACT = 0.0005  # half a unit of the last digit that is printed
SLACK = 1.0     # instructions below the golden that need not be written down
SLACK_LOCKED = 0.02
ROOM = 1.5
COMPILER = "# compiler: "


def give_up(what):
    print(f"goldens: {what}", file=sys.stderr)
    sys.exit(2)


def compiler_of(library):
    """The compiler's name and major version, from what it left in the library."""
    text = subprocess.run(["readelf", "-p", ".comment", library], capture_output=True, text=True, check=True).stdout
    for pattern, label in ((r"clang version (\d+)", "clang"), (r"GCC: \(.*?\) (\d+)\.", "gcc")):  # both name gcc: by crt1.o
        versions = set(re.findall(pattern, text))
        if versions:
            return f"{label} {'+'.join(sorted(versions))}"
    return "unknown"


def read_table(path):
    """{path: (instructions, locked)} in the table's order."""
    with open(path, encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    if not rows or any(len(row) != 4 for row in rows) or len({row[0] for row in rows}) != len(rows):
        give_up(f"{path} is not a table of count's")
    return {row[0]: (float(row[1]), float(row[2])) for row in rows}


def read_goldens(path):
    """The head of comments, the compiler, and {path: [instructions, locked, target, locked target]}; None: no target."""
    head, compiler, goldens = [], None, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                head.append(line)
                compiler = line[len(COMPILER):].strip() if line.startswith(COMPILER) else compiler
                continue
            name, *figures = line.split()
            if len(figures) != 4 or name in goldens:
                give_up(f"{path}: {line.strip()!r} is not one path, two figures, two targets")
            goldens[name] = [None if figure == "-" else float(figure) for figure in figures]
    if compiler is None:
        give_up(f"{path} does not say which compiler it is of")
    return head, compiler, goldens


def short(figure):
    return "-" if figure is None else f"{figure:.3f}".rstrip("0").rstrip(".")


def faults_exact(measured, golden):
    units = ((0, "instructions", SLACK), (1, "locked operations", SLACK_LOCKED))
    for i, unit, slack in units:
        if measured[i] > golden[i] + EXACT:
            yield f"{short(measured[i])} {unit}, more than the golden, {short(golden[i])}"
        if measured[i] < golden[i] - slack - EXACT:
            yield f"{short(measured[i])} {unit}, less than the golden, {short(golden[i])}, which is to be lowered"
        if golden[i + 2] is not None and max(measured[i], golden[i]) > golden[i + 2] + EXACT:
            yield f"{short(max(measured[i], golden[i]))} {unit}, more than the target, {short(golden[i + 2])}"


def faults_roughly(measured, golden):
    for i, unit in ((0, "instructions"), (1, "locked operations")):
        if measured[i] > golden[i] * ROOM + EXACT:
            yield f"{short(measured[i])} {unit}, more than {ROOM} times the golden, {short(golden[i])}"


def hold(table, goldens, exact):
    """Prints the lines; the number of those that fail."""
    failed = 0
    for name in [*goldens, *(name for name in table if name not in goldens)]:
        if name not in table:
            faults = ["not measured: the library does not have it any more"]
        elif name not in goldens:
            faults = ["not in goldens.txt: its golden is to be added"]
        else:
            faults = list((faults_exact if exact else faults_roughly)(table[name], goldens[name]))
        failed += bool(faults)
        figures = f" {short(table[name][0])} instructions, {short(table[name][1])} locked" if name in table else ""
        print(f"FAIL golden/{name}: {'; '.join(faults)}" if faults else f"PASS golden/{name}{figures}")
    return failed


def write(path, head, compiler, goldens, table):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{COMPILER}{compiler}\n" if line.startswith(COMPILER) else line for line in head)
        for name, figures in table.items():
            targets = goldens.get(name, [None] * 4)[2:]
            columns = [f"{short(figure):>9}" for figure in (*figures, *targets)]
            file.write(f"{name:32}{''.join(columns)}\n")


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[4:] not in ([], ["--write"]):
        give_up("usage: goldens.py LIB GOLDENS TABLE [--write]")
    table = read_table(sys.argv[3])
    head, expected, goldens = read_goldens(sys.argv[2])
    compiler = compiler_of(sys.argv[1])
    if sys.argv[4:]:
        write(sys.argv[2], head, compiler, goldens, table)
        return 0
    if compiler != expected:
        print(f"The goldens are those of {expected}, this is {compiler}: only {ROOM} times a golden is too much.")
    failed = hold(table, goldens, compiler == expected)
    if failed and compiler == expected:
        print("What is wanted so is written down by: tests/golden/run.sh LIB --write")
    return 1 if failed else 0


sys.exit(main())
