#!/usr/bin/env bash
# node: worker threads that sort, parse and hand over buffers, deflate in the thread pool, and a heap that is collected.
# packages: nodejs
. "$(dirname "$0")/preload.bash"

workload() {
  cat >main.js <<'EOT'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto'), zlib = require('zlib'), { promisify } = require('util');
const sha = (x) => crypto.createHash('sha256').update(x).digest('hex');
if (!isMainThread) {
  let seed = workerData;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const rows = Array.from({ length: 20000 }, (_, i) => ({ id: i, key: 'k' + random(1e6), list: Array.from({ length: random(8) }, () => random(100)) }));
  rows.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.id - b.id));
  const text = JSON.stringify(rows);
  if (JSON.stringify(JSON.parse(text)) !== text) throw new Error('JSON');
  const bytes = new Uint8Array(Buffer.from(text));
  parentPort.postMessage({ bytes, digest: sha(text) }, [bytes.buffer]);
} else {
  const one = (n) => new Promise((done, fail) => new Worker(__filename, { workerData: n }).on('message', done).on('error', fail));
  (async () => {
    for (let round = 0; round < 2; round++) {
      const found = await Promise.all([11, 22, 33, 44].map((n) => one(n + round)));
      for (const { bytes, digest } of found) {
        const packed = await promisify(zlib.deflate)(bytes), back = await promisify(zlib.inflate)(packed);
        console.log(digest, bytes.length, packed.length, sha(back) === digest);
      }
    }
    const buffers = [];
    for (let i = 0; i < 3000; i++) { buffers.push(Buffer.alloc(1 + (i * 7919) % 40000, i)); if (i % 3 === 0) buffers.splice(i % buffers.length, 1); }
    console.log(buffers.length, sha(Buffer.concat(buffers)));
    const keys = await Promise.all([1, 2, 3, 4].map((i) => promisify(crypto.scrypt)('word' + i, 'salt', 32, { N: 4096 })));
    console.log(keys.map((k) => k.toString('hex')).join(' '));
  })();
}
EOT
  under node main.js
}
compare
