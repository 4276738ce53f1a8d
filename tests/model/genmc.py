#!/usr/bin/env python3
"""The same models under GenMC: all executions that RC11 allows, where `genmc` is installed (or GENMC names it). Where it is not,
this is said. In any case each situation's driver is compiled and run natively many times.

    genmc.py [--native] [--only TEXT]...     --native: GenMC is not asked for

A situation passes if GenMC ends with exit status 0, more than 0 complete executions, none blocked and no memory left over. A
mutant is caught if it says what is wrong with an execution; running out of time is neither. PASS or FAIL, a line for each;
returns the number of failures."""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import tables
from tables import HERE, ROOT, Mistake

ROUNDS, LIMIT = 1000, 600
OPTIONS = ["--rc11", "--disable-estimation", "--disable-spin-assume"]
COMPILER = ["gcc", "-std=c11", "-O2", "-pthread", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
            "-Wno-stringop-overflow"]  # a page that nobody owns is never told, which the compiler cannot know

failures = 0


def say(passed, name, text):
    global failures
    failures += not passed
    print(f"{'PASS' if passed else 'FAIL'} model/{name}: {text}", flush=True)


def flags_of(situation, flags, includes):
    model = tables.model_path(situation.model, includes)
    return [*includes, f"-I{HERE}", f'-DMODEL="{model}"', f"-DSITUATION={situation.number}", *situation.flags, *flags]


def run(command, what):
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise Mistake(f"{what} did not end in {LIMIT} s") from None


def natively(situation, work):
    program = f"{work}/native"
    built = run([*COMPILER, f"-DROUNDS={ROUNDS}", *flags_of(situation, [], [f"-I{ROOT}"]), HERE / "genmc.c", "-o", program],
                "the compiler")
    if built.returncode != 0:
        raise Mistake("does not compile: " + next((l for l in built.stderr.splitlines() if "error" in l), "?"))
    done = run([program], "the native driver")
    if done.returncode != 0:
        raise Mistake(f"natively: exit status {done.returncode}: {done.stderr.strip()}")
    return f"runs natively, {ROUNDS:,} times"


def under_genmc(genmc, situation, flags, includes):
    """(what is wrong or None, complete executions)"""
    done = run([genmc, *OPTIONS, "--", *flags_of(situation, flags, includes), HERE / "genmc.c"], "GenMC")
    text = done.stdout + done.stderr
    counts = [re.search(rf"{what}[^:\n]*: *(\d+)", text) for what in ("complete executions", "blocked executions")]
    complete, blocked = (int(found[1]) if found else 0 for found in counts)
    if re.search(r"error: ", text):
        raise Mistake("does not compile: " + re.search(r".*error: .*", text)[0])
    wrong = re.search(r"^.*(?:Error|Unfreed|\b[Rr]ace\b|Assertion|violation|Safety).*$", text, re.M)
    if wrong:
        return wrong[0].strip(), complete
    if done.returncode != 0 or complete == 0 or blocked != 0:
        raise Mistake(f"exit status {done.returncode}, {complete} executions complete, {blocked} blocked")
    return None, complete


def check_situation(genmc, situation, work):
    name = f"genmc/{situation.model.removesuffix('.h')}/{situation.name}"
    try:
        say(True, name, natively(situation, work))
        if genmc:
            wrong, complete = under_genmc(genmc, situation, [], [f"-I{ROOT}"])
            say(wrong is None, name, wrong or f"{complete:,} executions, all there are")
    except Mistake as mistake:
        say(False, name, str(mistake))


def check_mutant(genmc, mutant, situations, work):
    name = f"genmc/{mutant.model.removesuffix('.h')}/mutant/{mutant.name}"
    try:
        includes = tables.overlay(mutant, f"{work}/{mutant.name}")
        for situation in situations:
            if situation.model != mutant.model or situation.name not in mutant.situations:
                continue
            wrong, _ = under_genmc(genmc, situation, mutant.flags, includes)
            if wrong:
                say(True, name, f"caught in situation {situation.name}: {wrong}")
                return
        say(False, name, "was not caught")
    except Mistake as mistake:
        say(False, name, str(mistake))


def main():
    parser = argparse.ArgumentParser(usage="genmc.py [--native] [--only TEXT]...")
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    genmc = None if options.native else shutil.which(os.environ.get("GENMC", "genmc"))
    try:
        situations, mutants = tables.read()
    except Mistake as mistake:
        say(False, "genmc/tables", str(mistake))
        sys.exit(1)
    with tempfile.TemporaryDirectory() as work:
        for situation in situations:
            if not options.only or any(text in f"{situation.model}/{situation.name}" for text in options.only):
                check_situation(genmc, situation, work)
        for mutant in mutants if genmc else []:
            if not options.only or any(text in mutant.name for text in options.only):
                check_mutant(genmc, mutant, situations, work)
    if not genmc and not options.native:
        print("genmc is not installed here: the models were only run natively, which shows little. Relacy is run by run.sh.")
    sys.exit(min(failures, 100))


main()
