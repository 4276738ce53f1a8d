#!/bin/sh
# Runs the workloads under each allocator by turns, and prints the medians beside mimalloc's.
# usage: bench/compare.sh [churn|freeall|pipe|growth|all] ...         default: all; see bench/README.md
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
programs=${BENCH_PROGRAMS:-$root/build/release/bench}
mica=${MICA_LIB:-$root/build/release/libmica.so}
rounds=${ROUNDS:-5}
pairs=${PAIRS:-10000000}
blocks=${BLOCKS:-50000000}
base=${BASE:-mimalloc}
results=$(mktemp)
trap 'rm -f "$results"' EXIT

# The file of a library that the dynamic linker knows by this name, or nothing.
installed() {
  { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | awk -v name="$1" '$1 == name { print $NF; exit }'
}

# The allocators: one "name file" a line; the C library's own has no file. ALLOCATORS="name name" takes only those.
allocators() {
  {
    echo "glibc -"
    echo "mica $([ ! -f "$mica" ] || realpath "$mica")"
    echo "mimalloc $(installed libmimalloc.so.2)"
    echo "jemalloc $(installed libjemalloc.so.2)"
    echo "tcmalloc $(installed libtcmalloc_minimal.so.4)"
    echo "tbbmalloc $(installed libtbbmalloc_proxy.so.2)"
    for extra in ${EXTRA:-}; do echo "${extra%%=*} ${extra#*=}"; done
  } | while read -r name file; do
    case " ${ALLOCATORS:-$name} " in *" $name "*) ;; *) continue ;; esac
    if [ -n "$file" ]; then echo "$name $file"; else echo "compare: $name is not here, left out" >&2; fi
  done
}

# run WORKLOAD NAME FILE PROGRAM ARGUMENTS...: one result line "workload name time peak faults".
run() {
  workload=$1 name=$2 file=$3 program=$4
  shift 4
  preload="LD_PRELOAD=$file"
  [ "$file" != - ] || preload="LD_PRELOAD="
  line=$(env "$preload" "$programs/$program" "$@" </dev/null) || {
    echo "compare: $program fails under $name: $line" >&2
    return 0
  }
  echo "$line" | awk -v w="$workload" -v n="$name" '{
    for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
    print w, n, value["time"], value["peak_kib"], value["faults"] }' >>"$results"
}

# turn LABEL PROGRAM ARGUMENTS...: each allocator once, one after the other.
turn() {
  label=$1
  shift
  while read -r name file; do run "$label" "$name" "$file" "$@"; done <<EOF
$chosen
EOF
}

# The workloads: "label program arguments", one a line, underscores for the label's blanks, commas between arguments.
workloads() {
  case $1 in
    churn)
      for threads in 1 2; do
        for live in 1 10 100; do
          echo "churn:_${live}_MiB_live,_${threads}_thread(s),_ns/pair churn $live,$threads,$pairs"
        done
      done ;;
    freeall)
      echo "freeall:_100_MiB_of_1_KiB,_ms/round freeall fixed"
      echo "freeall:_100_MiB_of_16-1,039_bytes,_ms/round freeall mixed" ;;
    pipe) echo "pipe:_one_allocates,_one_frees,_ns/block pipe $blocks" ;;
    growth)
      echo "growth:_realloc_1_MiB_to_1_GiB,_ms_of_processor growth untouched"
      echo "growth:_the_same,_pages_touched,_ms_of_processor growth touch" ;;
    all) for each in churn freeall pipe growth; do workloads "$each"; done ;;
    *) echo "compare: no workload $1 (churn, freeall, pipe, growth, all)" >&2; exit 2 ;;
  esac
}

table() {
  awk -v base="$base" '
    function median(values, n,   list, i, j, t) {
      split(values, list, " ")
      for (i = 2; i <= n; i++) {
        for (j = i; j > 1 && list[j - 1] + 0 > list[j] + 0; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
      }
      return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function ratio(value, reference, known) { return (known && reference) ? sprintf("%.2f", value / reference) : "-" }
    { key = $1 SUBSEP $2
      if (!($1 in seen)) { seen[$1] = 1; order[++works] = $1 }
      if (!(key in n)) { names[$1] = names[$1] " " $2 }
      n[key]++; time[key] = time[key] " " $3; peak[key] = peak[key] " " $4; faults[key] = faults[key] " " $5 }
    END {
      for (w = 1; w <= works; w++) {
        work = order[w]; title = work; gsub("_", " ", title)
        reference = work SUBSEP base; known = reference in n
        if (known) baseTime = median(time[reference], n[reference])
        if (known) basePeak = median(peak[reference], n[reference])
        printf "\n%s\n  %-10s %10s %7s %10s %7s %10s\n", title, "", "time", "ratio", "peak MiB", "ratio", "faults"
        count = split(names[work], list, " ")
        for (i = 1; i <= count; i++) {
          key = work SUBSEP list[i]; t = median(time[key], n[key]); p = median(peak[key], n[key])
          printf "  %-10s %10.2f %7s %10.1f %7s %10d\n", list[i], t, ratio(t, baseTime, known), p / 1024, \
            ratio(p, basePeak, known), median(faults[key], n[key])
        }
      }
    }' "$results"
}

if [ ! -x "$programs/growth" ]; then
  mkdir -p "$programs"
  for program in churn freeall pipe growth; do ${CC:-cc} -O2 -pthread "$here/$program.c" -o "$programs/$program"; done
fi
[ $# -gt 0 ] || set -- all
chosen=$(allocators)
list=$(for each in "$@"; do workloads "$each"; done)
round=1
while [ "$round" -le "$rounds" ]; do
  echo "compare: round $round of $rounds" >&2
  while read -r label program arguments; do
    # shellcheck disable=SC2046 # the arguments are separate words
    turn "$label" "$program" $(echo "$arguments" | tr , ' ')
  done <<EOF
$list
EOF
  round=$((round + 1))
done
echo "medians of $rounds rounds, the allocators by turns; ratios to $base"
table
