"""machine.py -- what a result has to say of the machine that it is from."""
import datetime
import os
import re
import subprocess
from pathlib import Path


def first_match(path, pattern):
    """The first group of the pattern in the file's text, or nothing."""
    try:
        found = re.search(pattern, Path(path).read_text(encoding="utf-8", errors="replace"), re.M)
    except OSError:
        return ""
    return found[1].strip() if found else ""


def git(root, *words):
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def revision(root):
    """The revision of the tree, with a + where files differ from it; empty where there is no git."""
    commit = git(root, "rev-parse", "--short=12", "HEAD")
    return commit + ("+" if commit and git(root, "status", "--porcelain", "--untracked-files=no") else "")


def version(root):
    return first_match(Path(root) / "include/mica/base.h", r'^#define MICA_VERSION_STRING "(.*)"$')


def describe(root):
    """The machine, the system and the moment."""
    kib = first_match("/proc/meminfo", r"^MemTotal:\s+(\d+) kB$")
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or os.uname().machine,
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int(kib) // 1024 if kib else 0,
        "kernel": f"{os.uname().sysname} {os.uname().release} {os.uname().machine}",
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "huge_pages": first_match("/sys/kernel/mm/transparent_hugepage/enabled", r"\[(\w+)\]"),
        "load": round(os.getloadavg()[0], 2),
        "revision": revision(root),
    }


def line(machine):
    """One line of it."""
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.0f} GiB, {machine['kernel']}, "
            f"{machine['system']}, revision {machine['revision'] or 'unknown'}, {machine['date']}")
