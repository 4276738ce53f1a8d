"""table.py -- the table of functions or lines, and how amounts are written."""
from mica_report.profile import Sums
from mica_report.symbols import stack_of


def amount(n):
    """Bytes in the unit that suits them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(n) < 1024 or unit == "GiB":
            return f"{n} B" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1024


def one_line(name):
    return "".join(c if c.isprintable() else "?" for c in name)


def by_place(profile, lines):
    """name -> (what it has itself, with what it calls); a recursion counts once."""
    own, whole = {}, {}
    for stack, sums in profile.stacks.items():
        names = [frame.text(lines) for frame in stack_of(stack)] or ["?"]
        own.setdefault(names[0], Sums()).add(sums)
        for name in dict.fromkeys(names):
            whole.setdefault(name, Sums()).add(sums)
    return {name: (own.get(name, Sums()), whole[name]) for name in whole}


def share(part, all_):
    return f"{100 * part / all_:5.1f}%" if all_ else "     -"


def show(out, profile, allocated, lines, top, growth):
    all_ = profile.sums()
    sign = "+" if growth else ""
    print(f"live: {all_.live_count:{sign},} blocks, {amount(all_.live_bytes)}; "
          f"allocated so far: {all_.count:{sign},} blocks, {amount(all_.bytes)}", file=out)
    if profile.suppressed.live_count:
        print(f"left out: {profile.suppressed.live_count:,} blocks, {amount(profile.suppressed.live_bytes)}", file=out)
    rows = [(own.of(allocated), whole.of(allocated), name) for name, (own, whole) in by_place(profile, lines).items()]
    rows = [row for row in rows if row[0][1] or row[1][1] or row[0][0] or row[1][0]]
    rows.sort(key=lambda row: (-abs(row[0][1]), -abs(row[1][1]), row[2]))
    bytes_ = all_.of(allocated)[1]
    print(f"\n{'itself':>12} {'':6} {'blocks':>10} {'and below':>12} {'':6} {'blocks':>10}  "
          f"{'place' if lines else 'function'}", file=out)
    for own, whole, name in rows[:top or None]:
        print(f"{amount(own[1]):>12} {share(own[1], bytes_)} {own[0]:>10,} {amount(whole[1]):>12} {share(whole[1], bytes_)} "
              f"{whole[0]:>10,}  {one_line(name)}", file=out)
    if top and len(rows) > top:
        print(f"{len(rows) - top} more; --top 0 shows all", file=out)
