#!/usr/bin/env bash
# java: a source that is compiled and run at once: deflate, direct buffers, threads, and a heap that is collected.
# packages: default-jdk-headless
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >Work.java <<'EOT'
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.zip.*;

public class Work {
  static String sha(byte[] bytes) throws Exception { return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)); }

  static byte[] text(int seed) {
    Random random = new Random(seed);
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < 60000; i++) b.append("row ").append(random.nextInt(5000)).append('\n');
    return b.toString().getBytes();
  }

  static String packed(int seed) throws Exception {
    byte[] bytes = text(seed), out = new byte[bytes.length + 100], back = new byte[bytes.length];
    Deflater deflater = new Deflater(seed % 9 + 1);
    deflater.setInput(bytes);
    deflater.finish();
    int length = deflater.deflate(out);
    deflater.end();
    Inflater inflater = new Inflater();
    inflater.setInput(out, 0, length);
    inflater.inflate(back);
    inflater.end();
    return sha(bytes) + " " + length + " " + Arrays.equals(bytes, back);
  }

  static long direct(int seed) {
    Random random = new Random(seed);
    List<ByteBuffer> live = new ArrayList<>();
    long sum = 0;
    for (int i = 0; i < 4000; i++) {
      if (i % 1000 == 999) System.gc(); // buffers that nobody has go with their owners
      ByteBuffer buffer = ByteBuffer.allocateDirect(1 + random.nextInt(60000));
      buffer.put(buffer.capacity() - 1, (byte) i);
      if (live.size() < 100) live.add(buffer);
      else sum += live.set(random.nextInt(100), buffer).capacity();
    }
    for (ByteBuffer buffer : live) sum = sum * 31 + buffer.get(buffer.capacity() - 1);
    return sum;
  }

  public static void main(String[] arguments) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<String>> found = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      int seed = i;
      found.add(pool.submit(() -> packed(seed)));
      if (i % 4 == 0) found.add(pool.submit(() -> "direct " + direct(seed)));
    }
    pool.shutdown();
    for (Future<String> each : found) System.out.println(each.get());
    for (int i = 0; i < 500; i++) {
      Thread thread = new Thread(() -> new Deflater().end());
      thread.start();
      thread.join();
    }
    Map<String, List<Integer>> table = new TreeMap<>();
    for (int i = 0; i < 300000; i++) table.computeIfAbsent("k" + i % 20000, k -> new ArrayList<>()).add(i);
    System.out.println(table.size() + " " + sha(table.toString().getBytes()));
  }
}
EOT
  under java -Xmx256m -XX:MaxDirectMemorySize=1g Work.java
}
compare
