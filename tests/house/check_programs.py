#!/usr/bin/python3
"""./build.sh programs tells what it should of programs made for it: the same, something else, a failure under mica only or
under the C library, too, a package that is not there; that the peak is the largest process's; and it leaves nobody behind."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from source import ROOT, report

HEAD = f'# {{}}\n# packages: {{}}\n. "{ROOT}/tests/programs/preload.bash"\nworkload() {{{{\n'
SLEEP = "100000"
# name, packages, body of workload, what is said of it
MADE = (
    ("fine", "bash", "under bash -c 'echo hello'; under cat <<<more", "same"),
    ("large", "bash", "under perl -e 'print length(\"x\" x 200000000)'; under bash -c :; echo", "same"),
    ("differs", "bash", "under bash -c 'echo ${LD_PRELOAD##*/}'", "fails under mica only: says something else: "),
    ("dies", "bash", "under bash -c 'echo x; [ -z \"$LD_PRELOAD\" ] || kill -SEGV $$'", "fails under mica only: exit status 139"),
    ("broken", "bash", "under bash -c 'echo x; exit 7'", "fails under the C library, too: exit status 7"),
    ("silent", "bash", "under true", "fails under the C library, too: said nothing"),
    ("unmeasured", "bash", "echo x", "fails under the C library, too: nothing was measured"),
    ("absent", "no-such-package", "echo x", "not installed: no-such-package"),
    ("leaves", "bash", f"setsid sleep {SLEEP} >&2 & under echo x", "same"),
    ("serves", "bash", f"serve sleep {SLEEP}; under echo x; false", "fails under the C library, too: exit status 1"),
    ("ends", "bash", f"serve bash -c 'touch ready; exec sleep {SLEEP}'; answered test -e ready; served", "same"),
)

violations = []


def expect(what, wanted, found):
    if wanted != found:
        violations.append(f"{what}: {found!r}, not {wanted!r}")


def still_sleeping():
    """Processes that a program has left behind."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"sleep\0{SLEEP}\0".encode() in file.read_bytes():
                found.append(file.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return found


def programs(place, *words):
    """The front door; its exit status, stdout and stderr."""
    command = [ROOT / "build.sh", "programs", "--without", "peers", "--scripts", place / "scripts", "--results",
               place / "results", *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1800, check=False)
    return done.returncode, done.stdout, done.stderr


def make(place):
    (place / "scripts").mkdir()
    for name, packages, body, _ in MADE:
        script = place / "scripts" / f"{name}.sh"
        script.write_text("#!/usr/bin/env bash\n" + HEAD.format(name, packages) + body + "\n}\ncompare\n", encoding="utf-8")
        script.chmod(0o755)


def check(place):
    make(place)
    status, said, complained = programs(place, "--rounds", "2")
    expect("exit status", 1, status)
    text = " ".join(said.split())
    results = list((place / "results").glob("*/programs.json"))
    if len(results) != 1:
        violations.append(f"{len(results)} results: {complained[-2000:]}")
        return
    sys.path.insert(0, str(ROOT / "bench/suite"))
    import figures
    import programs_report
    document = json.loads(results[0].read_text(encoding="utf-8"))
    found = figures.Figures(document)
    for name, _, _, wanted in MADE:
        if name == "absent":
            expect("what is not installed", {"absent": ["no-such-package"]}, document["not_installed"])
            told = wanted if wanted in text else said
        else:
            told = programs_report.verdict(found, name)
        if not told.startswith(wanted):
            violations.append(f"{name}: {told!r}, not {wanted!r}")
    for allocator in ("libc", "mica"):
        expect(f"rounds under {allocator}", 2, len(found.values("fine", allocator, "cpu")))
        peak = found.peak("large", allocator) or 0
        if not 190_000 < peak < 450_000:
            violations.append(f"the peak of a process with 200 MB under {allocator}: {peak} KiB")
    if "9 of them run" in text or "11 programs" in text or "10 programs, 6 of them run under the C library, and 2 of" not in text:
        violations.append(f"the closing line: {said[-300:]}")
    status, _, _ = programs(place, "--rounds", "1", "fine")
    expect("exit status of what is fine", 0, status)
    status, _, complained = programs(place, "no-such-program")
    expect("exit status with a name that is not there", 2, status)


def main():
    before = still_sleeping()
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        check(Path(place))
    expect("what is left behind", before, still_sleeping())
    report(violations, [ROOT / "bench/suite/programs.py"])


main()
