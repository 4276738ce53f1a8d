#!/usr/bin/env bash
# processes.sh -- 540 short processes, three by three: a shell, and sed and awk that it runs on a small file, as scripts and
# builds do. `time` is the wall time of all of them, one after the other; the peak is that of the largest.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" dash sed mawk

rounds=$(by_mode 180 60)
seq 200 >"$work/numbers"
# shellcheck disable=SC2016 # the inner shell's
measure dash -c 'i=0; while [ $i -lt "$2" ]; do
  dash -c "sed s/1/one/ <\"\$0\" | mawk \"{ n[\\\$1 % 7]++ } END { for (k in n) s += n[k] * k; print s }\"" "$1/numbers"
  i=$((i + 1)); done | sort | uniq -c | sed "s/^ *//"' dash "$work" "$rounds"
printed "$(by_mode '180 267' '60 267')"
printf '%s\n' "$line"
