#!/usr/bin/env bash
# build.sh -- the one front door: every verb is a function verb_<name>, described by the line "#: ..." above it.
# What a verb needs from Debian is installed when it is missing. Everything that is built goes to build/<variant>/.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

build_packages=(gcc g++ libc6-dev cmake ninja-build)
test_packages=("${build_packages[@]}" libcriterion-dev relacy-dev binutils pkgconf python3 clang
  sqlite3 strace)
tool_packages=(libelf-dev libncurses-dev zlib1g-dev) # of the command mica
docs_packages=(doxygen mandoc)
deb_packages=("${build_packages[@]}" "${tool_packages[@]}" dpkg-dev file) # CPack asks file which files dpkg-shlibdeps is to read
# The runtimes of gcc's sanitizers come with gcc, those of clang's do not.
suite_packages=("${test_packages[@]}" libclang-rt-dev util-linux valgrind "${docs_packages[@]}" "${deb_packages[@]}"
  python3-rich gnuplot-nox libmicrohttpd-dev meson abigail-tools musl-tools systemtap-sdt-dev gdb heaptrack
  google-perftools libjemalloc-dev python3-protobuf protobuf-compiler)
bench_packages=("${build_packages[@]}" python3 python3-rich gnuplot-nox)
peer_packages=(libmimalloc2.0 libjemalloc2 libtcmalloc-minimal4 libtbbmalloc2)
webserver_packages=(libmicrohttpd-dev wrk)
profiling_packages=(libjemalloc2 libgoogle-perftools4 redis-server redis-tools valgrind)
tidy_packages=("${test_packages[@]}" "${tool_packages[@]}" clang-tidy clang-format)

say() { printf '%s\n' "$*" >&2; }
die() { say "build.sh: $*"; exit 2; }

# need PACKAGE...: installs the Debian packages that are not there.
need() {
  local package missing=() root=()
  command -v dpkg-query >/dev/null || return 0 # not a Debian: whoever runs it provides the tools
  for package; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "build.sh: installing ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
      "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  } >&2 </dev/null || die "could not install ${missing[*]}"
}

# no_more MAXIMUM ARGUMENT...: a verb given more than it takes is a mistake.
no_more() {
  [ $# -le $(($1 + 1)) ] || die "too many arguments: ${*:2}"
}

library_variants=(release debug secure valgrind)
test_variants=(debug release tsan asan ubsan valgrind) # in this order

# check_variant NAME VARIANT...: NAME is one of the variants.
check_variant() {
  case " ${*:2} " in
  *" $1 "*) ;;
  *) die "no variant '$1': there are ${*:2}" ;;
  esac
}

# build_variant NAME [CMAKE OPTION...] [-- TARGET...]: configures and builds. The output is shown only if it fails.
# NAME: a variant; or VARIANT-gcc or VARIANT-clang, which gets a folder of its own.
build_variant() {
  local variant=$1 dir=$top/build/$1 log options=() targets=()
  shift
  case "$variant" in
  *-gcc) options=(-DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++) ;;
  *-clang) options=(-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++) ;;
  *) options=(-DCMAKE_C_COMPILER="${CC:-gcc}") ;;
  esac
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1") && shift; done
  [ $# -eq 0 ] || shift
  targets=("${@:-libmica}")
  mkdir -p "$dir"
  log=$dir/build.log
  ( # one build of a variant at a time
    flock 9
    {
      cmake -S "$top" -B "$dir" -G Ninja -DMICA_VARIANT="${variant%-*}" -DMICA_WERROR=ON "${options[@]}" &&
        ninja -C "$dir" -k 0 "${targets[@]}"
    } >"$log" 2>&1 </dev/null
  ) 9>"$dir/.lock" || {
    cat "$log" >&2
    say "build.sh: building the $variant variant failed"
    return 1
  }
}

#: help                      this text
verb_help() {
  no_more 0 "$@"
  echo "usage: ./build.sh VERB [ARGUMENT...]"
  echo
  sed -n 's/^#: /  /p' "$top/build.sh"
}

#: build [VARIANT]           build/<variant>/libmica.so and libmica.a; VARIANT: release (default), debug,
#:                           secure (misuse ends the program), valgrind
verb_build() {
  no_more 1 "$@"
  local variant=${1:-release} name=libmica
  check_variant "$variant" "${library_variants[@]}"
  need "${build_packages[@]}"
  if [ "$variant" = valgrind ]; then
    need valgrind
    name=libmica-valgrind
  fi
  build_variant "$variant"
  say "build/$variant/$name.so build/$variant/$name.a"
}

