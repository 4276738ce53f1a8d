"""What the house checks share: the repository's files, C text without comments, and the way a check reports.

A check is a program: exit status 0 and silence, or 1 and one line for each violation. It looks at the repository it lies
in, or at the one named by its first argument."""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()

ROOMS = ["base", "observe", "block", "page", "segment", "profile", "heap", "stats", "pool", "api"]  # each may use those before it
PRODUCT = ["include", *ROOMS]
TOOL = "tool"  # the command and its reader: no part of the library, may use every room, and no room uses it


def files(folders, *suffixes):
    """All files under the folders that end so, sorted; what was built is not there."""
    found = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def name(path):
    return str(path.relative_to(ROOT))


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare(text, strings=False):
    """C text with comments blanked, and strings too unless they are wanted; every line keeps its number."""
    def blank(match):
        token = match.group()
        if token[0] == "/":
            return re.sub(r"[^\n]", " ", token)
        return token if strings else token[0] + token[-1]
    return TOKEN.sub(blank, text)


def lines(path, strings=False):
    """(number, text) of each line, comments blanked."""
    return enumerate(bare(path.read_text(), strings).split("\n"), 1)


def report(violations, looked_at):
    """Ends the check. One that looked at nothing has not passed."""
    for violation in violations:
        print(violation)
    if not looked_at:
        print("nothing to look at: is this the repository?", ROOT)
    sys.exit(1 if violations or not looked_at else 0)
