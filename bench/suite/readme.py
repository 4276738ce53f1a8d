"""readme.py -- the tables of bench/README.md that bench/rows.toml says: between two marks, written anew on request."""
FIRST, LAST = "<!-- rows: written by bench/suite/bench.py --write-readme -->\n", "<!-- end of rows -->\n"


class ReadmeError(Exception):
    """The marks are not there."""


def code(words):
    return "`" + " ".join(words) + "`" if words else ""


def tables(document):
    """The rows and the series as Markdown."""
    text = ["| row | full | quick | `time` is | stands for |", "|---|---|---|---|---|"]
    for row in document.get("row", []):
        what = row.get("program") or f"programs/{row['script']}.sh"
        full = [what, *row.get("full", ["full"] if "script" in row else [])]
        quick = row.get("quick", ["quick"] if "script" in row else [])
        text.append(f"| {row['name']} | {code(full)} | {code(quick)} | {row['unit']} | {row['stands_for']} |")
    series = document.get("series", [])
    if series:
        text += ["", "The series, each with several numbers of threads:", ""]
        text += ["| series | threads | full | threads, quick | quick | `time` is | stands for |", "|---|---|---|---|---|---|---|"]
    for each in series:
        threads = ", ".join(map(str, each["threads"]))
        fewer = ", ".join(map(str, each["quick_threads"]))
        text.append(f"| {each['name']} | {threads} | {code([each['program'], *each['full']])} | {fewer} "
                    f"| {code(each['quick'])} | {each['unit']} | {each['stands_for']} |")
    return "\n".join(text) + "\n"


def renewed(text, document):
    """The README's text with the tables that the document says."""
    head, first, rest = text.partition(FIRST)
    _, last, tail = rest.partition(LAST)
    if not first or not last:
        raise ReadmeError("the marks around the rows are not there")
    return head + first + tables(document) + last + tail