#: run [--stats] CMD ARG...  run CMD on mica, as it is; --stats: statistics on stderr at its exit. RTLD_DEEPBIND, by
#:                           which some programs (php) keep their extensions from mica, is passed over
verb_run() {
  local library=$top/build/release/libmica.so settings=("MICA_DEEPBIND=${MICA_DEEPBIND-ignore}")
  if [ "${1:-}" = --stats ]; then
    settings+=(MICA_SHOW_STATS=1)
    shift
  fi
  [ $# -gt 0 ] || die "run what? ./build.sh run [--stats] CMD ARG..."
  case "$top" in *[\ :]*) die "a path with a space or a colon cannot be preloaded: $top" ;; esac
  need "${build_packages[@]}"
  [ "$1" != python3 ] || need python3 # the README's first command works on a bare machine
  build_variant release
  exec env "${settings[@]}" LD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}" "$@"
}

# read_suite: what the tests need, and their functions.
read_suite() {
  local programs=()
  mapfile -t programs < <(sed -n 's/^# packages: //p' "$top"/tests/programs/*.sh | tr ' ' '\n' | sort -u)
  need "${suite_packages[@]}" "${programs[@]}"
  # shellcheck source=tests/suite.sh
  . "$top/tests/suite.sh"
}

#: valgrind [TOOL] [OPTION...] CMD ARG...   run CMD on mica under a TOOL of valgrind: memcheck (default),
#:                           helgrind, drd; the options are valgrind's
verb_valgrind() {
  local library=$top/build/valgrind/libmica-valgrind.so tool=memcheck options=()
  case "${1:-}" in memcheck | helgrind | drd) tool=$1 && shift ;; esac
  while [ $# -gt 0 ] && [ "$1" != "${1#-}" ]; do options+=("$1") && shift; done
  [ $# -gt 0 ] || die "run what? ./build.sh valgrind [memcheck|helgrind|drd] [OPTION...] CMD ARG..."
  case "$top" in *[\ :]*) die "a path with a space or a colon cannot be preloaded: $top" ;; esac
  need "${build_packages[@]}" valgrind
  build_variant valgrind
  # Without the last option valgrind would put its own malloc in the place of mica's.
  exec env LD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}" valgrind --tool="$tool" "${options[@]}" \
    --soname-synonyms=somalloc=nouserintercepts "$@"
}

#: test [--variant V...]     every test of the variants; the last line is the count (default: all of them:
#:                           debug, release, tsan, asan, ubsan, valgrind)
verb_test() {
  local variants=()
  while [ $# -gt 0 ]; do
    [ "$1" = --variant ] && [ $# -gt 1 ] || die "test [--variant V...], not '$1'"
    shift
    while [ $# -gt 0 ] && [ "$1" != --variant ]; do
      check_variant "$1" "${test_variants[@]}"
      variants+=("$1")
      shift
    done
  done
  [ ${#variants[@]} -gt 0 ] || variants=("${test_variants[@]}")
  read_suite
  suite "${variants[@]}"
}

#: cross [--quick] [TARGET...]   other machines, by qemu, and another C library: unit tests, plain and stress programs;
#:                           TARGET: aarch64, riscv64, s390x, ppc64le, musl (default: all of them); --quick: the shorter ones
verb_cross() {
  local quick='' target packages=()
  # shellcheck source=tests/suite.sh
  . "$top/tests/suite.sh"
  if [ "${1:-}" = --quick ]; then
    quick=1
    shift
  fi
  [ $# -gt 0 ] || set -- "${cross_targets[@]}"
  for target; do
    case " ${cross_targets[*]} " in *" $target "*) ;; *) die "no target '$target': there are ${cross_targets[*]}" ;; esac
    mapfile -t -O ${#packages[@]} packages < <(cross_packages "$target" | tr ' ' '\n')
  done
  need "${build_packages[@]}" "${packages[@]}"
  cross "$quick" "$@"
  suite_count
}

#: soak [MINUTES]            the long forms of tests, models and checkers, with progress; ends after MINUTES if given
verb_soak() {
  no_more 1 "$@"
  case "${1:-}" in *[!0-9]* | 0*) die "soak [MINUTES], not '$1'" ;; esac
  read_suite
  # shellcheck source=tests/soak.sh
  . "$top/tests/soak.sh"
  soak "${1:-}"
}

#: model                     the lock-free code, exhaustively, under GenMC where it is installed
verb_model() {
  no_more 0 "$@"
  need "${build_packages[@]}" python3
  exec python3 -B "$top/tests/model/genmc.py"
}

#: bench [--quick] [--only NAME] [--threads N] [--rounds N] [--peer NAME=PATH] [--without NAME] [--install-peers]
#:       [--programs-missing skip|install] [--pools] [--webserver] [--contention] [--profiling] [--looking] [--all]
#:                           the benchmark suite, against the allocators that are installed, or the named parts of it; tables
#:                           here, JSON, CSV and pictures in bench/results/; --help: more on each
verb_bench() {
  local dir=$top/build/release word packages=() listed webserver=OFF options=() targets=(libmica bench_programs)
  local suite=(/usr/bin/python3 -B "$top/bench/suite/bench.py" --programs "$dir/bench" --mica "$dir/libmica.so")
  need "${bench_packages[@]}"
  for word; do
    case "$word" in
    -h | --help) exec "${suite[@]}" --help ;;
    --install-peers) need "${peer_packages[@]}" ;;
    --webserver) need "${webserver_packages[@]}" && webserver=ON ;;
    --contention) need "${peer_packages[@]}" ;;
    --profiling) need "${profiling_packages[@]}" ;;
    --looking) need "${tool_packages[@]}" && options=(-DMICA_TOOL=ON) && targets+=(mica_tools) ;;
    --all)
      need "${webserver_packages[@]}" "${peer_packages[@]}" "${profiling_packages[@]}" "${tool_packages[@]}"
      webserver=ON options=(-DMICA_TOOL=ON)
      targets+=(mica_tools)
      ;;
    --report | --report=*) exec "${suite[@]}" "$@" ;;
    esac
  done
  listed=$("${suite[@]}" --list-packages "$@") || exit
  mapfile -t packages <<<"$listed"
  [ -z "$listed" ] || need "${packages[@]}"
  build_variant release -DMICA_BENCH=ON -DMICA_BENCH_WEBSERVER=$webserver "${options[@]}" -- "${targets[@]}"
  exec "${suite[@]}" "$@"
}

#: programs [NAME...]        what people run (tests/programs), with mica, with the C library's malloc and with Debian's
#:                           allocators by turns: output, processor time, peak; --list: the programs, --help: more
verb_programs() {
  local suite=(/usr/bin/python3 -B "$top/bench/suite/programs.py") listed packages=() line
  need "${bench_packages[@]}"
  case " $* " in
  *" --list "* | *" --help "* | *" -h "*) exec "${suite[@]}" "$@" ;;
  *" --without peers "*) ;;
  *) need "${peer_packages[@]}" ;;
  esac
  listed=$("${suite[@]}" --list "$@") || exit
  mapfile -t packages < <(cut -d ' ' -f 2- <<<"$listed" | tr ' ' '\n' | sort -u)
  # Where they cannot be had all at once, each program gets what there is; what is missing then is told in the table.
  (need "${packages[@]}") || while read -r line; do
    # shellcheck disable=SC2086 # words
    (need ${line#* }) </dev/null || :
  done <<<"$listed"
  build_variant release -DMICA_BENCH=ON -- libmica bench_meter
  exec "${suite[@]}" --programs "$top/build/release/bench" --mica "$top/build/release/libmica.so" "$@"
}

#: drawn [FOLDER]            what mica map makes, as a browser draws it: chromium, which is large, is installed for it; pictures
#:                           go to FOLDER
verb_drawn() {
  no_more 1 "$@"
  need "${build_packages[@]}" "${tool_packages[@]}" python3 chromium
  build_variant release -DMICA_TOOL=ON -DMICA_TESTS=ON -- libmica mica_tools mica-map-synthetic
  MICA_BUILD=$top/build/release exec "$top/tests/tool/more/drawn.sh" "$@"
}

# format OPTION...: clang-format over all C and C++ here.
format() {
  need "${tidy_packages[@]}"
  cd "$top"
  find include base observe block page segment profile heap stats pool api tool tests bench \( -name '*.[ch]' -o -name '*.cc' \) -print0 |
    sort -z | xargs -0 clang-format "$@"
}

#: format                    set the layout of all sources right, in place
verb_format() {
  no_more 0 "$@"
  format -i
}

#: tidy                      what clang-format would change and clang-tidy warns of
verb_tidy() {
  no_more 0 "$@"
  local sources=() status=0
  format --dry-run -Werror || status=1
  build_variant release -DMICA_TOOL=ON
  mapfile -t sources < <(find base observe block page segment profile heap stats pool api tool -name '*.c' | sort)
  clang-tidy --quiet -p build/release "${sources[@]}" || status=1
  return $status
}

#: install [--as-mimalloc] [PREFIX]   libraries, the command mica, headers, man pages, pkg-config and CMake files under PREFIX
#:                           (default: /usr/local); --as-mimalloc: libmimalloc.so.3 leads to libmica.so, too
verb_install() {
  local prefix header alias named=''
  if [ "${1:-}" = --as-mimalloc ]; then
    named=1
    shift
  fi
  prefix=${1:-/usr/local}
  no_more 1 "$@"
  case "$prefix" in /*) ;; *) die "PREFIX is an absolute path, not '$prefix'" ;; esac
  header=${DESTDIR:-}$prefix/include/mimalloc.h
  if [ -e "$header" ] && ! grep -q mica "$header"; then die "$header is another allocator's; choose another PREFIX"; fi
  need "${build_packages[@]}" "${tool_packages[@]}"
  build_variant release -DCMAKE_INSTALL_PREFIX="$prefix" -DMICA_TOOL=ON -- libmica mica_tools
  for alias in "${DESTDIR:-}$prefix"/lib*/{,*/}libmimalloc.so{,.3}; do
    [ -z "$named" ] || [ ! -e "$alias" ] || grep -q libmica "$alias" ||
      die "$alias is another allocator's; choose another PREFIX"
  done
  cmake --install "$top/build/release" --prefix "$prefix"
  [ -z "$named" ] || cmake --install "$top/build/release" --prefix "$prefix" --component as-mimalloc
  if [ "$(id -u)" -eq 0 ] && [ -z "${DESTDIR:-}" ]; then ldconfig; fi
}

#: deb                       Debian packages, libmica<N>, libmica-tools, their -dbgsym, libmica-dev: build/release-deb/packages/
verb_deb() {
  no_more 0 "$@"
  local dir=$top/build/release-deb package
  need "${deb_packages[@]}"
  build_variant release-deb -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMICA_TESTS=OFF -DMICA_TOOL=ON \
    -DCMAKE_C_FLAGS="-ffile-prefix-map=$top=." -DCMAKE_CXX_FLAGS="-ffile-prefix-map=$top=." -- all
  rm -rf "$dir/packages"
  (cd "$dir" && cpack >cpack.log 2>&1) || { cat "$dir/cpack.log" >&2 && die "making the packages failed"; }
  for package in "$dir"/packages/*.*deb; do say "${package#"$top/"}"; done
}

#: docs                      the reference of the interface: build/docs/html/index.html
verb_docs() {
  no_more 0 "$@"
  need "${docs_packages[@]}"
  local headers
  cd "$top"
  headers=$(sed -n 's|^#include <\(mica/[a-z_]*\.h\)>$|include/\1|p' include/mica.h | tr '\n' ' ')
  rm -rf build/docs
  mkdir -p build/docs
  MICA_DOCS=build/docs MICA_PUBLIC="include/mica.h $headers" \
    MICA_VERSION=$(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"$/\1/p' include/mica/base.h) \
    doxygen doc/Doxyfile >build/docs/doxygen.log 2>&1 || {
    cat build/docs/doxygen.log build/docs/warnings.log >&2
    die "the reference has faults"
  }
  say "build/docs/html/index.html"
}

#: clean                     remove what was built
verb_clean() {
  no_more 0 "$@"
  rm -rf "$top/build"
}

verb=${1:-help}
[ $# -eq 0 ] || shift
case "$verb" in -h | --help) verb=help ;; esac
declare -F "verb_$verb" >/dev/null || die "no verb '$verb': see ./build.sh help"
"verb_$verb" "$@"
