#!/usr/bin/env python3
"""The probes of notes/probes.md are those of the sources, and those of the library's notes, with as many arguments; and where gdb
is there, a program that runs to them hits each as often as the statistics count what it stands for.

In a library that was built without <sys/sdt.h> there are none, which is a violation: the suite has the header."""
import re
import subprocess
import tempfile
from pathlib import Path
from shutil import which

from interface import BUILD
from source import PRODUCT, ROOT, bare, files, report

PROGRAM = r"""
#include <mica.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void* kept[4000];
static void* work(void* arg) {
  for (int i = 0; i < 4000; i++) kept[i] = malloc(1000);
  return arg;
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0); /* no block of stdio's behind the figures */
  pthread_t thread;
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, NULL); /* its pages are abandoned */
  for (int i = 0; i < 2000; i++) free(kept[i]);
  mi_collect(true);
  void* held = NULL;
  for (int i = 0; i < 1000; i++) held = malloc(1000); /* from some of those pages */
  void* large[40];
  for (int i = 0; i < 40; i++) large[i] = malloc((size_t)1 << 20);
  for (int i = 0; i < 40; i++) free(large[i]);
  mi_collect(true);
  mi_heap_t* heap = mi_heap_new();
  mi_heap_set_limit(heap, 1 << 20);
  if (mi_heap_malloc(heap, 2 << 20) != NULL) return 1;
  mi_process_set_limit((size_t)64 << 20);
  if (malloc((size_t)65 << 20) != NULL) return 1;
  mi_stats_t s;
  mi_stats_init(&s);
  mi_stats_get(&s);
  printf("STATS page_born=%lld page_abandoned=%lld page_reclaimed=%lld large_born=%lld arena_made=%lld purged=%lld\n",
         (long long)(s.pages.total - s.malloc_huge_count.total), (long long)s.pages_abandoned.total,
         (long long)s.pages_reclaimed.total, (long long)s.malloc_huge_count.total, (long long)s.arena_count.total,
         (long long)s.purged.total / 65536);
  fflush(stdout);
  _Exit(held == NULL);
}
"""
violations = []


def documented():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", (ROOT / "notes/probes.md").read_text(), re.M)
    return {name: len(arguments.split(",")) for name, arguments in rows}


def sources():
    """{probe: arguments}: each place of a probe has as many."""
    found = {}
    for path in files(PRODUCT, ".c", ".h"):
        if path.name.startswith("probe"):
            continue
        for n, probe in re.findall(r"\bMICA_PROBE(?:_CALL)?(\d?)\((\w+)", bare(path.read_text())):
            if found.setdefault(probe, int(n or 0)) != int(n or 0):
                violations.append(f"{probe}: not everywhere with as many arguments")
    return found


def noted(library):
    text = subprocess.run(["readelf", "-n", library], check=True, capture_output=True, text=True).stdout
    rows = re.findall(r"Provider: mica\s+Name: (\w+)\s+Location:[^\n]*\s+Arguments:([^\n]*)", text)
    found = {}
    for name, arguments in rows:
        n = len(re.findall(r"-?\d+@", arguments))
        if found.setdefault(name, n) != n:
            violations.append(f"{library}: {name}: not everywhere with as many arguments")
    return found


def compare(where, found, wanted):
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            violations.append(f"{where}: {name} has {found.get(name, 'no place')}, in notes/probes.md {wanted.get(name, 'no row')}")


def hits(names):
    """What the statistics count, and how often each probe was hit, purged by its argument."""
    place = Path(tempfile.mkdtemp())
    (place / "work.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-g", "-O0", f"-I{ROOT}/include", str(place / "work.c"), "-o", str(place / "work"), f"{BUILD}/libmica.so",
                    f"-Wl,-rpath,{Path(BUILD).resolve()}", "-pthread"], check=True)
    script = ["set pagination off", "set confirm off", "set breakpoint pending on", "set debuginfod enabled off"]
    for name in names:
        script += [f"break -probe-stap mica:{name}", "commands", "silent", f'printf "HIT {name} %ld\\n", (long)$_probe_arg0', "continue",
                   "end"]
    (place / "script").write_text("\n".join([*script, "run", "quit"]) + "\n")
    text = subprocess.run(["gdb", "-q", "-nx", "-batch", "-x", str(place / "script"), str(place / "work")], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=250).stdout
    for file in place.iterdir():
        file.unlink()
    place.rmdir()
    counted = {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", "".join(re.findall(r"STATS .*", text)))}
    found = {name: 0 for name in names}
    for name, argument in re.findall(r"HIT (\w+) (-?\d+)", text):
        found[name] += int(argument) if name == "purged" else 1
    return counted, found, text


wanted = documented()
compare("sources", sources(), wanted)
compare(BUILD + "/libmica.so", noted(BUILD + "/libmica.so"), wanted)
if which("gdb") and not violations:
    counted, found, text = hits([n for n in wanted if not n.startswith("sample_")])
    if len(counted) != 6 or min(counted.values()) < 1:
        violations.append(f"the program did not come to its probes: {counted}: {text[-600:]}")
    for name in counted:
        if found[name] != counted[name]:
            violations.append(f"{name}: hit {found[name]} times, counted {counted[name]}")
    for name in ("limit_refused", "heap_limit_refused", "large_gone", "page_gone"):
        if found[name] < 1:
            violations.append(f"{name}: not hit")
report(violations, wanted)
