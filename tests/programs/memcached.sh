#!/usr/bin/env bash
# memcached: four threads, sixteen clients that set, get, append and delete values of many sizes.
# packages: memcached python3
. "$(dirname "$0")/preload.bash"

workload() {
  leave_root
  serve memcached -s "$PWD/socket" -t 4 -m 64 -I 2m
  answered test -S socket
  /usr/bin/python3 - <<'EOT'
import hashlib, random, socket, threading
digests = [""] * 16
def client(n):
    rng, digest = random.Random(n), hashlib.sha256()
    stream = socket.socket(socket.AF_UNIX)
    stream.connect("socket")
    said = stream.makefile("rb")
    for batch in range(60):
        lines = []
        for i in range(100):
            key, size = f"k{n}:{rng.randrange(400)}", rng.randrange(1, 3000 if i else 200000)
            lines += [f"set {key} 0 0 {size}\r\n" + "v" * size + "\r\n", f"get {key}\r\n"]
        stream.sendall("".join(lines).encode())
        for _ in range(100):
            digest.update(said.readline())
            head = said.readline()
            digest.update(head + said.read(int(head.split()[3]) + 2) + said.readline())
        stream.sendall(b"".join(b"delete k%d:%d\r\n" % (n, i) for i in range(0, 400, 3)))
        for _ in range(0, 400, 3): said.readline()
    digests[n] = digest.hexdigest()
threads = [threading.Thread(target=client, args=(n,)) for n in range(16)]
for t in threads: t.start()
for t in threads: t.join()
print("\n".join(digests))
EOT
  served
}
compare
