#!/usr/bin/env python3
"""Runs the models under Relacy: every situation of the tables on random schedules and on every schedule with few
preemptions (two; one where the situation is long), and every mutant, which must be caught. A mutant that does not compile,
that crashes the driver or that runs out of time is not caught.

    check.py [--soak] [--only TEXT]...    --soak: 500 times the schedules, three preemptions for all, no time limit, progress
                                          --only: only lines whose name contains one of the texts; no sums

PASS or FAIL, a line for each; returns the number of failures. tables.py says what a table is."""
import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tables
from tables import HERE, ROOT, Mistake

PROCESSES = 2
LIMIT = 1800  # seconds for a search; a mutant's in any case
LEAST_EXECUTIONS, LEAST_MUTANTS = 10_000_000, 20
LINKER = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []  # a third of the usual one's time
COMPILER = ["clang++", "-std=c++17", "-fno-sized-deallocation", "-w"]
OPTIMIZED, QUICK = "-O2", "-O0"  # the search and what it calls; a model, whose compilation takes longer than its search


class Run:
    """One run of everything: how far to search, where to build, what came out."""

    def __init__(self, options, work):
        self.soak, self.only, self.work = options.soak, options.only, Path(work)
        self.schedules = "10000000" if self.soak else "20000"
        self.level = OPTIMIZED if self.soak else QUICK
        self.limit = None if self.soak else LIMIT
        self.lock = threading.Lock()
        self.failures = self.executions = self.caught = self.left = 0
        self.programs = {}
        self.begin = time.monotonic()

    def searches(self, situation):
        return [f"bound={3 if self.soak else 1 if situation.long else 2}", self.schedules]

    def wants(self, name):
        return not self.only or any(text in name for text in self.only)

    def say(self, passed, name, text):
        with self.lock:
            self.failures += not passed
            self.left -= self.left > 0
            note = f" [{time.monotonic() - self.begin:.0f} s, {self.left} left]" if self.soak else ""
            print(f"{'PASS' if passed else 'FAIL'} model/{name}: {text}{note}", flush=True)


def precompile(run):
    """What does not depend on the situation: Relacy's headers, with an object of what they put in line, and the search."""
    header, search, inline = (run.work / name for name in ("relacy_shim.pch", "search.o", "inline.o"))
    include = f"-I{HERE / 'shim'}"
    subprocess.run([*COMPILER, run.level, include, "-fpch-instantiate-templates", "-Xclang", "-fmodules-codegen", "-x", "c++-header",
                    HERE / "relacy_shim.h", "-o", header], check=True)
    subprocess.run([*COMPILER, OPTIMIZED, "-c", header, "-o", inline], check=True)
    subprocess.run([*COMPILER, OPTIMIZED, include, "-c", HERE / "relacy_search.cpp", "-o", search], check=True)


