#!/usr/bin/python3
"""mica report: reads heap profiles that mica wrote, and shows which places of a program have the memory.

The profiles are the files of MICA_PROFILE, mi_profile_dump and `mica profile`. Names and lines come from binutils' addr2line and
nm, by the mappings at a profile's end: so the program's files have to be there still. Profiles of several processes are added up.
Exit status 0; 1: a file cannot be read or is no profile; 2: wrong arguments; 3: --leaks, and there are some."""
import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True
from mica_report import flame, leaks, pprof, table  # noqa: E402
from mica_report.files import Unreadable  # noqa: E402
from mica_report.profile import difference, read, total  # noqa: E402
from mica_report.symbols import Symbols  # noqa: E402
from mica_report.table import one_line  # noqa: E402


def number(text):
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"a number, not '{text}'")
    return int(text)


def arguments(words):
    parser = argparse.ArgumentParser(prog="mica report", allow_abbrev=False, description=(
        "Reads heap profiles that mica wrote (MICA_PROFILE, mi_profile_dump). What lives is shown, unless --allocated is said; of "
        "several files the sum. Without another form a table of functions: what each has itself, and with what it calls."))
    parser.add_argument("files", nargs="+", metavar="FILE", help="a profile")
    parser.add_argument("--base", metavar="FILE", help="show what has come on top of this profile")
    parser.add_argument("--allocated", action="store_true", help="all that was allocated so far, instead of what lives")
    parser.add_argument("--lines", action="store_true", help="places, file and line, instead of functions")
    parser.add_argument("--top", type=number, default=40, metavar="N", help="the largest N, of the table and of leaks (default: 40; 0: all)")
    parser.add_argument("--pprof", metavar="OUT.pb.gz", help="write pprof's form")
    parser.add_argument("--folded", action="store_true", help="stacks in a line each, outermost first, and their bytes")
    parser.add_argument("--flame", metavar="OUT.html", help="write a flame graph for a browser")
    parser.add_argument("--leaks", action="store_true", help="each stack that has blocks, whole; exact if MICA_PROFILE said leaks or every=1")
    parser.add_argument("--suppress", metavar="FILE",
                        help="leave out stacks by patterns, one a line: of a function, a source file or a library; leak: in front is passed over")
    return parser.parse_args(words)


def load(paths, symbols):
    return total([read(path, symbols) for path in paths])


def show(options, profile):
    if options.pprof:
        pprof.write(options.pprof, profile)
    if options.flame:
        flame.write(options.flame, profile, options.allocated, options.lines, ", ".join(map(os.path.basename, options.files)))
    if options.folded:
        flame.folded(sys.stdout, profile, options.allocated, options.lines)
    if options.leaks:
        return leaks.show(sys.stdout, profile, options.top)
    if not (options.pprof or options.flame or options.folded):
        table.show(sys.stdout, profile, options.allocated, options.lines, options.top, bool(options.base))
    return 0


def main(words):
    options = arguments(words)
    symbols = Symbols()
    try:
        profile = load(options.files, symbols)
        if options.base:
            profile = difference(profile, load([options.base], symbols))
        symbols.resolve()
        if options.suppress:
            profile = leaks.suppress(profile, leaks.patterns(options.suppress))
        status = show(options, profile)
        sys.stdout.flush()
    except Unreadable as error:
        print(f"mica report: {one_line(str(error))}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        print(f"mica report: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return 1
    for warning in symbols.warnings:
        print(f"mica report: {one_line(warning)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
