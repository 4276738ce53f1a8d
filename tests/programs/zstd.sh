#!/usr/bin/env bash
# zstd with threads: there and back at two levels, with a dictionary, and the same bytes as without mica.
# packages: zstd
# release only: long
. "$(dirname "$0")/preload.bash"

workload() {
  local level
  seq 1 3000000 >data
  for level in 3 12; do
    under zstd -q -T2 -B1M -$level data -o data.$level
    sha256sum data.$level
    under zstd -q -dc data.$level | cmp - data
  done
  mkdir parts
  split -l 20000 data parts/
  under zstd -q --train parts/* -o dictionary --maxdict=8192
  under zstd -q -T2 -D dictionary parts/aa -o small
  under zstd -q -D dictionary -dc small | cmp - parts/aa
  sha256sum small
}
compare
