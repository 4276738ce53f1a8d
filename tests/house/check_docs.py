#!/usr/bin/env python3
"""The reference is made without a warning: it has a main page that leads to every header's group, and each group has what its
header declares, described by the comment above it and by nothing else. The manual pages are well-formed; that of the library
names every function and every option, and nothing that there is not. The picture of the memory is the one that its program
draws, and every link of a document leads somewhere."""
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

from interface import declarations, public_headers
from source import ROOT, bare, name, report

REFERENCE = ROOT / "build/docs/xml"
violations = []


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    return done.returncode, done.stdout + done.stderr


def plain(text):
    """The letters and digits of a text: marks, blanks and lines' ends differ between a comment and the reference."""
    return "".join(re.findall(r"[^\W_]+", text))


def group_of(header):
    return "header_" + re.sub(r"\W", "_", str(header.relative_to(ROOT / "include"))[:-2])


def words(node):
    return "".join("".join(node.find(part).itertext()) for part in ("briefdescription", "detaileddescription"))


def members(group):
    """Of each thing in the group: its name, its section's title, its description."""
    for section in group.findall("sectiondef"):
        for member in section.findall("memberdef"):
            yield member.findtext("name"), section.findtext("header") or "", words(member)
    for inner in group.findall("innerclass"):
        page = ET.parse(REFERENCE / f"{inner.get('refid')}.xml").getroot().find("compounddef")
        yield inner.text, "", words(page)


def declared_at(thing, rows):
    """The rows where the thing is declared, once or overloaded: what is named in a comment, or used in a body, does not count."""
    stem = re.sub(r"_t$", "_[es]", thing)
    form = re.compile(rf"#define {re.escape(thing)}\b|typedef (struct|enum) {stem} \{{|.*\b(struct|class) {re.escape(thing)}\b.*\{{|"
                      rf"typedef .*[ (*]{re.escape(thing)}[);]|(?!typedef|#).*\b{re.escape(thing)}\(")
    return [number for number, row in enumerate(rows) if form.match(row) and not row.startswith((" *", "/*", "  "))]


def above(number, rows):
    """The comment that stands above the declaration, with nothing but declarations in between."""
    while number >= 0 and rows[number].strip() and not rows[number].endswith("*/"):
        number -= 1
    comment = []
    while number >= 0 and rows[number].strip():
        comment.insert(0, rows[number])
        if rows[number].startswith("/*"):
            return "\n".join(comment)
        number -= 1
    return ""


def check_group(header):
    """What the group of the header has, and that it says of each thing what stands above it; gives the names."""
    where, path = name(header), REFERENCE / f"group__{group_of(header).replace('_', '__')}.xml"
    if not path.exists():
        violations.append(f"{where}: no group {group_of(header)} in the reference")
        return set()
    group = ET.parse(path).getroot().find("compounddef")
    if not re.match(r"/\* \S+ -- [^:.]+: ", header.read_text()) or not words(group).strip():
        violations.append(f"{where}: its first comment is not `name.h -- title: what it holds.`")
    rows, found = header.read_text().split("\n"), set()
    for thing, section, said in members(group):
        if not said.strip():
            continue
        found.add(thing)
        places = declared_at(thing, rows)
        comments = [plain(above(number, rows)) for number in places]
        if not places:
            violations.append(f"{where}: {thing} is in its group, and not declared in it")
        elif not any(plain(said) in (comment, comment.removeprefix(plain(section))) for comment in comments):
            violations.append(f"{where}:{places[0] + 1}: {thing}: not described by what stands above it, but by {said.strip()[:80]!r}")
    return found


def check_reference():
    status, output = run(ROOT / "build.sh", "docs")
    if status:
        violations.append(f"./build.sh docs: exit status {status}\n{output.strip()}")
    found = {name(header): check_group(header) for header in public_headers()}
    violations.extend(f"not in the reference: {d.name}, in the group of {d.header}" for d in declarations() if d.name not in found[d.header])
    main = REFERENCE / "indexpage.xml"
    text = main.read_text() if main.exists() else ""
    if not text:
        violations.append("the reference has no main page")
    listed = ROOT / "build/docs/html/modules.html"
    modules = listed.read_text() if listed.exists() else ""
    for header in public_headers():
        if f'"group__{group_of(header).replace("_", "__")}.html"' not in modules:
            violations.append(f"the reference's list of groups has not that of {name(header)}")
        if f'refid="group__{group_of(header).replace("_", "__")}"' not in text:
            violations.append(f"doc/mainpage.md: does not lead to the group of {name(header)}")
    return any(found.values())


def prototype(d):
    """A declaration without blanks and attributes."""
    return re.sub(r"\s", "", f"{d.result} {d.name}({', '.join(' '.join(p) for p in d.parameters) or 'void'})")


def check_manual():
    """Every function's prototype stands on the page as its header declares it; what the text names is there."""
    page = ROOT / "doc/mica.3"
    for other in (page, ROOT / "doc/mica.1"):
        _, output = run("mandoc", "-T", "lint", "-W", "style", other)
        violations.extend(f"{name(other)}: {line}" for line in output.splitlines()
                          if "outdated mandoc.db" not in line and "not found: Xr mica " not in line)
    text, wanted = page.read_text(), {d.name: prototype(d) for d in declarations()}
    shown = {m[2]: re.sub(r"\s", "", m[1] + m[2] + m[3]) for m in re.finditer(r"^(\w[\w *]*?)(mi(?:ca)?_\w+)(\([^;]*\));$", text, re.M)}
    for function in sorted(wanted.keys() | shown.keys()):
        if function not in shown:
            violations.append(f"doc/mica.3: not named: {function}")
        elif shown[function] != wanted.get(function):
            violations.append(f"doc/mica.3: {function}: not the prototype that its header declares: {shown[function]}")
    known = wanted.keys() | set(re.findall(r"\bmi_\w+", "".join(bare(header.read_text()) for header in public_headers())))
    named = set(re.findall(r"\b(mi_\w+)\b", text))
    violations.extend(f"doc/mica.3: names {what}, which there is not" for what in sorted(named - known))
    return shown


def check_picture():
    """The committed picture is what its program draws of the constants that hold now."""
    status, output = run(sys.executable, "-B", ROOT / "doc/draw_memory.py", "--check")
    if status:
        violations.append(f"doc/memory.svg: {output.strip()}")


def anchors(path):
    """The names by which a document's headings are reached, as forges make them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def check_links():
    """Each link of a document to a file leads to one, and to a heading that it has."""
    for path in sorted(p for folder in ("", "doc", "notes", "bench") for p in (ROOT / folder).glob("*.md")):
        document, text = name(path), re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)|src(?:set)?=\"([^\"]+)\"", text):
            to, _, anchor = (target[0] or target[1]).partition("#")
            file = path.parent / to if to else path
            if re.match(r"\w+:", to):
                continue
            if not file.exists():
                violations.append(f"{document}: leads to {to}, which there is not")
            elif anchor and anchor not in anchors(file):
                violations.append(f"{document}: leads to {to}#{anchor}, a heading that there is not")


described = check_reference()
named = check_manual()
check_picture()
check_links()
report(violations, described and named)
