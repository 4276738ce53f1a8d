#!/usr/bin/env python3
"""The reference is made without a warning and has every function; the manual page is well-formed and names only what there is."""
import re
import subprocess

from interface import declared
from source import ROOT, report

violations = []


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    return done.returncode, done.stdout + done.stderr


status, output = run(ROOT / "build.sh", "docs")
if status:
    violations.append(f"./build.sh docs: exit status {status}\n{output.strip()}")
pages = "".join(page.read_text() for page in (ROOT / "build/docs/html").glob("*_8h.html"))
described = set(re.findall(r'<h2 class="memtitle">.*?(\w+)\(\)', pages))
violations += [f"not in the reference: {name}" for name in sorted(declared() - described)]

page = ROOT / "doc/mica.3"
status, output = run("mandoc", "-T", "lint", "-W", "warning", page)
violations += [f"doc/mica.3: {line}" for line in output.splitlines()]
manual = page.read_text()
named = set(re.findall(r"^\.Fn (mi_\w+)", manual, re.M))
violations += [f"doc/mica.3: no such function: {name}" for name in sorted(named - declared())]
options = set(re.findall(r"\bmi_option_(\w+)", (ROOT / "include/mica/options.h").read_text()))
variables = {name.lower() for name in re.findall(r"^\.It Ev MICA_(\w+)", manual, re.M)}
violations += [f"doc/mica.3: no such option: {name}" for name in sorted(variables - options)]
report(violations, described & named and variables)
