#!/usr/bin/env bash
# xz with threads: there and back, and the same bytes as without mica.
# packages: xz-utils
. "$(dirname "$0")/preload.bash"

workload() {
  seq 1 1500000 >data
  under xz -T2 --block-size=1MiB -3 -k data
  sha256sum data.xz
  under xz -T2 -dc data.xz | cmp - data
  under xz -T2 -t data.xz
  under xz -l data.xz
}
compare
