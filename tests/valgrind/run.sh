#!/usr/bin/env bash
# Runs programs on the valgrind variant of mica under memcheck, helgrind and DRD: those with one bug each, the stress programs,
# those written to mimalloc and to the classic pools, python3 and sqlite3.
# usage: tests/valgrind/run.sh LIB [soak]   prints a PASS or FAIL line for each check; the status is 1 if one failed
# LIB is libmica-valgrind.so; the static library of that name lies beside it. soak: every form of every program, and stress at
# a larger scale.
# JOBS=N checks run at a time (default 2). ONLY=REGEX runs the checks whose line matches.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
case $# in 1 | 2) ;; *) echo "usage: $0 LIB [soak]" >&2 && exit 125 ;; esac
VG_LIBRARY=$(realpath -e "$1") || exit 125
VG_PLACE=$(mktemp -d) || exit 125
export VG_LIBRARY VG_PLACE
trap 'rm -rf "$VG_PLACE"' EXIT
archive=${VG_LIBRARY%.so*}.a
size=${2:-usual}
flags=(-O1 -g -fno-builtin "-I$top" "-I$top/include" -D_GNU_SOURCE=1 -pthread)
# Those of plain/ that use pools. A pool that is lost refers to itself, so of these nothing at all may be left.
pools=(nginx_pool.c mp_pool.c cxx_pool.cc)
renamed=()
for name in malloc calloc realloc free; do renamed+=("-D$name=mi_$name"); done

# build: the programs. plain/ knows nothing of mica; linked/ has its library, mi/ calls mi_malloc and so on; programs/ have a
# text that they must print, and so have the pools' programs.
build() {
  local source name
  mkdir "$VG_PLACE/plain" "$VG_PLACE/linked" "$VG_PLACE/mi" "$VG_PLACE/stress" "$VG_PLACE/programs" || return 1
  for source in "$top"/tests/bugs/*.c "$top"/tests/bugs/*.cc; do
    name=$(basename "${source%.*}")
    if [ "${source##*.}" = c ]; then
      set -- "${CC:-gcc}" -std=c11
    else
      set -- "${CXX:-g++}" -std=c++17
    fi
    "$@" "${flags[@]}" "$source" -o "$VG_PLACE/plain/$name" || return 1
    ! linked "$name" || "$@" "${flags[@]}" "$source" -o "$VG_PLACE/linked/$name" "$VG_LIBRARY" "-Wl,-rpath,${VG_LIBRARY%/*}" ||
      return 1
    [ "${source##*.}" = c ] || continue
    "$@" "${flags[@]}" "${renamed[@]}" "$source" -o "$VG_PLACE/mi/$name" "$VG_LIBRARY" \
      "-Wl,-rpath,${VG_LIBRARY%/*}" || return 1
  done
  for source in "$top"/tests/programs/*.c; do
    name=$(basename "$source" .c)
    "${CC:-gcc}" -std=c11 "${flags[@]}" "$source" -o "$VG_PLACE/programs/$name" "$VG_LIBRARY" "-Wl,-rpath,${VG_LIBRARY%/*}" &&
      cp "${source%.c}.expected" "$VG_PLACE/programs/" || return 1
  done
  for source in "${pools[@]}"; do
    name=${source%.*}
    if [ "${source##*.}" = c ]; then
      set -- "${CC:-gcc}" -std=c11
    else
      set -- "${CXX:-g++}" -std=c++17
    fi
    "$@" "${flags[@]}" "-I$top/include/mica/classic" "$top/tests/plain/$source" -o "$VG_PLACE/programs/$name" "$VG_LIBRARY" \
      "-Wl,-rpath,${VG_LIBRARY%/*}" && echo "$name: ok" >"$VG_PLACE/programs/$name.expected" || return 1
  done
  for source in "$top"/tests/plain/stress_*.c; do
    "${CC:-gcc}" -std=c11 "${flags[@]}" -DMICA_TRACK_VALGRIND "$source" \
      -o "$VG_PLACE/stress/$(basename "$source" .c)" "$archive" -lm || return 1
  done
}

# linked PROGRAM: it is looked at as it is linked, too. Of such a program the tools see what they see of one that is not: in the usual
# size C++ and the races show that they see it at all. Those that call mi_malloc and its like are linked as well.
linked() {
  case $size/$1 in soak/* | */race_*) ;; *) [ ! -e "$top/tests/bugs/$1.c" ] ;; esac
}

