#!/usr/bin/env python3
"""What python3 does in tests/valgrind/run.sh: threads that hand over objects, JSON, sorting, large texts and tables.
usage: work.py TOOL    less of it under helgrind and DRD, which are slower. Prints the same every time."""
import hashlib
import json
import queue
import random
import sys
import threading

SIZE = 200 if sys.argv[1] == "memcheck" else 40


def produce(seed, out):
    rng = random.Random(seed)
    for _ in range(10):
        out.put([{"k": rng.randrange(10**9), "s": "x" * rng.randrange(400), "l": list(range(rng.randrange(60)))}
                 for _ in range(SIZE // 10)])
    out.put(None)


def consume(source, results, slot):
    digest = hashlib.sha256()
    while (batch := source.get()) is not None:
        written = json.dumps(batch, sort_keys=True)
        assert json.loads(written) == batch
        digest.update(written.encode())
    results[slot] = digest.hexdigest()


results = [None] * 2
threads = []
for slot in range(2):
    q = queue.Queue(maxsize=4)
    threads.append(threading.Thread(target=produce, args=(slot, q)))
    threads.append(threading.Thread(target=consume, args=(q, results, slot)))
for t in threads:
    t.start()
for t in threads:
    t.join()
print("\n".join(results))

rng = random.Random(7)
numbers = sorted(rng.random() for _ in range(SIZE * 20))
print(hashlib.sha256(repr(numbers).encode()).hexdigest(), len(numbers))
table = {i: str(i) * 3 for i in range(SIZE * 20)}
for i in range(0, SIZE * 20, 3):
    del table[i]
print(len(table), hashlib.sha256("".join(table.values()).encode()).hexdigest())
text = bytearray()
for i in range(SIZE * 50):
    text += b"%d," % i
print(len(text), hashlib.sha256(text).hexdigest())
