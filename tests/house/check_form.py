#!/usr/bin/env python3
"""The form of a file: a header comment that names it, at most 400 lines, code within 120 columns and comments within
128, functions under 50 lines, conditional compilation only where the house allows it, nothing left open. And every folder
of tests/ is in tests/README.md."""
import re

from source import PRODUCT, ROOT, TOOL, bare, files, name, report

MAX_LINES, MAX_COLUMNS, MAX_COMMENT_COLUMNS, MAX_FUNCTION = 400, 120, 128, 50
FREE = {"base/config.h", "include/mica/base.h", "include/mica/cxx.h", "include/mica/pool_cxx.h", "include/mimalloc-new-delete.h"}  # any conditional; base.h meets compilers that config.h refuses
HOOKS = {"page/page_word.h", "page/directory.h", "segment/slice_word.h", "segment/arena_table.h", "base/tagged_stack.h",
         "heap/first_class/ownership_word.h", "base/push_list.h", "pool/block_count.h", "pool/task_word.h",
         "profile/site_table.h"}  # #ifndef around macros: the model checkers' hooks
CONDITION = re.compile(r"\s*#\s*(ifdef|ifndef|if|elif|else|endif)\b\s*(.*)")
OPEN = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

violations = []


def check_conditions(where, text, is_header):
    guard = None
    depth = []  # for each open condition: whether it is allowed
    for number, line in enumerate(bare(text).split("\n"), 1):
        match = CONDITION.match(line)
        if not match:
            continue
        word, rest = match[1], match[2].strip()
        if word in ("if", "ifdef", "ifndef"):
            allowed = (word, rest) == ("ifdef", "__cplusplus")
            if word == "ifndef" and guard is None and is_header and rest.endswith("_H"):
                guard, allowed = rest, True
            allowed = allowed or (where in HOOKS and word != "if")
            depth.append(allowed)
            if not allowed:
                violations.append(f"{where}:{number}: #{word} outside of config.h")
        elif word == "endif":
            depth.pop()
        elif not (depth and depth[-1] and where in HOOKS and word == "else"):
            violations.append(f"{where}:{number}: #{word} outside of config.h")
    if is_header and guard is None:
        violations.append(f"{where}: no header guard")


def check_functions(where, text):
    start = None
    rows = bare(text).split("\n")
    for number, line in enumerate(rows, 1):
        if line.rstrip().endswith("{") and line[:1] not in (" ", "\t", "}") and ("(" in line or line.startswith("{")):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start + 1 >= MAX_FUNCTION:
                violations.append(f"{where}:{start}: a function of {number - start + 1} lines")
            start = None
        elif line.startswith(" ") and ") {" in line and start is None and "struct" not in line:
            start = number  # a declarator that fills more than one line


def check_text(where, text):
    rows = text.split("\n")
    if len(rows) - 1 > MAX_LINES:
        violations.append(f"{where}: {len(rows) - 1} lines")
    code = bare(text, strings=True).split("\n")
    for number, line in enumerate(rows, 1):
        if len(line) > MAX_COMMENT_COLUMNS or len(code[number - 1].rstrip()) > MAX_COLUMNS:
            violations.append(f"{where}:{number}: {len(line)} columns")
        if line != line.rstrip():
            violations.append(f"{where}:{number}: blanks at the end")
        if OPEN.search(line):
            violations.append(f"{where}:{number}: left open: {OPEN.search(line).group()}")


sources = files([*PRODUCT, TOOL, "tests", "bench"], ".c", ".h", ".cc")
for source in sources:
    where, text = name(source), source.read_text()
    if not re.match(rf"/\*+ {re.escape(source.name)} -- |// {re.escape(source.name)} -- ", text):
        violations.append(f"{where}: does not begin with the comment `/* {source.name} -- what it holds`")
    check_text(where, text)
    if where.split("/")[0] in [*PRODUCT, TOOL]:
        check_functions(where, text)
        if where not in FREE:
            check_conditions(where, text, source.suffix == ".h")
scripts = [p for p in files([TOOL, "tests", "cmake", "bench"], ".sh", ".bash", ".py", ".cmake", ".txt") if p.name != "exports.txt" and "results" not in p.parts]
for script in [ROOT / "build.sh", ROOT / "CMakeLists.txt", *scripts]:
    head = [line for line in script.read_text().split("\n") if not line.startswith("#!")][:1]
    if not head or not re.match(r'# |"""', head[0]):
        violations.append(f"{name(script)}: does not begin with a comment that says what it is")
readme = (ROOT / "tests/README.md").read_text()
for folder in sorted({p.relative_to(ROOT / "tests").parts[0] for p in (ROOT / "tests").glob("*/*") if p.name != "__pycache__"}):
    if f"`{folder}/`" not in readme:
        violations.append(f"tests/README.md: nothing of {folder}/")
report(violations, sources)
