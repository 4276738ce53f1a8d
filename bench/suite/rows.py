"""rows.py -- the rows of the suite: what bench/rows.toml or bench/pools.toml says, and which of them a run is made of.

A row is a workload with its parameters; a point of a series is one, too, with the number of threads that it stands for."""
import fnmatch
import re
import tomllib
from dataclasses import dataclass, field

REQUIRED = {"name", "unit", "stands_for"}
SERIES = {"name", "program", "full", "quick", "threads", "quick_threads", "unit", "operations", "stands_for"}
ALLOWED = {"row": REQUIRED | {"program", "script", "full", "quick", "sample", "cross", "resident"}, "series": SERIES}
PLACE = re.compile(r"\{threads:(\d+)\}")
SCALING = "scaling"  # the name by which all series are asked for


class RowError(Exception):
    """rows.toml, or what was asked of it, makes no sense."""


@dataclass(frozen=True)
class Row:
    """One workload with its parameters, or one real program."""
    name: str
    unit: str
    stands_for: str
    program: str = ""  # a program of bench/, with `arguments`; or
    script: str = ""   # a script of bench/programs/
    arguments: tuple = ()
    sample: tuple = ()  # the arguments under which locked operations are counted
    cross: bool = False
    resident: bool = False  # about resident memory: no floor, one round of a quick run
    series: str = ""    # the series that it is a point of
    threads: int = 0    # of a point
    operations: str = ""  # of a point: what `unit` is about is done by "each" thread, or by "all" together
    places: bool = field(default=False, compare=False)  # --threads changes it

    def command(self):
        """What the row runs, as a reader would write it."""
        return " ".join([f"programs/{self.script}.sh" if self.script else self.program, *self.arguments])


def read(path):
    """The file's tables, checked for their form."""
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RowError(f"{path}: {error}") from error
    for kind in document.keys() - ALLOWED.keys():
        raise RowError(f"{path}: no such table: {kind}")
    seen = set()
    for kind, allowed in ALLOWED.items():
        for table in document.get(kind, []):
            name = table.get("name", "?")
            wanted = SERIES if kind == "series" else REQUIRED
            if wanted - table.keys() or table.keys() - allowed:
                raise RowError(f"{path}: {kind} {name}: lacks {sorted(wanted - table.keys())}, "
                               f"does not know {sorted(table.keys() - allowed)}")
            check(path, kind, table)
            if name in seen or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
                raise RowError(f"{path}: {kind} {name}: the name is there twice, or is not of small letters")
            seen.add(name)
    return document


def check(path, kind, table):
    """The values of one table are of the kinds that are meant."""
    where = f"{path}: {kind} {table['name']}"
    if kind == "row" and ("program" in table) == ("script" in table):
        raise RowError(f"{where}: either a program or a script")
    if "program" in table and not {"full", "quick"} <= table.keys():
        raise RowError(f"{where}: a program has full and quick arguments")
    for key in ("full", "quick", "sample"):
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise RowError(f"{where}: {key} is a list of strings")
    for key in ("cross", "resident"):
        if not isinstance(table.get(key, False), bool):
            raise RowError(f"{where}: {key} is true or false")
    if kind == "series" and table["operations"] not in ("each", "all"):
        raise RowError(f"{where}: operations is each or all")


def filled(words, threads):
    """The arguments with the number of threads put in: --threads, or the default behind the colon."""
    return tuple(PLACE.sub(lambda m: str(threads or m[1]), word) for word in words)


def make_row(table, quick, threads):
    words = table.get("quick" if quick else "full", [])
    sample = table.get("sample", table.get("quick", []))
    return Row(table["name"], table["unit"], table["stands_for"], table.get("program", ""), table.get("script", ""),
               filled(words, threads), filled(sample, threads), table.get("cross", False), table.get("resident", False),
               places=any(PLACE.search(word) for word in words))


def make_points(table, quick):
    """The points of a series. {threads}, {half}: the number and half of it; {share:N}: N divided by it."""
    points = []
    for threads in table["quick_threads" if quick else "threads"]:
        words = []
        for word in table["quick" if quick else "full"]:
            word = word.replace("{threads}", str(threads)).replace("{half}", str(threads // 2))
            words.append(re.sub(r"\{share:(\d+)\}", lambda m: str(int(m[1]) // threads), word))
        points.append(Row(f"{table['name']}@{threads}", table["unit"], table["stands_for"], table["program"],
                          arguments=tuple(words), series=table["name"], threads=threads,
                          operations=table["operations"]))
    return points


def names_of(document, wanted):
    """The names of the rows that a word of --only means: a row, or the rows of a program, or those that a pattern fits."""
    rows = document.get("row", [])
    for fits in (lambda row: row["name"] == wanted,
                 lambda row: wanted in (row.get("program"), row.get("script")),
                 lambda row: fnmatch.fnmatchcase(row["name"], wanted)):
        found = {row["name"] for row in rows if fits(row)}
        if found:
            return found
    return set()


def select(document, only, quick, threads):
    """The rows of a run, the points of the series behind them."""
    series = document.get("series", [])
    chosen, points = set(), not only
    for wanted in only:
        found = names_of(document, wanted)
        if wanted == SCALING:
            points = True
        elif not found:
            known = ", ".join([*(row["name"] for row in document.get("row", [])), SCALING])
            raise RowError(f"no row '{wanted}': there are {known}")
        chosen |= found
    rows = [make_row(table, quick, threads) for table in document.get("row", []) if not only or table["name"] in chosen]
    return rows + [point for table in series if points for point in make_points(table, quick)]
