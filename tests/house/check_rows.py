#!/usr/bin/env python3
"""Every atomic operation points to its row of notes/protocol.md, and the row says what the source does.

A row is a line `| W1 | word | operation | where | order | pairs with |` of the tables there. An operation is pointed to it by
[W1] in a comment: at the operation, else above its function, else where the word is declared, in the same file or a header
(a figure, all of whose operations are alike). Then the row must name the word, the kind of operation, the function and the
orders, success before `else`; no row is there that no operation fits; and what a row says of a named order is its
definition. An operation behind another name is refused."""
import re

from source import PRODUCT, ROOT, TOKEN, files, name, report

ROW = re.compile(r"^\| ([A-Z]+\d+) \| (.*) \|$", re.M)
TAG = re.compile(r"\[([A-Z]+\d+)\]")
CALL = re.compile(r"\batomic_(load|store|exchange|compare_exchange_weak|compare_exchange_strong|fetch_\w+?)_explicit\s*\(")
FUNCTION = re.compile(r"^(?!typedef|struct|enum|extern|#)[A-Za-z_][^;={}()]*?\b(\w+)\([^;{}]*\)\s*\{", re.M)
DECLARED = re.compile(r"_Atomic\([^()]*(?:\([^()]*\))?[^()]*\)\s*\*?\s*(\w+)")
KINDS = {"load": "load", "store": "store", "exchange": "exchange", "compare_exchange_weak": "CAS",
         "compare_exchange_strong": "CAS"}


def closing(text, at):
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return len(text)


def arguments(text):
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def word_of(target):
    """The name of the atomic object: the last member, macro or variable that is not an index."""
    plain = re.sub(r"\[[^\[\]]*\]", "", target)
    plain = re.sub(r"\[[^\[\]]*\]", "", plain)
    macro = re.fullmatch(r"&?(\w+)\((.*)\)", plain)
    return macro[1] if macro else re.findall(r"\w+", plain)[-1]


class Source:
    def __init__(self, path):
        self.name, self.text = name(path), path.read_text()
        self.code = TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), self.text)  # of the same length
        self.comments = [(m.start(), m.end(), m.group()) for m in TOKEN.finditer(self.text) if m.group()[0] == "/"]
        self.functions = []
        for m in FUNCTION.finditer(self.code):
            end = self.code.find("\n}", m.end())
            line_end = self.code.find("\n", m.end())
            if self.code[m.end():line_end].rstrip().endswith("}"):
                end = line_end
            self.functions.append((m.start(), end, m[1]))

    def comment_above(self, start):
        """The comment that ends right before `start`, blanks apart, and has its lines for itself."""
        return "".join(c for a, b, c in self.comments if b <= start and self.text[b:start].strip() == ""
                       and self.text[self.text.rfind("\n", 0, a) + 1:a].strip() == "")

    def near(self, start, end):
        """Comments at the statement: above it, within it, or behind it on its last line."""
        first = max(self.code.rfind(c, 0, start) for c in ";{}") + 1
        while first < start and self.code[first] in " \n":
            first += 1
        above = self.comment_above(first)
        stop = self.code.find(";", end)
        line_end = self.text.find("\n", stop if stop >= 0 else end)
        inside = "".join(c for a, b, c in self.comments if first <= a <= line_end)
        return above + inside

    def function_at(self, start):
        for a, b, called in self.functions:
            if a <= start <= b:
                return a, called
        return None, ""


def operations(source):
    for m in CALL.finditer(source.code):
        end = closing(source.code, m.end() - 1)
        given = arguments(source.code[m.end():end])
        orders = [a for a in given if re.fullmatch(r"memory_order_\w+|[A-Z]+_MO_\w+", a)]
        yield m.start(), end, KINDS.get(m[1], m[1]), word_of(given[0]), [o.replace("memory_order_", "") for o in orders]


def declared_tags(sources):
    """Of each word, by (file, or None for a header, name): the tags in the comments at its declaration."""
    found = {}
    for source in sources:
        rows = source.code.split("\n")
        texts = source.text.split("\n")
        for number, line in enumerate(rows):
            for m in DECLARED.finditer(line):
                tags = TAG.findall(texts[number])
                if tags and not CALL.search(line):
                    found.setdefault((None if source.name.endswith(".h") else source.name, m[1]), tags)
    return found


def check(source, rows, by_word, used):
    for m in re.finditer(r"^[ \t]*#[ \t]*define\b.*\batomic_(?!\w*\().*|^.*##.*atomic_.*|^.*atomic_\w*##.*", source.code, re.M):
        yield f"{source.name}:{source.text.count(chr(10), 0, m.start()) + 1}: an atomic operation by another name"
    for start, end, kind, word, orders in operations(source):
        line = source.text.count("\n", 0, start) + 1
        where = f"{source.name}:{line}"
        at, function = source.function_at(start)
        tags = TAG.findall(source.near(start, end))
        if not tags and at is not None:
            tags = TAG.findall(source.comment_above(at))
        tags = tags or by_word.get((source.name, word)) or by_word.get((None, word), [])
        if not tags:
            yield f"{where}: {function}: {kind} of {word}, {'/'.join(orders)}: points to no row"
            continue
        fits = [t for t in tags if t in rows and agrees(rows[t], kind, word, function, orders)]
        used.update(fits)
        if not fits:
            yield f"{where}: {function}: {kind} of {word}, {'/'.join(orders)}: not what {' '.join(tags)} says"


def agrees(row, kind, word, function, orders):
    cells = [c.strip() for c in row.split(" | ")]
    if len(cells) < 5:
        return False
    words = [set(re.findall(r"\w+", c)) for c in cells]
    success, otherwise, failure = cells[3].partition("else")
    said = [re.findall(r"\w+", success), re.findall(r"\w+", failure if otherwise else success)]
    return (word in words[0] and kind in words[1] and (function in words[2] or "everywhere" in words[2])
            and 0 < len(orders) <= 2 and all(o in s for o, s in zip(orders, said)))


def defined_orders(sources, rows):
    """A named order is defined as every row that names it says."""
    for source in sources:
        for m in re.finditer(r"^#define (\w+_MO_\w+) memory_order_(\w+)", source.code, re.M):
            said = [re.search(rf"`{m[1]}` (\w+)", row) for row in rows.values() if f"`{m[1]}`" in row]
            if not said or any(s is None or s[1] != m[2] for s in said):
                yield f"{source.name}: {m[1]} is {m[2]}, and notes/protocol.md says otherwise"


def main():
    sources = [Source(p) for p in files(PRODUCT, ".c", ".h")]
    rows = dict(ROW.findall((ROOT / "notes/protocol.md").read_text()))
    by_word, used, violations = declared_tags(sources), set(), []
    for source in sources:
        violations += check(source, rows, by_word, used)
    violations += defined_orders(sources, rows)
    violations += [f"notes/protocol.md: no operation points to row {r}" for r in rows if r not in used]
    report(violations, rows)


main()
