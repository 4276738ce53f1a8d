"""The functions that the public headers declare, and the symbols that a library defines."""
import os
import re
import subprocess

from source import ROOT, bare

BUILD = os.environ.get("MICA_BUILD", str(ROOT / "build/release"))


def public_headers():
    """The files of the interface: mica.h and those that it includes."""
    first = ROOT / "include/mica.h"
    rest = re.findall(r"^#include <(mica/\w+\.h)>", first.read_text(), re.M)
    return [first, *(ROOT / "include" / path for path in rest)]


def declared():
    """The names of all functions with external linkage that the public headers declare."""
    return set().union(*(declared_in(header) for header in public_headers()))


def declared_in(header):
    text = bare(header.read_text())
    text = re.sub(r"\\\n", " ", text)
    macros = set(re.findall(r"^\s*#\s*define\s+(\w+)", text, re.M))
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    text = re.sub(r'extern\s+""\s*\{', "", text)
    while re.search(r"\{[^{}]*\}", text):  # bodies of structures and of inline functions
        text = re.sub(r"\{[^{}]*\}", " BODY ", text)
    names = set()
    for statement in re.split(r";|(?<=BODY)\s", text):
        if re.search(r"\btypedef\b|\bBODY\b", statement):
            continue
        calls = [n for n in re.findall(r"\b(mi_\w+)\s*\(", statement) if n not in macros]
        names.update(calls[:1])
    return names


def exported(library):
    """The names that a shared library defines for others."""
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in output.splitlines() if line.strip()}
