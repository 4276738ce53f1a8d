#!/usr/bin/env python3
"""What documents and comments name is there: functions, types, macros, files, options, verbs. A name has gone if no source, script
or system header has it as a word of its code, and known_names.txt does not list it.

Looked at: in documents what stands in `backticks`; in C comments words with an underscore and names of files; in the models'
tables and the scripts of tests/ the macros that -D sets. A document that says `f` (`room/file.c`) is held to it: f is in that file. A header
that says "Used by a.c" is included by it, directly or by way of others; of a room, by one of its files."""
import fnmatch
import re
import subprocess
from pathlib import Path
from shutil import which

from source import PRODUCT, ROOMS, ROOT, TOKEN, TOOL, bare, files, name, report

FOLDERS = [*PRODUCT, TOOL, "tests", "bench", "cmake", "doc", "notes"]
CODE = {".c", ".h", ".cc", ".cpp"}
ENDINGS = "c|h|cc|cpp|py|sh|md|txt|table|cmake|toml|awk|svg|bash|in|sql|lua|supp|3"
FILE = re.compile(rf"(?<![\w.*/<])(?:[\w-]+/)*[A-Za-z][\w-]*\.(?:{ENDINGS})(?![\w*/-]|\.\w)")
MARKED = re.compile(r"`([^`\n]+)`")
WORD = re.compile(r"[A-Za-z_]\w*")

violations = []
everything = sorted(p for p in [*ROOT.glob("*"), *(q for folder in FOLDERS for q in (ROOT / folder).rglob("*"))] if p.is_file())
everything = [p for p in everything if "results" not in p.parts and "__pycache__" not in p.parts]
paths = {name(p) for p in everything}
folders = {"/".join(path.split("/")[:i]) for path in paths for i in range(1, path.count("/") + 1)}
tails = {"/".join(path.split("/")[i:]) for path in paths | folders for i in range(path.count("/") + 1)}  # as a path may be shortened


def stripped(path):
    """The code of a file: without comments, with strings; of a table the macros and edits."""
    text = path.read_text()
    return bare(text, strings=True) if path.suffix in CODE else re.sub(r"(?m)^\s*#.*|\s#\s.*", "", text)


def system_words(sources):
    """What the system headers that our sources include declare and define."""
    found = set()
    for compiler, language, suffixes in (("gcc", "c", {".c", ".h"}), ("g++", "c++", {".cc", ".cpp"})):
        headers = {h for p in sources if p.suffix in suffixes for h in re.findall(r"^\s*#\s*include\s*<([\w/.+]+)>", p.read_text(), re.M)}
        headers = [h for h in sorted(headers) if not (ROOT / "include" / h).exists() and "relacy" not in h and "criterion" not in h]
        text = "#define _GNU_SOURCE 1\n" + "".join(f"#if __has_include(<{h}>)\n#include <{h}>\n#endif\n" for h in headers)
        output = subprocess.run([compiler, f"-x{language}", "-E", "-dD", "-P", "-"], input=text, capture_output=True, text=True).stdout
        found |= set(WORD.findall(output))
    return found


def listed():
    """Each name of known_names.txt with its line: what others have named."""
    rows = (Path(__file__).with_name("known_names.txt")).read_text().split("\n")
    return {row.split()[0]: number for number, row in enumerate(rows, 1) if row.strip() and row[0] != "#"}


sources = [p for p in everything if p.suffix in CODE]
scripts = [p for p in everything if p.suffix in {".sh", ".py", ".bash", ".cmake", ".table", ".toml", ".awk", ".supp"}
           or p.name in {"CMakeLists.txt", "Doxyfile", "build.sh", "exports.txt", "options.txt"} or p.name.endswith(".in")]
scripts = [p for p in scripts if not re.search(r"house/(check|seeds)_\w+\.py$", name(p))]  # they name what has gone, too
code = {name(p): stripped(p) for p in [*sources, *scripts]}
words_of = {where: set(WORD.findall(text)) for where, text in code.items()}
ours = set().union(*words_of.values(), (p.stem for p in everything))
ours |= {"MICA_" + word for word in re.findall(r'"(\w+)"', code.get("observe/option_rules.c", ""))}
ours |= {w for text in code.values() for w in re.findall(r"[\w-]*\w-[\w-]*\w", text)}  # tools' and options' names
written = set().union(*(re.findall(r"[\w-]+\.\w+", text) for where, text in code.items() if where.startswith("bench/")))  # results
written |= {f"{stem}.{kind}" for stem in re.findall(r'"([\w-]+)"', code.get("bench/suite/pools_report.py", "")) for kind in ("txt", "svg")}
others = listed()
system = system_words(sources)
known = ours | system | {word[:-2] for word in system if word.endswith("_t")}
shortened = {known_word[:i + 1] for known_word in known for i, c in enumerate(known_word) if c == "_"}  # of mica_x_y: mica_, mica_x_
ending = {known_word[i:] for known_word in known for i, c in enumerate(known_word) if c == "_"}
used_names = set()


