#!/usr/bin/env python3
"""Every function that mica.h declares is defined in both libraries and called by some test."""
import re
import subprocess

from interface import BUILD, declared, exported
from source import bare, files, report

calls = set()
for source in files(["tests"], ".c", ".cc", ".h"):
    calls.update(re.findall(r"\b(mi_\w+)\s*\(", bare(source.read_text())))
shared = exported(BUILD + "/libmica.so")
archive = subprocess.run(["nm", "--defined-only", BUILD + "/libmica.a"], check=True, capture_output=True, text=True).stdout
static = {line.split()[-1] for line in archive.splitlines() if " " in line}
violations = []
for function in sorted(declared()):
    if function not in shared:
        violations.append(f"declared in mica.h, not defined in libmica.so: {function}")
    if function not in static:
        violations.append(f"declared in mica.h, not defined in libmica.a: {function}")
    if function not in calls:
        violations.append(f"declared in mica.h, called by no test: {function}")
report(violations, declared())
