#!/usr/bin/env bash
# One check of tests/valgrind/run.sh, which says where things are (VG_PLACE, VG_LIBRARY).
# usage: one.sh "KIND FORM PROGRAM TOOL HOW TEXT"    prints one line, PASS ... or FAIL ..., the latter with what it saw
#   bug     PROGRAM of tests/bugs, HOW: bug or clean. TEXT: what each report's heading matches; 0: there is no report
#   stress  PROGRAM at the scale HOW: no report
#   says    PROGRAM, one of the pools' or of tests/programs: no report, no leak of the kinds HOW, and it prints what it must
#   stacks  what the tools tell of blocks begins with the function that the program called (stacks.py)
#   same    PROGRAM, a real one, runs work.py or work.sql: no report that it would not get on the C library's malloc, too
set -u
here=$(cd "$(dirname "$0")" && pwd)
read -r kind form program tool how text <<<"$1"
label="$tool: $program"
[ "$kind" != bug ] || label="$tool: $program: $form, $how"
log=$VG_PLACE/$kind.$form.$program.$tool.$how
seconds=${VG_SECONDS:-3600}

pass() {
  echo "PASS $label${1:+: $1}"
  exit 0
}

# fail WHY [FILE]: with the end of the file, indented.
fail() {
  local shown=
  [ -z "${2:-}" ] || shown=$(head -n "${VG_LINES:-60}" "$2" | sed 's/^/    /')
  printf 'FAIL %s: %s\n%s' "$label" "$1" "${shown:+$shown
}"
  exit 0
}

# under LIBRARY COMMAND...: COMMAND under the tool, with LIBRARY preloaded (empty: none). options: where the reports go.
options=(--log-file="$log")
leaks=definite,possible
under() {
  local library=$1
  shift
  if [ "$tool" = memcheck ] && [ -n "$leaks" ]; then
    options+=(--leak-check=full --show-leak-kinds="$leaks" --errors-for-leak-kinds="$leaks")
  fi
  timeout -k 10 "$seconds" env ${library:+LD_PRELOAD="$library"} valgrind --tool="$tool" --fair-sched=yes \
    "${options[@]}" --soname-synonyms=somalloc=nouserintercepts "$@" </dev/null >"$log.out" 2>"$log.err"
}

# reports: "errors contexts", as valgrind sums them up; nothing if it did not come to that.
reports() {
  sed -n 's/.*ERROR SUMMARY: \([0-9]*\) errors from \([0-9]*\) contexts.*/\1 \2/p' "$log" | tail -n 1
}

# headings: how many reports have a heading like that; a stack in the program's own source follows each.
headings() {
  TEXT=$text FILE="($program.c" awk '
    BEGIN { text = ENVIRON["TEXT"]; file = ENVIRON["FILE"] }
    $0 ~ "^(==|[*][*])[0-9]+(==|[*][*]) " && $0 ~ text { open = 1; next }
    open && /^==[0-9]+== *$/ { open = 0 }
    open && index($0, file) { n++; open = 0 }
    END { print n + 0 }' "$log"
}

check_bug() {
  local library='' errors contexts status=0
  [ "$form" != plain ] || library=$VG_LIBRARY
  under "$library" "$VG_PLACE/$form/$program" "$how" || status=$?
  [ $status -eq 0 ] || fail "exit status $status" "$log.err"
  [ "$(head -n 1 "$log.out")" = mica ] || fail "malloc is not mica's" "$log.out"
  read -r errors contexts < <(reports)
  [ -n "${errors:-}" ] || fail "no summary" "$log"
  if [ "$text" = 0 ]; then
    [ "$errors" -eq 0 ] || fail "$errors errors" "$log"
    pass "0 errors"
  fi
  [ "$errors" -gt 0 ] || fail "not reported" "$log"
  [ "$(headings)" -eq "$contexts" ] || fail "$contexts reports, $(headings) of them like '$text'" "$log"
  pass "$(grep -m1 -E "$text" "$log" | sed 's/^[=*]*[0-9]*[=*]* //')"
}

# A child has a log of its own. No search for leaks: children end with blocks of their parent, and the walker has looked.
check_stress() {
  leaks=
  local status=0 file errors total=0
  options=(--log-file="$log.%p")
  under '' "$VG_PLACE/stress/$program" "${VG_SEED:-1}" "$how" || status=$?
  [ $status -eq 0 ] || fail "exit status $status" "$log.err"
  for file in "$log".[0-9]*; do
    errors=$(sed -n 's/.*ERROR SUMMARY: \([0-9]*\) errors.*/\1/p' "$file" | tail -n 1)
    [ "${errors:-none}" = 0 ] || fail "${errors:-no} errors in the summary" "$file"
    total=$((total + 1))
  done
  pass "0 errors, $total processes, scale $how"
}

check_says() {
  local errors status=0
  leaks=$how
  under '' "$VG_PLACE/programs/$program" || status=$?
  [ $status -eq 0 ] || fail "exit status $status" "$log.out"
  cmp -s "$log.out" "$VG_PLACE/programs/$program.expected" || fail "it says something else" "$log.out"
  read -r errors _ < <(reports)
  [ "${errors:-none}" = 0 ] || fail "${errors:-no} errors in the summary" "$log"
  pass "0 errors"
}

# same_run NAME LIBRARY COMMAND...: the reports to NAME.xml. Whose malloc it was, the loader's log says.
same_run() {
  local name=$1 library=$2 status=0
  shift 2
  mkdir "$log.$name" && cd "$log.$name" || exit 1
  options=(--xml=yes --xml-file="$log.$name.xml")
  export LD_DEBUG=bindings LD_DEBUG_OUTPUT=$log.$name.bound LD_BIND_NOW=1 PYTHONHASHSEED=0
  under "$library" "$@" || status=$?
  unset LD_DEBUG LD_DEBUG_OUTPUT LD_BIND_NOW
  [ $status -eq 0 ] || fail "$name: exit status $status" "$log.err"
  mv "$log.out" "$log.$name.out"
}

check_same() {
  local command bound
  leaks=definite
  case $program in
  python3) command=(/usr/bin/python3 "$here/work.py" "$tool") ;;
  python3_malloc) command=(/usr/bin/python3 "$here/work.py" "$tool") && export PYTHONMALLOC=malloc ;;
  sqlite3) command=(/usr/bin/sqlite3 :memory: ".read $here/work.sql") ;;
  esac
  same_run without '' "${command[@]}"
  same_run with "$VG_LIBRARY" "${command[@]}"
  cmp -s "$log.without.out" "$log.with.out" || fail "another result than on the C library's malloc" "$log.with.out"
  [ -s "$log.with.out" ] || fail "the program said nothing"
  bound=$(grep -hF " to $VG_LIBRARY [0]: normal symbol \`malloc'" "$log".with.bound.* | grep -c "binding file ${command[0]} ")
  [ "$bound" -gt 0 ] || fail "malloc is not mica's"
  python3 "$here/reports.py" "$log.without.xml" "$log.with.xml" >"$log.new" || fail "reports that are new" "$log.new"
  pass "$(tail -n 1 "$log.new")"
}

check_stacks() {
  "$here/stacks.py" "$VG_LIBRARY" >"$log.out" 2>&1 || fail "stacks do not begin where they should" "$log.out"
  pass
}

"check_$kind"
