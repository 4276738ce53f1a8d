#!/usr/bin/env python3
"""The Python program of the suite: work.py ROUNDS. Objects as scripts make them: dictionaries and strings, a document read
from and written as JSON, lists of tuples that are sorted, trees of objects, generators and small sets. Prints one line that
depends on all of it and on nothing else."""
import json
import sys
import zlib


class Numbers:
    """The same numbers under every version."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 33) % n


class Node:
    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None
        self.notes = {"key": key}

    def insert(self, key):
        node = self
        while key != node.key:
            side = "left" if key < node.key else "right"
            child = getattr(node, side)
            if child is None:
                setattr(node, side, Node(key))
                return
            node = child

    def walk(self):
        waiting, node = [], self
        while waiting or node:
            while node:
                waiting.append(node)
                node = node.left
            node = waiting.pop()
            yield node
            node = node.right


def words(numbers, count):
    return ["w" + "aeiou"[numbers.below(5)] * numbers.below(6) + str(numbers.below(3000)) for _ in range(count)]


def count_words(numbers):
    text = " ".join(words(numbers, 12000))
    seen = {}
    for word in text.split():
        seen[word] = seen.get(word, 0) + 1
    by_first = {}
    for word, times in seen.items():
        by_first.setdefault(word[:2], []).append((times, word))
    return "".join(f"{first}:{max(found)[1]};" for first, found in sorted(by_first.items()))


def documents(numbers):
    people = [{"id": i, "name": " ".join(words(numbers, 2)), "score": numbers.below(10000) / 8,
               "tags": words(numbers, numbers.below(5)), "place": {"x": numbers.below(100), "y": None, "home": True}}
              for i in range(1500)]
    text = json.dumps(people)
    again = json.loads(text)
    for person in again:
        person["tags"].append(person["name"].upper())
    return json.dumps([p for p in again if p["place"]["x"] % 3], sort_keys=True)


def tables(numbers):
    rows = [(numbers.below(500), words(numbers, 1)[0], i) for i in range(9000)]
    rows.sort(key=lambda row: (row[0], row[1]))
    groups = {}
    for number, word, i in rows:
        groups.setdefault(number, []).append((word, i))
    sums = [(number, len(group), sum(i for _, i in group)) for number, group in groups.items()]
    return ",".join(f"{a}/{b}/{c}" for a, b, c in sums)


def objects(numbers):
    root = Node(1 << 15)
    for _ in range(6000):
        root.insert(numbers.below(1 << 16))
    odd = {node.key for node in root.walk() if node.key & 1}
    threes = frozenset(node.notes["key"] for node in root.walk() if node.key % 3 == 0)
    return f"{sum(1 for _ in root.walk())} {len(odd)} {len(odd & threes)} {sum(odd | threes)}"


def main():
    rounds = int(sys.argv[1])
    numbers, check, kept = Numbers(7), 0, []
    for turn in range(rounds):
        for part in (count_words, documents, tables, objects):
            result = part(numbers)
            check = zlib.crc32(result.encode(), check)
            kept.append([result[i:i + 64] for i in range(0, len(result), 64)])
        if turn >= 4:
            del kept[:4]
    print(f"{rounds} rounds: {check:08x}")


main()
