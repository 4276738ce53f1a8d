#!/usr/bin/env bash
# git: init, add, commit, branch, merge, repack with threads, gc, fsck, log, in a repository of its own.
# packages: git
. "$(dirname "$0")/preload.bash"

workload() {
  export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=c GIT_COMMITTER_EMAIL=c@example.org
  local i
  under git init -q -b main repo
  cd repo
  for i in $(seq 1 12); do
    export GIT_AUTHOR_DATE="2020-01-01T00:00:$i +0000" GIT_COMMITTER_DATE="2020-01-01T00:01:$i +0000"
    mkdir -p "d$((i % 4))"
    seq "$i" 3 $((i * 2000)) >"d$((i % 4))/f$i.txt"
    seq 1 "$i" >>notes.txt
    under git add -A
    under git commit -q -m "commit $i"
  done
  under git checkout -q -b side HEAD~4
  seq 1 5000 >side.txt
  under git add side.txt
  under git commit -q -m side
  under git checkout -q main
  under git merge -q --no-ff -m merge side
  under git -c pack.threads=2 repack -q -a -d -f --depth=20
  under git -c pack.threads=2 gc -q --prune=now
  under git fsck --full --strict --no-progress
  under git log --stat --format='%H %s'
  under git diff --stat HEAD~6 HEAD
  under git blame -s notes.txt | tail -n 5
  under git count-objects -v | grep -v size
  under git status --porcelain
  under git archive HEAD | sha256sum
}
compare