def exists(word):
    if word in others and word not in known:
        used_names.add(word)
        return True
    return word in known or "MICA_" + word in known or (word.endswith("_") and word in shortened) or (word.startswith("_") and word in ending)


def is_system_header(path):
    places = [Path("/usr/include"), *Path("/usr/include").glob("*-linux-*")]
    return any((place / path).is_file() for place in places)


def is_file(path, near):
    path = path.removeprefix("./").rstrip("/")
    if path == "build" or path.startswith(("build/", "../", "/")) or path in others or is_system_header(path):
        used_names.update({path} & others.keys())
        return True
    places = [path, f"{near}/{path}", f"include/{path}"]
    if path in tails or tails.intersection(places) or path.split("/")[-1] in written:
        return True
    path = re.sub(r"\b[A-Z]+\b(?!\.md)", "*", path)  # NAME.sh
    return "*" in path and bool(fnmatch.filter(tails, path)) or bool(fnmatch.filter(tails, path + ".c*"))  # a program


def braces(path):
    """a{b,c} is ab and ac."""
    match = re.search(r"\{([^{}]*,[^{}]*)\}", path)
    return [path] if not match else [p for part in match[1].split(",") for p in braces(path[:match.start()] + part + path[match.end():])]


# ---- documents ----
PREFIXED = {"notes/interface.md"}  # writes a prefix once: `mi_heap_` `malloc`


def gone_of(span, near, prefixes):
    """The names in a marked span that are not there; before some there is one of the prefixes, marked in the same line."""
    span = span.strip()
    if span.startswith("./build.sh"):
        verb = re.match(r"\./build\.sh ([a-z]+)", span)
        return [span] if verb and f"verb_{verb[1]}()" not in code["build.sh"] else []
    if re.fullmatch(r"[\w.*{},/-]+", span) and ("/" in span or FILE.fullmatch(span)) and re.search(r"[a-z]", span) and not span.startswith("-"):
        return [p for p in braces(span) if not is_file(p, near)]
    found = [w for w in re.findall(r"(?<![\w-])--[a-z][\w-]*", span) if not {w, w[2:]} & ours and w not in others]
    if re.fullmatch(r"[a-z][\w.+]*-[\w.+-]+", span):  # a tool or a package
        return [] if span in ours or exists(span) else [span]
    expression = re.sub(r'"[^"]*"|[\w.-]*/[\w./-]*|(?<![\w-])--?[a-zA-Z][\w-]*|(?<!\w)\d\w*', " ", span)
    whole = re.fullmatch(r"[\w.>*&\[\]()+-]+", re.sub(r"\s|->", "", span))
    is_prose = " " in span and not re.search(r"[-=<>&|()\[\]{},;*]", span)
    for word in WORD.findall(expression):
        if (("_" in word and len(word) > 1) or (whole and not is_prose and len(word) > 2)) and not which(word) and not any(exists(prefix + word) for prefix in prefixes):
            found.append(word)
    return found


def check_document(path):
    text, where = path.read_text(), name(path)
    in_block = False
    for number, line in enumerate(text.split("\n"), 1):
        in_block ^= line.lstrip().startswith("```")
        spans = [] if in_block else MARKED.findall(line)
        prefixes = ["", *(span for span in spans if where in PREFIXED and re.fullmatch(r"mi_\w*", span))]
        for span in spans:
            for gone in gone_of(span, name(path.parent) if path.parent != ROOT else "", prefixes):
                violations.append(f"{where}:{number}: {gone}")
    for match in re.finditer(r"`(\w+)(?:\([^`]*\))?`\s+\(`((?:\w+/)+\w+\.[ch])`", text):
        if match[2] in code and not re.search(rf"\b{match[1]}\b", code[match[2]]):
            violations.append(f"{where}:{text.count(chr(10), 0, match.start()) + 1}: {match[1]}, which is not in {match[2]}")