def compile_model(run, name, situation, flags, includes):
    program = run.work / name
    model = tables.model_path(situation.model, includes)
    command = [*COMPILER, run.level, "-I.", *includes, f"-I{HERE}", f"-I{HERE / 'shim'}", '-DPW_SHIM="relacy_shim.h"',
               f'-DMODEL="{model}"', f"-DSITUATION={situation.number}", *situation.flags, *flags,
               "-include-pch", "relacy_shim.pch", HERE / "relacy.cpp", "search.o", "inline.o", *LINKER, "-o", program]
    done = subprocess.run(command, cwd=run.work, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Mistake("does not compile: " + next((l for l in done.stderr.splitlines() if "error" in l), "?"))
    return program


def search(program, argument, limit):
    """(None or what was violated, executions, CPU seconds); Mistake if the search did not end as one does."""
    try:
        done = subprocess.run([program, argument], capture_output=True, text=True, errors="replace", timeout=limit,
                              check=False)
    except subprocess.TimeoutExpired:
        raise Mistake(f"{argument}: did not end in {limit} s") from None
    lines = done.stdout.splitlines() or ["nothing"]
    word, _, count = lines[-1].partition(" ")
    if word != "executions" or int(count) == 0:
        raise Mistake(f"{argument}: the driver failed, exit status {done.returncode}: {done.stderr.strip() or lines[-1]}")
    said = dict(line.split(" ", 1) for line in lines[-3:] if " " in line)
    violation = said.get("violation")
    if done.returncode != (violation is not None):
        raise Mistake(f"{argument}: exit status {done.returncode}, and violation: {violation}")
    return violation, int(count), float(said["seconds"])


def label(model):
    return model.removesuffix(".h").removesuffix("_model")


def check_situation(run, situation, argument):
    """One of a situation's two searches. The program is compiled by whichever comes first."""
    name = f"{label(situation.model)}/{situation.name}"
    with run.lock:
        lock, program = run.programs.setdefault(name, (threading.Lock(), []))
    try:
        with lock:
            if not program:
                program.append(compile_model(run, name.replace("/", "-"), situation, [], [f"-I{ROOT}"]))
        violation, count, seconds = search(program[0], argument, run.limit)
    except Mistake as mistake:
        run.say(False, name, str(mistake))
        return
    with run.lock:
        run.executions += count
    kind = f"at most {argument[6:]} preemption{'s' * (argument[6:] != '1')}" if argument.startswith("bound=") else "random schedules"
    what = f"{count:,} executions, {kind}, {seconds:.1f} s of CPU time"
    run.say(violation is None, name, what if violation is None else f"{violation} at execution {count:,}, {kind}")


def catch(run, mutant, situations):
    """(situation, what Relacy says, at which execution, in which search) of the first search that sees it, or None."""
    name = "mutant-" + mutant.name
    includes = tables.overlay(mutant, run.work / (name + ".files"))
    programs = []
    for where in mutant.situations:
        situation = next(s for s in situations if (s.model, s.name) == (mutant.model, where))
        programs.append((where, compile_model(run, f"{name}-{where}", situation, mutant.flags, includes)))
    for argument in ("1000000", "bound=2"):
        for where, program in programs:
            violation, count, _ = search(program, argument, LIMIT)
            if violation:
                return where, violation, count, "random" if argument.isdigit() else "at most 2 preemptions"
    return None


def check_mutant(run, mutant, situations):
    name = f"{label(mutant.model)}/mutant/{mutant.name}"
    try:
        found = catch(run, mutant, situations)
    except Mistake as mistake:
        run.say(False, name, str(mistake))
        return
    if found is None:
        run.say(False, name, f"was not caught in situation {', '.join(mutant.situations)}")
        return
    with run.lock:
        run.caught += 1
    where, violation, count, kind = found
    run.say(True, name, f"caught in situation {where}: {violation.lower()} at execution {count:,}, {kind}")


def check_all(run, situations, mutants):
    jobs = []
    for situation in situations:
        if run.wants(f"{label(situation.model)}/{situation.name}"):
            jobs += [(check_situation, run, situation, argument) for argument in run.searches(situation)]
    chosen = [m for m in mutants if run.wants(f"{label(m.model)}/mutant/{m.name}")]
    jobs += [(check_mutant, run, mutant, situations) for mutant in chosen]
    run.left = len(jobs)
    with ThreadPoolExecutor(PROCESSES) as pool:
        for done in [pool.submit(*job) for job in jobs]:
            done.result()
    if not run.only:
        run.say(run.failures == 0 and run.executions >= LEAST_EXECUTIONS, "executions",
                f"{run.executions:,} in all, {run.failures} failures")
        run.say(run.caught == len(chosen) >= LEAST_MUTANTS, "mutants", f"{run.caught} of {len(chosen)} caught")


def main():
    parser = argparse.ArgumentParser(usage="check.py [--soak] [--only TEXT]...")
    parser.add_argument("--soak", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    with tempfile.TemporaryDirectory() as work:
        run = Run(parser.parse_args(), work)
        try:
            situations, mutants = tables.read()
            precompile(run)
            check_all(run, situations, mutants)
        except Mistake as mistake:
            run.say(False, "tables", str(mistake))
    sys.exit(min(run.failures, 100))


main()
