#!/usr/bin/env bash
# mold: links C++ objects with threads, in a process that it forks. The program has its own malloc.
# packages: mold g++
. "$(dirname "$0")/preload.bash"
own_malloc='(^|/)(ld[.])?mold$'

workload() {
  local i
  for i in $(seq 1 12); do
    printf '#include <map>\n#include <string>\n#include <vector>\nstd::map<int, std::vector<std::string>> m%d;\n' "$i"
    printf 'int f%d(int n) { m%d[n].push_back(std::to_string(n)); return (int)m%d.size() + %d; }\n' "$i" "$i" "$i" "$i"
  done >all.cc
  {
    seq 1 12 | sed 's/.*/int f&(int);/'
    printf 'int main() { int s = 0;\n'
    seq 1 12 | sed 's/.*/s += f&(s);/'
    printf 'return s %% 100; }\n'
  } >main.cc
  g++ -O0 -g "-fdebug-prefix-map=$PWD=." -c all.cc main.cc
  for i in 1 2 3; do under mold -run true; done
  under g++ -B"$PWD" -fuse-ld=mold all.o main.o -o work -Wl,--build-id=sha1
  for i in $(seq 1 10); do
    under g++ -B"$PWD" -fuse-ld=mold all.o main.o -o "work$i" -static
    under mold -r -o joined.o all.o main.o
  done
  cmp work1 work10
  sha256sum work
  ./work || echo "exit status $?"
  readelf -sW joined.o | grep -c FUNC
}
compare
