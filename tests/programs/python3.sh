#!/usr/bin/env bash
# python3: threads that build and hand over lists, JSON there and back, large strings, sorting.
# packages: python3
. "$(dirname "$0")/preload.bash"

workload() {
  PYTHONMALLOC=malloc PYTHONHASHSEED=0 under /usr/bin/python3 - <<'EOT'
import hashlib, json, queue, random, threading

def produce(seed, out):
    rng = random.Random(seed)
    for _ in range(40):
        out.put([{"k": rng.randrange(10**9), "s": "x" * rng.randrange(400), "l": list(range(rng.randrange(60)))}
                 for _ in range(250)])
    out.put(None)

def consume(source, results, slot):
    digest = hashlib.sha256()
    while (batch := source.get()) is not None:
        text = json.dumps(batch, sort_keys=True)
        assert json.loads(text) == batch
        digest.update(text.encode())
    results[slot] = digest.hexdigest()

results = [None] * 4
threads = []
for slot in range(4):
    q = queue.Queue(maxsize=4)
    threads.append(threading.Thread(target=produce, args=(slot, q)))
    threads.append(threading.Thread(target=consume, args=(q, results, slot)))
for t in threads: t.start()
for t in threads: t.join()
print("\n".join(results))

rng = random.Random(7)
big = [rng.random() for _ in range(400_000)]
big.sort()
print(hashlib.sha256(repr(big[::1000]).encode()).hexdigest(), len(big))
table = {i: str(i) * 3 for i in range(150_000)}
for i in range(0, 150_000, 3): del table[i]
print(len(table), hashlib.sha256("".join(table.values()).encode()).hexdigest())
text = bytearray()
for i in range(200_000): text += b"%d," % i
print(len(text), hashlib.sha256(text).hexdigest())
EOT
}
compare
