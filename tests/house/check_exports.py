#!/usr/bin/env python3
"""libmica.so exports the malloc family and the C++ operators of exports.txt, what mica.h declares, and nothing else."""
from pathlib import Path

from interface import BUILD, declared, exported
from source import report

listed = Path(__file__).with_name("exports.txt").read_text().split("\n")
wanted = {line.split("#")[0].strip() for line in listed} - {""} | declared()
found = exported(BUILD + "/libmica.so")
violations = [f"not exported: {n}" for n in sorted(wanted - found)]
violations += [f"exported, but no part of the interface: {n}" for n in sorted(found - wanted)]
report(violations, declared())
