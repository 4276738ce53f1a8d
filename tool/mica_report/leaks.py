"""leaks.py -- what is still allocated, stack by stack, and what is to be left out of that."""
import fnmatch
from itertools import groupby

from mica_report import files
from mica_report.profile import Profile
from mica_report.symbols import frames_of
from mica_report.table import amount, one_line


def patterns(path):
    """Of each line a pattern; `leak:` in front, as LeakSanitizer has it, is passed over."""
    lines = [line.strip() for line in files.read(path).split("\n")]
    return [line.removeprefix("leak:").strip() for line in lines if line and not line.startswith("#")]


def matches(pattern, text):
    """A pattern may stand anywhere in the text; * is anything, ^ and $ its ends."""
    front = "" if pattern.startswith("^") else "*"
    back = "" if pattern.endswith("$") else "*"
    return fnmatch.fnmatchcase(text, front + pattern.removeprefix("^").removesuffix("$") + back)


def is_meant(stack, wanted):
    texts = [text for place in stack for frame in frames_of(place) for text in (frame.function, frame.file, place.path) if text]
    return any(matches(pattern, text) for pattern in wanted for text in texts)


def suppress(profile, wanted):
    left = Profile(suppressed=profile.suppressed)
    for stack, sums in profile.stacks.items():
        if is_meant(stack, wanted):
            left.suppressed.add(sums)
        else:
            left.stacks[stack] = sums
    return left


def plural(n):
    return f"{n:,} block" + ("" if n == 1 else "s")


def lines_of(stack):
    """A line for each frame; those of a recursion that are alike are one."""
    lines = []
    for place in stack:
        for frame in frames_of(place):
            where = f"{frame.file}:{frame.line}" if frame.file else f"{place.path}+{place.address:#x}"
            lines.append(f"    {one_line(frame.function)}  {one_line(where)}")
    for line, alike in groupby(lines):
        n = len(list(alike))
        yield line + (f"  {n} times" if n > 1 else "")


def show(out, profile, top):
    """3 if there is anything."""
    found = sorted(((sums, stack) for stack, sums in profile.stacks.items() if sums.live_count > 0),
                   key=lambda pair: (-pair[0].live_bytes, -pair[0].live_count))
    all_ = profile.sums()
    left_out = profile.suppressed
    note = f"; left out: {plural(left_out.live_count)}, {amount(left_out.live_bytes)}" if left_out.live_count else ""
    print(f"still allocated: {plural(all_.live_count)}, {amount(all_.live_bytes)}, from {len(found)} stacks{note}", file=out)
    for sums, stack in found[:top or None]:
        print(f"\n{plural(sums.live_count)}, {amount(sums.live_bytes)}, from", file=out)
        for line in lines_of(stack):
            print(line, file=out)
    if top and len(found) > top:
        print(f"\n{len(found) - top} more; --top 0 shows all", file=out)
    return 3 if found else 0