# ---- comments ----
def check_comments(path):
    text, where = path.read_text(), name(path)
    arguments = {word for usage in re.findall(r"usage:[^\n]*", text, re.I) for word in re.findall(r"\b[A-Z][A-Z_]+\b", usage)}
    for token in TOKEN.finditer(text):
        if token.group()[0] != "/":
            continue
        start = text.count("\n", 0, token.start()) + 1
        for offset, line in enumerate(token.group().split("\n")):
            line = re.sub(r"https?://\S+", "", line)
            gone = [f for f in FILE.findall(line) if not is_file(f, name(path.parent))]
            line = FILE.sub(" ", line)
            gone += [w for w in re.findall(r"(?<![\w%<$.-])[A-Za-z]\w*_\w*", line) if w not in arguments and "_NAME" not in w and not exists(w)]
            gone += [p for p in re.findall(rf"(?<![\w/.<-])(?:{'|'.join(ROOMS)}|{TOOL}|tests|bench|notes)/\w+(?![\w.*/])", line) if not is_file(p, "")]
            violations.extend(f"{where}:{start + offset}: {word}" for word in dict.fromkeys(gone))


# ---- macros that a command line sets ----
def check_defined(path):
    for number, line in enumerate(path.read_text().split("\n"), 1):
        for macro in re.findall(r"(?<![\w-])-D([A-Za-z_]\w*)", line):
            elsewhere = any(macro in words for where, words in words_of.items() if where != name(path))
            if not macro.startswith("CMAKE_") and not elsewhere and not re.search(rf"(?<!-D)\b{macro}\b", path.read_text()):
                violations.append(f"{name(path)}:{number}: -D{macro}")


# ---- "Used by" ----
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.M)


def included():
    """file -> the files of ours that it includes, directly or by way of others."""
    direct = {}
    for path in sources:
        near = name(path.parent)
        places = [[p, f"{near}/{p}", f"include/{p}"] for p in INCLUDE.findall(path.read_text())]
        direct[name(path)] = {q for three in places for q in three if q in paths}
    reach = {}
    for start in direct:
        seen, waiting = set(), [start]
        while waiting:
            for to in direct.get(waiting.pop(), ()):
                if to not in seen:
                    seen.add(to)
                    waiting.append(to)
        reach[start] = seen
    return direct, reach


def users_named(words):
    """The files and rooms of a sentence that begins with Used by."""
    for word in re.findall(r"[\w/*-]+(?:\.\w+)?", words):
        if re.search(r"\.(c|h|cc)$", word) or word.rstrip("/") in ROOMS:
            yield word.rstrip("/")


def check_users(path, direct, reach):
    text, where = path.read_text(), name(path)
    head = re.match(r"/\*.*?\*/", text, re.S)
    if not head:
        return
    words = " ".join(re.sub(r"^\s*\*", " ", head.group(), flags=re.M).split())
    room = where.split("/")[0]
    for sentence in re.findall(r"\bUsed by ([^;:]*?)(?:[;:]|\.(?: |$)|\*/)", words):
        for user in users_named(sentence):
            if user in ROOMS:
                includers = [f for f in reach if f.startswith(user + "/") and where in reach[f]]
            else:
                includers = [f for f in reach if fnmatch.fnmatch(f, user) or fnmatch.fnmatch(f, "*/" + user)]
                includers = [f for f in includers if where in reach[f]]
            if not includers:
                violations.append(f"{where}:1: used by {user}, which does not include it")
    if re.search(r"only files of this room include", words, re.I):
        for user in sorted(f for f in direct if where in direct[f] and f.split("/")[0] not in (room, "tests")):
            violations.append(f"{where}:1: only this room includes it, and {user} does")


documents = [*sorted(ROOT.glob("*.md")), *files(["notes", "doc", "tests", "bench"], ".md")]
for document in documents:
    if document.name not in {"CHANGELOG.md", "glossary.md"}:  # what was, and what others say
        check_document(document)
for path in sources:
    check_comments(path)
for path in files(["tests"], ".table", ".sh"):
    check_defined(path)
direct, reach = included()
for path in files([*PRODUCT, TOOL, "tests", "bench"], ".h"):
    check_users(path, direct, reach)
for word in sorted(others.keys() - used_names):
    if ROOT == Path(__file__).parents[2].resolve():
        violations.append(f"tests/house/known_names.txt:{others[word]}: {word}: named nowhere, or known without it")
report(list(dict.fromkeys(violations)), documents)
