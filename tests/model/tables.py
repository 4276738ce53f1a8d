"""The tables of the models, tests/model/*.table: which situations there are, and how the code is broken to see it caught.

    model HEADER                                        the model that the following lines are about, in tests/model
    situation NUMBER [long] [-DFLAG...] | WHAT          holds in every execution; long: more than 3,000,000 at two preemptions
    mutant NAME | WHAT | SITUATION, ... | -DFLAG...     caught in one of these situations, compiled with the flags
    mutant NAME | WHAT | SITUATION, ...                 caught, after the edits that follow:
    edit FILE                                             a file of the repository
    - OLD                                                 lines of the file, found exactly once; blanks are all alike
    + NEW                                                 what stands there instead

A situation is named by its number and flags: `1`, `1-LINE_GOES`. Edits are made on copies, and lead to a compiler's
command line that finds the copies first. An edit whose old text is not found exactly once is an error."""
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = "tests/model"


@dataclass
class Situation:
    model: str  # the header's name
    number: str
    flags: list
    long: bool
    what: str

    @property
    def name(self):
        return "-".join([self.number, *(flag.removeprefix("-D") for flag in self.flags)])


@dataclass
class Edit:
    file: str
    old: list = field(default_factory=list)
    new: list = field(default_factory=list)


@dataclass
class Mutant:
    model: str
    name: str
    what: str
    situations: list
    flags: list
    edits: list = field(default_factory=list)


class Mistake(Exception):
    """A table that cannot be read, or an edit that does not apply."""


def add_line(line, state, situations, mutants):
    word, _, rest = line.partition(" ")
    if word == "model":
        state["model"] = rest.strip()
    elif word == "situation":
        head, what = (part.strip() for part in rest.split("|"))
        number, *flags = head.split()
        situations.append(Situation(state["model"], number, [f for f in flags if f != "long"], "long" in flags, what))
    elif word == "mutant":
        name, what, where, *flags = (part.strip() for part in rest.split("|"))
        mutants.append(Mutant(state["model"], name, what, where.replace(",", " ").split(), " ".join(flags).split()))
    elif word == "edit":
        mutants[-1].edits.append(Edit(rest.strip()))
    elif word in ("-", "+"):
        edit = mutants[-1].edits[-1]
        (edit.old if word == "-" else edit.new).append(rest)
    elif line.strip() and word != "#":
        raise ValueError("neither model, situation, mutant, edit, - nor +")


def asked_for():
    """What the models and the headers that they may include test or use as macros."""
    headers = [*HERE.glob("*.h"), *(p for p in ROOT.rglob("*.h") if p.parts[len(ROOT.parts)] not in ("build", "tests"))]
    return set().union(*(re.findall(r"\b[A-Z][A-Z0-9_]+\b", p.read_text()) for p in headers))


def check(situations, mutants):
    macros = asked_for()
    known = {(s.model, s.name) for s in situations}
    names = [m.name for m in mutants]
    for mutant in mutants:
        for where in mutant.situations:
            if (mutant.model, where) not in known:
                raise Mistake(f"mutant {mutant.name}: there is no situation {where} in {mutant.model}")
        if not mutant.situations or not (mutant.flags or mutant.edits):
            raise Mistake(f"mutant {mutant.name}: no situation, or nothing is broken")
        for macro in re.findall(r"-D(\w+)", " ".join(mutant.flags)):
            if macro not in macros:
                raise Mistake(f"mutant {mutant.name}: no header asks for {macro}")
        if names.count(mutant.name) > 1:
            raise Mistake(f"mutant {mutant.name}: the name is there twice")


def read(paths=None):
    """All situations and all mutants of the tables."""
    situations, mutants = [], []
    for path in sorted(HERE.glob("*.table")) if paths is None else paths:
        state = {}
        for number, line in enumerate(Path(path).read_text().splitlines(), 1):
            try:
                add_line(line, state, situations, mutants)
            except (ValueError, KeyError, IndexError) as error:
                raise Mistake(f"{path}:{number}: {error}") from error
    check(situations, mutants)
    return situations, mutants


def apply(edit, text):
    pattern = r"\s+".join(re.escape(token) for token in " ".join(edit.old).split())
    found = len(re.findall(pattern, text)) if pattern else 0
    if found != 1:
        raise Mistake(f"the mutant does not apply: its old text is in {edit.file} {found} times")
    return re.sub(pattern, lambda _: "\n".join(edit.new), text)


def overlay(mutant, folder):
    """Copies with the mutant's edits, as the repository's files lie; returns the -I options that find them first."""
    folder = Path(folder)
    texts = {}
    for edit in mutant.edits:
        texts[edit.file] = apply(edit, texts.get(edit.file) or (ROOT / edit.file).read_text())
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for header in HERE.glob("*.h"):  # a header finds those beside it first
        shutil.copy(header, folder / FOLDER)
    for file, text in texts.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return [f"-I{folder}", f"-I{ROOT}"]


def model_path(model, includes):
    """The model's header, the edited one if there is one; for -DMODEL."""
    places = [Path(option.removeprefix("-I")) / FOLDER / model for option in includes]
    return next(place for place in places if place.exists())
