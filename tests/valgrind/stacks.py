#!/usr/bin/env python3
"""Where stacks begin that valgrind's tools tell of mica's blocks: stacks.py LIBRARY. The library is libmica-valgrind.so.

memcheck and DRD name the function that the program called, with no frame of mica's above it, and next its caller; massif, whose
list of allocating functions has the family, begins with the caller. helgrind knows the blocks of its own malloc alone: it has them
where valgrind puts that in the place of mica's. Prints a line for each violation; exit status 1 if there is one."""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
LIBRARY = Path(sys.argv[1]).resolve()
OWN = "--soname-synonyms=somalloc=nouserintercepts"
OPERATORS = {"operator_new": "operator new(unsigned long)", "operator_new_array": "operator new[](unsigned long)",
             "operator_new_nothrow": "operator new(unsigned long, std::nothrow_t const&)",
             "operator_new_array_nothrow": "operator new[](unsigned long, std::nothrow_t const&)",
             "operator_new_aligned": "operator new(unsigned long, std::align_val_t)",
             "operator_delete": "operator delete(void*)", "operator_delete_array": "operator delete[](void*)"}
violations = []


def compiled(place, source, *flags):
    program = place / Path(source).stem
    compiler = ["g++", "-std=c++17"] if source.endswith("cc") else ["gcc", "-std=c11"]
    subprocess.run([*compiler, "-g", "-O1", "-fno-builtin", "-D_GNU_SOURCE", f"-I{TOP}/include", f"-I{TOP}", str(TOP / source), "-o",
                    str(program), *flags, "-pthread"], check=True)
    return program


def under(tool, *command, library=None):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MICA_", "VALGRIND"))}
    if library:
        environment["LD_PRELOAD"] = str(library)
    return subprocess.run(["valgrind", f"--tool={tool}", *map(str, command)], capture_output=True, text=True, env=environment,
                          stdin=subprocess.DEVNULL, timeout=600).stderr


def stacks(error):
    return [[(f.findtext("fn") or "?", f.findtext("obj") or "?") for f in stack.iter("frame")] for stack in error.iter("stack")]


def judge(tool, stack, seen):
    """A stack of an allocation or a free: by which way, told by the caller's name."""
    for at, (function, _) in enumerate(stack):
        way = re.match(r"(?:by|freed)_(\w+)\(", function)
        if way is None:
            continue
        if at == 0:  # where the freed block is read
            return
        seen.add(way[0])
        names, inner = OPERATORS.get(way[1], way[1]), stack[at - 1][0]
        if at != 1 or (inner != names and not way[1].startswith("mi_")):
            violations.append(f"{tool}: {way[0][:-1]}: the stack begins {[f for f, _ in stack[:at + 1]]}")
        return


def memcheck(place, program):
    report, seen = place / "memcheck.xml", set()
    under("memcheck", "--xml=yes", f"--xml-file={report}", "--leak-check=full", OWN, program)
    for error in xml.parse(report).getroot().iter("error"):
        for stack in stacks(error):
            judge("memcheck", stack, seen)
    source = (HERE / "stacks.cc").read_text()
    wanted = {f"by_{w}(" for w in re.findall(r"^BY\((\w+)", source, re.M)} | {f"freed_{w}(" for w in re.findall(r"^FREED\((\w+)", source, re.M)}
    wanted |= {f"by_{w}(" for w in re.findall(r"static void by_(\w+)\(\) \{", source)} - {"by_(("}
    violations.extend(f"memcheck: no report of {way[:-1]}" for way in sorted(wanted - seen))


def massif(place, program):
    out = place / "massif.out"
    under("massif", f"--massif-out-file={out}", "--threshold=0.1", "--detailed-freq=1", OWN, program)
    tops = set(re.findall(r"^ n\d+: \d+ 0x[0-9A-F]+: (\w+)", out.read_text(), re.M))
    family = {f"by_{w}" for w in ("malloc", "calloc", "realloc", "operator_new", "operator_new_array", "memalign")}
    for missing in sorted(family - tops):
        violations.append(f"massif: no stack begins with {missing}: {sorted(tops)}")
    violations.extend(f"massif: a stack begins with {top}" for top in sorted(tops) if top.startswith("mica_"))


def races(place):
    program = compiled(place, "tests/bugs/race_block.c")
    text = under("drd", OWN, program, "bug", library=LIBRARY)
    if not re.search(r"Allocation context:\n==\d+==    at 0x[0-9A-F]+: malloc \(.*\n==\d+==    by 0x[0-9A-F]+: bug_block ", text):
        violations.append(f"drd: the block's stack does not begin with malloc and bug_block: {text[-1500:]}")
    text = under("helgrind", program, "bug", library=LIBRARY)
    if not re.search(r"inside a block of size 40 alloc'd\n==\d+==    at 0x[0-9A-F]+: malloc \(.*\n==\d+==    by 0x[0-9A-F]+: bug_block ", text):
        violations.append(f"helgrind, on its own malloc: the block is not named: {text[-1500:]}")


with tempfile.TemporaryDirectory() as folder:
    at = Path(folder)
    made = compiled(at, "tests/valgrind/stacks.cc", str(LIBRARY), f"-Wl,-rpath,{LIBRARY.parent}")
    memcheck(at, made)
    massif(at, made)
    races(at)
print("\n".join(violations) or "stacks begin with the function that the program called")
sys.exit(bool(violations))
