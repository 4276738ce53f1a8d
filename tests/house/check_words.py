#!/usr/bin/env python3
"""One word, one meaning: words that the sources once had for something, and have another one for now, are in no identifier, no
file's name and no comment. An identifier is read by its parts, split at _ and where the case changes: hot_lost has hot. The
public headers' names are the interface's; README.md, CHANGELOG.md and notes/glossary.md speak of other allocators, too."""
import re
from functools import lru_cache
from pathlib import Path

from source import ROOMS, ROOT, TOOL, bare, files, name, report

ALL = [*ROOMS, TOOL, "tests", "bench"]
INSIDE = [*ROOMS, "tests/model", "tests/stress", "tests/page"]  # elsewhere such a word may be plain English
POOL = ["pool", *(f"tests/model/{model}" for model in ("tasks.table", "tasks_model.h", "block_count.table", "block_count_model.h"))]

# words, where they are retired, what the sources say instead
WORDS = [
    ("hot hots", ALL, "cache"),
    ("stock stocks", ALL, "bin"),
    ("charged", ["heap", "page"], "outstanding"),
    ("detach detached detaches detaching settle settled settles settling", ALL, "abandon, abandoned"),
    ("kept", INSIDE, "dedicated; kept is what is cached though idle"),
    ("told tell tells heard hear hears", INSIDE, "notify, drain, callback"),
    ("roll rolls rolled", ALL, "large-page registry, registered"),
    ("bond bonds", ALL, "ownership word"),
    ("room", INSIDE, "left, bytes, usable, quota"),
    ("bind binds unbind", ALL, "attach"),
    ("bound", ["heap/first_class"], "attached"),
    ("park parks parked unpark", ALL, "idle, tagged stack"),
    ("spot spots", ALL, "hint"),
    ("token tokens", INSIDE, "owner"),
    ("watch watches watched", [*INSIDE, "tests/bugs", "tests/valgrind"], "track, tracked"),
    ("forms", ROOMS, "alloc helpers"),
    ("figures", ROOMS, "stats"),
    ("seat seats", ALL, "thread slot"),
    ("shell shells", POOL, "slot"),
    ("piece pieces", POOL, "block"),
    ("sit sits rise rises", POOL, "acquire, release"),
    ("turn turns", ["base", "tests/model/pair_model.h", *POOL], "generation"),
]

# In comments and notes: a phrase, where, what is said instead.
WRITTEN = [*ALL, "notes", "doc"]
PHRASES = [
    (r"hot lists?", WRITTEN, "cache"),
    (r"stocks?", WRITTEN, "bin"),
    (r"parked (?:heap|theap)s?", WRITTEN, "idle theap"),
    (r"(?:the|a|its|their) rolls?", WRITTEN, "large-page registry"),
    (r"seats?", WRITTEN, "thread slot"),
    (r"shells?", [*POOL, "tests/pool", "tests/stress", "notes/pools.md", "notes/protocol.md"], "slot"),
    (r"(?:settled|detached) pages?", WRITTEN, "abandoned page"),
]

# path of the file or folder: identifiers that may have such a word there. Idle pages that are cached, what is told once more at
# the end, and what others have named.
ALLOWED = {
    "tool/program.c": {"GELF_ST_BIND"},
    "heap": {"kept", "kept_bytes", "KEPT_BUDGET", "KEPT_LITTLE"},
    "observe/output.c": {"KEPT_BYTES", "KEPT_CLOSED", "KEPT_SIZE", "kept", "kept_end"},
    "stats/report.c": {"print_kept"},
    "notes": {"kept", "kept_bytes", "kept_end"},
    "tests/suite.sh": {"suite_settle"},
    "tests/house/check_suite.sh": {"suite_settle"},
    "tests/cross/suite.sh": {"suite_settle"},
    "tests/stress": {"pattern_kept"},
    "tests/page": {"pattern_kept"},
    "tests/valgrind/one.sh": {"LD_BIND_NOW"},
    "tests/programs/haproxy.sh": {"bind"},
    "bench/suite/peers.py": {"LD_BIND_NOW"},
    "bench/webserver/main.c": {"MHD_DAEMON_INFO_BIND_PORT"},
    "bench/suite/runner.py": {"watched"},
}
UNREAD = {"tests/house/check_words.py", "tests/house/check_house_checks.py", "notes/glossary.md"}

CODE = {".c", ".h", ".cc", ".cpp"}
SCRIPTS = {".sh", ".py", ".cmake", ".txt", ".table"}
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def lies_in(where, folders):
    return any(where == folder or where.startswith(folder + "/") for folder in folders)


def retired_in(where):
    """word -> what is said instead, in this file. A script's words and a table's may be plain English, too; a document marks names."""
    marks, is_prose = where.endswith(".md"), Path(where).suffix not in CODE | {".md"}
    return {word: instead for words, folders, instead in WORDS for word in words.split()
            if (folders in (ALL, INSIDE) if marks else lies_in(where, folders)) and not (is_prose and folders is INSIDE)}


def is_allowed(where, identifier):
    return any(identifier in names for place, names in ALLOWED.items() if lies_in(where, [place]))


@lru_cache(None)
def parts(identifier):
    return [part.lower() for part in PART.findall(identifier)]


def check_identifiers(where, text):
    retired = retired_in(where)
    for number, line in enumerate([where.rsplit("/", 1)[-1], *text.split("\n")]):
        for identifier in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", line)):
            for part in parts(identifier):
                if part in retired and not is_allowed(where, identifier):
                    yield f"{where}:{number or 1}: {identifier}: {part} is retired: {retired[part]}"


def marked(text):
    """What stands in `backticks`, each in its line."""
    return "\n".join(" ".join(re.findall(r"`([^`]*)`", line)) for line in text.split("\n"))


def check_phrases(where, text):
    for phrase, folders, instead in PHRASES:
        if lies_in(where, folders):
            for match in re.finditer(rf"\b{phrase}\b".replace(" ", r"[\s*#|]+"), text, re.I):
                said = " ".join(re.sub(r"[*#|]", " ", match.group()).split())
                number = text.count("\n", 0, match.start()) + 1
                yield f"{where}:{number}: {said}: it is called: {instead}"


violations = []
sources = [path for path in files(ALL, *CODE, *SCRIPTS) if name(path) not in UNREAD and "results" not in path.parts]
for path in sources:
    where, text = name(path), path.read_text()
    code = bare(text) if path.suffix in CODE else re.sub(r"#.*", "", text)
    violations += dict.fromkeys(check_identifiers(where, code))
    violations += check_phrases(where, text)
for path in files(["notes", "doc", "tests", "bench"], ".md"):
    if name(path) not in UNREAD:
        violations += check_phrases(name(path), path.read_text())
        violations += dict.fromkeys(check_identifiers(name(path), marked(path.read_text())))
report(violations, sources)
