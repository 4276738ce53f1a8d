#!/usr/bin/env python3
"""The examples of doc/examples/ build without a warning and do what they say. service.c is asked for its three pages: the figures
for Prometheus are in the form that Prometheus reads, and the same as those of the JSON; the profile is one."""
import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from interface import BUILD
from source import ROOT, report

EXAMPLES = ROOT / "doc/examples"
# What the JSON calls the figures of /metrics that do not change while nobody allocates much: within a part of it, for the
# server does.
SAME = {"mica_mapped_bytes": ("reserved", "current"), "mica_active_bytes": ("page_committed", "current"),
        "mica_resident_bytes": ("committed", "current"), "mica_heaps": ("heaps", "current"), "mica_arenas_total": ("arena_count",)}
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z]+=\"[^\"\\]*\"(?:,[a-z]+=\"[^\"\\]*\")*\})? (-?\d+)")
violations = []


def built(source, place, *packages):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], check=True, capture_output=True, text=True).stdout.split()
    program = str(place / Path(source).stem)
    done = subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O2", f"-I{ROOT}/include",
                           str(EXAMPLES / source), "-o", program, f"{BUILD}/libmica.so", f"-Wl,-rpath,{Path(BUILD).resolve()}", *flags],
                          capture_output=True, text=True)
    if done.returncode != 0:
        violations.append(f"{source}: {done.stderr}")
    return program


def asked(address):
    """(status, type, text)"""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def samples(text):
    """{name: value}, each with its HELP and TYPE directly above it, and by the rules of names."""
    found, lines = {}, text.split("\n")
    if lines.pop() != "" or len(lines) % 3:
        violations.append("/metrics: not three lines for each figure")
    for help_line, type_line, line in zip(lines[::3], lines[1::3], lines[2::3]):
        match = SAMPLE.fullmatch(line)
        if match is None or match[1] in found:
            violations.append(f"/metrics: not understood, or twice: {line}")
            continue
        kind = "counter" if match[1].endswith("_total") else "gauge"
        if not re.fullmatch(rf"# HELP {match[1]} \S.*\.", help_line) or type_line != f"# TYPE {match[1]} {kind}":
            violations.append(f"/metrics: {match[1]}: {help_line}; {type_line}")
        found[match[1]] = int(match[3])
    return found


def check_figures(metrics, figures):
    if figures.get("version") != int(re.search(r"MI_STAT_VERSION (\d+)", (ROOT / "include/mica/stats.h").read_text())[1]):
        violations.append(f"/heap.json: version {figures.get('version')}")
    for name, way in SAME.items():
        value = figures
        for step in way:
            value = value[step]
        if name not in metrics or abs(metrics[name] - value) > value // 4:
            violations.append(f"{name} is {metrics.get(name)}, in the JSON {value}")
    if not 0 < metrics["mica_allocated_bytes"] <= metrics["mica_active_bytes"] <= metrics["mica_resident_bytes"] <= metrics[
            "mica_mapped_bytes"]:
        violations.append(f"/metrics: the four are not in order: {metrics}")


def check_service(place):
    program = built("service.c", place, "libmicrohttpd")
    if violations:
        return
    server = subprocess.Popen([program, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().strip()
    status, kind, text = asked(address + "/metrics")
    metrics = samples(text)
    if (status, kind) != (200, "text/plain; version=0.0.4"):
        violations.append(f"/metrics: {status}, {kind}")
    status, kind, text = asked(address + "/heap.json")
    if (status, kind) != (200, "application/json"):
        violations.append(f"/heap.json: {status}, {kind}")
    check_figures(metrics, json.loads(text))
    status, _, text = asked(address + "/pprof/heap")
    if status != 200 or not re.match(r"heap profile: +\d+: +\d+ \[ *\d+: +\d+\] @ heap", text) or "MAPPED_LIBRARIES" not in text:
        violations.append(f"/pprof/heap: {status}: {text[:100]}")
    status, _, text = asked(address + "/other")
    if status != 404:
        violations.append(f"/other: {status}")
    server.stdin.close()
    if server.wait(60) != 0:
        violations.append(f"service: exit status {server.returncode}")
    for wrong in ([], ["x", "y"], ["70000"], ["-1"]):
        done = subprocess.run([program, *wrong], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode != 2 or done.stderr != "usage: service PORT\n":
            violations.append(f"service {wrong}: {done.returncode}: {done.stderr}")


with tempfile.TemporaryDirectory() as folder:
    check_service(Path(folder))
report(violations, [p.name for p in EXAMPLES.glob("*.c")])
