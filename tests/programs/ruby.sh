#!/usr/bin/env bash
# ruby: threads over a queue, a server that forks its workers first, strings, hashes and compaction of the heap.
# packages: ruby
. "$(dirname "$0")/preload.bash"

workload() {
  under ruby - <<'EOT'
require 'digest'
require 'json'
require 'zlib'

def random(seed) = ->(n) { (seed = (seed * 48271) % 2147483647) % n }

def batch(seed)
  r = random(seed)
  Array.new(4000) { |i| { 'id' => i, 'name' => 'x' * r.(60), 'list' => Array.new(r.(9)) { r.(1000) } } }
end

queue, results = SizedQueue.new(3), Array.new(8)
takers = Array.new(3) do
  Thread.new do
    while (job = queue.pop)
      text = JSON.generate(job[1])
      raise unless JSON.parse(text) == job[1]
      results[job[0]] = [Digest::SHA256.hexdigest(text), Zlib.inflate(Zlib.deflate(text)) == text]
    end
  end
end
8.times { |i| queue << [i, batch(i + 1)] }
3.times { queue << nil }
takers.each(&:join)
results.each { |r| puts r.join(' ') }

shared = batch(99).to_h { |row| [row['id'], row] } # what the parent has, the forked workers read and free
Process.warmup if Process.respond_to?(:warmup)
pipes = Array.new(4) do |n|
  from, to = IO.pipe
  fork do
    from.close
    mine = shared.select { |id, _| id % 4 == n }
    threads = Array.new(3) { |t| Thread.new { Digest::SHA256.hexdigest(JSON.generate(mine.values.rotate(t))) } }
    shared = nil
    GC.start
    to.puts threads.map(&:value).join(' ')
  end
  to.close
  from
end
pipes.each { |pipe| puts pipe.read }
Process.waitall.each { |_, status| puts status.exitstatus }

table = {}
200_000.times { |i| table["key#{i}"] = [i.to_s * 3] }
table.delete_if { |_, v| v[0].hash.nil? || v[0].end_with?('7') }
GC.compact
puts table.size, Digest::SHA256.hexdigest(table.values.flatten.join)
EOT
}
compare
