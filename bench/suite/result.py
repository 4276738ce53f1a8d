"""result.py -- the document that a part of the suite keeps: the machine, the settings, the rows that were run, every run."""
import os


def described(allocator):
    file = os.path.basename(os.path.realpath(allocator.path)) if allocator.path else ""
    return {"name": allocator.name, "file": file, "version": allocator.version}


def document_of(part, options, chosen, turns, about, interrupted):
    """What the part's JSON file holds. A row that was never finished is not in it."""
    finished = {run["row"] for run in turns.runs}
    return {
        "format": 1, "part": part, "machine": about, "interrupted": interrupted,
        "settings": {"quick": options.quick, "rounds": turns.rounds, "threads": options.threads or 0},
        "allocators": [described(a) for a in turns.allocators],
        "rows": [{"name": r.name, "command": r.command(), "unit": r.unit, "cross": r.cross, "resident": r.resident,
                  "stands_for": r.stands_for, "series": r.series, "threads": r.threads, "operations": r.operations}
                 for r in chosen if r.name in finished],
        "runs": turns.runs, "locked": turns.locked,
    }
