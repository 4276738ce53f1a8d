"""peers.py -- the allocators that take turns: the C library's own, mica, what is installed, and what is given by name."""
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass

LIBC, MICA, FLOOR = "libc", "mica", "floor"
# Name, file as the dynamic linker knows it, and the Debian package that has it, where one does.
KNOWN = (
    ("mimalloc", "libmimalloc.so.2", "libmimalloc2.0"),
    ("mimalloc3", "libmimalloc.so.3", ""),
    ("jemalloc", "libjemalloc.so.2", "libjemalloc2"),
    ("tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"),
    ("tbbmalloc", "libtbbmalloc_proxy.so.2", "libtbbmalloc2"),
    ("rpmalloc", "librpmalloc.so.1", ""),
    ("snmalloc", "libsnmallocshim.so", ""),
)
# What the dynamic linker says of a symbol that it has found.
BINDING = re.compile(r"binding file \S+ \[\d+\] to (\S+) \[\d+\]: normal symbol `malloc'")


class PeerError(Exception):
    """An allocator that was asked for cannot be used."""


@dataclass(frozen=True)
class Allocator:
    """One that takes turns; an empty path: the C library's, or the floor's, which nothing is preloaded for."""
    name: str
    path: str = ""
    version: str = ""

    @property
    def is_peer(self):
        return self.name not in (MICA, FLOOR)


def clean_environment():
    """What every program is run with: nothing that speaks to an allocator."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C"}


def holder_of_malloc(path):
    """The file that a program's malloc is in when `path` is preloaded; of one that crashes before, nothing."""
    environment = clean_environment() | {"LD_PRELOAD": path, "LD_DEBUG": "bindings", "LD_BIND_NOW": "1"}
    done = subprocess.run(["/bin/true"], env=environment, capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    refused = re.search(r"^.*(cannot be preloaded|symbol lookup error|version .* not found).*$", done.stderr, re.M)
    if refused:
        raise PeerError(refused[0].strip())
    found = BINDING.search(done.stderr)
    return found[1] if found else ""


def check_library(name, path):
    """The absolute path of a library that can be preloaded and has a malloc of its own."""
    if not os.path.isfile(path):
        raise PeerError(f"{name}: no such file: {path}")
    path = os.path.abspath(path)
    if re.search(r"[ :]", path):
        raise PeerError(f"{name}: a path with a space or a colon cannot be preloaded: {path}")
    try:
        holder = holder_of_malloc(path)
    except PeerError as error:
        raise PeerError(f"{name}: {path} does not load: {error}") from error
    if re.match(r"libc[.-]", os.path.basename(holder)):
        raise PeerError(f"{name}: {path} loads, and malloc is still the C library's")
    return path, holder


def linker_names():
    """The libraries that the dynamic linker knows, by name."""
    program = shutil.which("ldconfig") or "/sbin/ldconfig"
    try:
        text = subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return {}
    found = {}
    for name, path in re.findall(r"^\s*(\S+) \([^)]*\) => (\S+)$", text, re.M):
        found.setdefault(name, path)
    return found


def package_version(path):
    """The Debian package that a file is from, with its version; or nothing."""
    if not shutil.which("dpkg-query"):
        return ""
    real = os.path.realpath(path)
    for candidate in (real, real.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            package = found.stdout.split(": ")[0].split(",")[0]
            shown = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${Version}", package], capture_output=True,
                                   text=True, check=False)
            return shown.stdout
    return ""


def installed(without):
    """The known allocators that are installed, and a line for each that is not."""
    names, found, missing = linker_names(), [], []
    for name, library, package in KNOWN:
        if name in without:
            continue
        if library not in names:
            missing.append(f"{name} ({library}" + (f", Debian's {package})" if package else ")"))
            continue
        try:
            path, holder = check_library(name, names[library])
        except PeerError as error:
            missing.append(str(error))
            continue
        if os.path.basename(os.path.realpath(holder)).startswith("libmica"):
            missing.append(f"{name} ({library} is mica's)")
            continue
        found.append(Allocator(name, path, package_version(path)))
    return found, missing


def given(texts, taken):
    """The allocators of --peer NAME=PATH."""
    found = []
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]*", name):
            raise PeerError(f"--peer NAME=PATH, not '{text}'")
        if name in taken or name in (LIBC, MICA, FLOOR) or name in [peer.name for peer in found]:
            raise PeerError(f"there is an allocator {name} already: --peer {name}X={path}, or --without {name}")
        found.append(Allocator(name, check_library(name, path)[0], package_version(path)))
    return found


def all_of(mica, mica_version, texts, without):
    """All that take turns, mica first, and a line for each known one that is missing."""
    known = {LIBC, *(name for name, *_ in KNOWN)}
    for name in without:
        if name not in known:
            raise PeerError(f"--without {name}: there are {', '.join(sorted(known))}")
    found, missing = installed(without)
    further = given(texts, [peer.name for peer in found])
    libc = [] if LIBC in without else [Allocator(LIBC, "", os.confstr("CS_GNU_LIBC_VERSION") or "")]
    own = Allocator(MICA, check_library(MICA, mica)[0], mica_version)
    return [own, *libc, *found, *further], missing


def exit_status(work, say):
    """What work() returns; 2 if an allocator or a file cannot be used, which is said; 130 if it is interrupted."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        return work()
    except (PeerError, OSError) as error:
        say(error)
        return 2
    except KeyboardInterrupt:
        return 130