# bugs PROGRAM TOOL TEXT: the lines of checks for one cell of expected.txt.
bugs() {
  local form
  [ "$3" != - ] || return 0
  for form in plain linked mi; do
    case $size/$2/$form/$1 in soak/* | */plain/* | */memcheck/* | */linked/race_*) ;; *) continue ;; esac
    [ -e "$VG_PLACE/$form/$1" ] || continue
    case $1 in clean_*) ;; *) echo "bug $form $1 $2 bug $3" ;; esac
    case $1/$form in
    clean_*/*) echo "bug $form $1 $2 clean 0" ;;
    */plain) [ "$3" = 0 ] || [ "$size/$2" = usual/memcheck ] || echo "bug $form $1 $2 clean 0" ;;
    *) [ "$size" != soak ] || echo "bug $form $1 $2 clean 0" ;;
    esac
  done
}

# stress TOOL SCALE...: the scales of the usual size and of soak, in hundredths.
stress() {
  local program scale=$2
  [ "$size" = usual ] || scale=$3
  for program in "$VG_PLACE"/stress/*; do echo "stress - $(basename "$program") $1 $scale -"; done
}

# checks: all of them, a line each; the longest first.
checks() {
  local program memcheck helgrind drd name
  stress drd 0.1 1
  stress helgrind 0.25 5
  stress memcheck 0.5 20
  for name in python3 python3_malloc sqlite3; do
    for tool in memcheck helgrind drd; do
      # The usual size has a real program for each tool, and python3 as it allocates by itself and by malloc.
      case $size/$name/$tool in
      soak/* | */python3_malloc/memcheck | */python3_malloc/helgrind | */python3/drd | */sqlite3/memcheck) echo "same - $name $tool - -" ;;
      esac
    done
  done
  echo "stacks - stacks memcheck - -"
  for program in "$top"/tests/programs/*.expected; do echo "says - $(basename "$program" .expected) memcheck definite,possible -"; done
  for program in "${pools[@]}"; do echo "says - ${program%.*} memcheck all -"; done
  while IFS='|' read -r program memcheck helgrind drd; do
    read -r program <<<"$program"
    read -r memcheck <<<"$memcheck"
    read -r helgrind <<<"$helgrind"
    read -r drd <<<"$drd"
    case $program in '' | '#'*) continue ;; esac
    bugs "$program" memcheck "$memcheck"
    bugs "$program" helgrind "$helgrind"
    bugs "$program" drd "$drd"
  done <"$top/tests/bugs/expected.txt"
}

command -v valgrind >/dev/null || { echo "FAIL valgrind is not installed" && exit 125; }
build || { echo "FAIL the programs were not built" && exit 125; }
for program in "$VG_PLACE"/plain/*; do
  grep -q "^$(basename "$program") " "$top/tests/bugs/expected.txt" ||
    echo "FAIL $(basename "$program") is not in tests/bugs/expected.txt"
done | tee "$VG_PLACE/results"
checks | grep -E -e "${ONLY:-.}" >"$VG_PLACE/checks"
xargs -P "${JOBS:-2}" -d '\n' -n 1 "$here/one.sh" <"$VG_PLACE/checks" | tee -a "$VG_PLACE/results"
wanted=$(wc -l <"$VG_PLACE/checks")
passed=$(grep -c '^PASS' "$VG_PLACE/results")
[ "$wanted" -gt 0 ] && [ "$passed" -eq "$wanted" ] && ! grep -q '^FAIL' "$VG_PLACE/results"
