"""readme.py -- the tables of bench/README.md that bench/rows.toml and bench/pools.toml say: between two marks, written anew on
request."""
PARTS = ("rows", "pools")


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


def renewed(text, part, document):
    """The README's text with the tables that the document of a part says."""
    head, first, rest = text.partition(f"<!-- {part}: written by bench/suite/bench.py --write-readme -->\n")
    _, last, tail = rest.partition(f"<!-- end of {part} -->\n")
    if not first or not last:
        raise ReadmeError(f"the marks around the {part} are not there")
    return head + first + tables(document) + last + tail
