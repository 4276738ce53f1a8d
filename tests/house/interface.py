"""The interface: what the public headers declare and say of it, and the symbols that a library defines."""
import os
import re
import subprocess
from dataclasses import dataclass, field

from source import ROOT, TOKEN, bare, name

BUILD = os.environ.get("MICA_BUILD", str(ROOT / "build/release"))


def public_headers():
    """The files of the interface: mica.h and those that it includes."""
    first = ROOT / "include/mica.h"
    rest = re.findall(r"^#include <(mica/\w+\.h)>", first.read_text(), re.M)
    return [first, *(ROOT / "include" / path for path in rest)]


@dataclass
class Declaration:
    """A function with external linkage. above: the comment above it or above its group; said: that, its section's, and the
    one at its header's head."""
    name: str
    header: str
    line: int
    result: str
    parameters: list = field(default_factory=list)  # (type, name)
    above: str = ""
    said: str = ""


def blanked(text):
    """Code alone: comments, strings' contents, preprocessor lines and what stands in braces are blanked; lines stay."""
    text = bare(text)
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group().count("\n"), text, flags=re.M)
    text = re.sub(r'extern\s+""\s*\{', lambda m: "\n" * m.group().count("\n"), text)
    while re.search(r"\{[^{}]*\}", text):  # bodies of structures and of inline functions
        text = re.sub(r"\{[^{}]*\}", lambda m: " BODY " + "\n" * m.group().count("\n"), text)
    return text


def statements(text):
    """(first line, last line, text) of each statement at file scope."""
    line = 1
    for part in re.split(r"(;|(?<=BODY)\s)", blanked(text)):
        lead = len(part) - len(part.lstrip())
        first = line + part[:lead].count("\n")
        line += part.count("\n")
        if part.strip(" \n\t;}"):
            yield first, first + part.strip().count("\n"), " ".join(part.split())


def comments(text):
    """(first line, last line, words) of each comment that stands on lines of its own."""
    for token in TOKEN.finditer(text):
        before = text[text.rfind("\n", 0, token.start()) + 1:token.start()]
        if token.group()[0] == "/" and not before.strip():
            first = text.count("\n", 0, token.start()) + 1
            body = re.sub(r"^/\*+|\*/$|^\s*\*(?!/)|^//", " ", token.group(), flags=re.M)
            yield first, first + token.group().count("\n"), " ".join(body.split())


def split_parameters(text):
    """The (type, name) of each parameter."""
    found, depth, part = [], 0, ""
    for c in text + ",":
        if c == "," and depth == 0:
            found.append(" ".join(part.split()))
            part = ""
            continue
        depth += (c in "([") - (c in ")]")
        part += c
    pairs = []
    for parameter in found:
        match = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", parameter) or re.search(r"(\w+)\s*(?:\[\w*\])?$", parameter)
        if parameter not in ("", "void") and match:
            pairs.append((parameter[:match.start(1)].strip(), match[1]))
    return pairs


MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)


def titled(words):
    """What a section's comment says, with its title, `---- Title ----`, as a sentence; nothing if that is all."""
    match = re.match(r"-+ *(.*?) *-+(?: |$)(.*)", words)
    return words if not match else f"{match[1]}. {match[2]}" if match[2] else ""


def declarations_of(header, macros):
    text = header.read_text()
    rows = text.split("\n")
    head = "" if header.name == "mica.h" else re.sub(r"^\w+\.h -- ", "", next(comments(text))[2])
    ends = {last: words for _, last, words in comments(text)}
    starts = sorted((first, words) for first, _, words in comments(text) if words.startswith("----"))
    group_end, group, section = -1, "", ""
    for first, last, code in statements(text):
        above = first - 1
        while above > 0 and not rows[above - 1].strip():
            above -= 1
        words = ends.get(above, "")
        if words and (above == first - 1 or words.startswith("----")):
            group = titled(words)
        elif first - 1 != group_end:
            group = ""
        group_end = last
        while starts and starts[0][0] < first:
            section = titled(starts.pop(0)[1])
        if re.match(r"typedef\b|static\b|template\b|using\b", code) or "BODY" in code:
            continue
        for match in re.finditer(r"\b(mi(?:ca)?_\w+)\s*\(", code):
            if match[1] not in macros:
                inside = re.match(r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*", code[match.end():]).group()
                result = [w for w in code[:match.start()].replace("*", " * ").split() if w not in macros]
                yield Declaration(match[1], name(header), first, " ".join(result), split_parameters(inside), group,
                                  " ".join(dict.fromkeys([group, section, head])))
                break


def declarations():
    """Every function that the public headers declare, in their order."""
    macros = set().union(*(MACRO.findall(bare(header.read_text())) for header in public_headers()))
    return [d for header in public_headers() for d in declarations_of(header, macros)]


def declared():
    """The names of all functions with external linkage that the public headers declare."""
    return {d.name for d in declarations()}


def listed(path):
    """name -> (result, parameters) of a list of functions; nothing where it gives names alone."""
    rows = [line.split("\t") for line in path.read_text().split("\n") if line.strip() and line[0] != "#"]
    return {row[0].strip(): tuple(row[1:3]) for row in rows}


def exported(library):
    """The names that a shared library defines for others."""
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in output.splitlines() if line.strip()}


def archived(library):
    """The names that a static library defines for others."""
    output = subprocess.run(["nm", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in output.splitlines()]
    return {row[-1] for row in rows if len(row) == 3 and row[1] in "TW"}
