# preload.bash -- one program, twice: as it is, and with mica preloaded. Sourced by each tests/programs/**/*.sh.
#
# A script names its Debian packages in a line `# packages: ...`, defines workload(), which writes the same text every time, and
# calls compare. Inside of workload, the program under test is started through `under CMD ARG...`, and a server through
# `serve CMD ARG...`; all else runs without mica. Each run starts in an empty folder.
#
# NAME.sh            runs it twice and compares, for the suite. That mica was in use is not believed but seen: the dynamic loader
#                    logs which library each process bound `malloc` to, and every single process that was started through
#                    `under` must have bound it to mica. A program that has a malloc of its own says which of its files have it:
#                    own_malloc='REGEX' before compare.
# NAME.sh once       runs it once in the folder that it is called in, and measures what was started through `under`, for
#                    ./build.sh programs: PROGRAMS_METER is the path of meter, PROGRAMS_FIGURES the file that its lines go to,
#                    PROGRAMS_PRELOAD the allocator, or empty.
#
# MICA_LIBRARY: the library to preload when it is compared; given by ./build.sh test.
set -euo pipefail

export LC_ALL=C TZ=UTC
once=${1:-}
own_malloc=''
[ "$once" = once ] || : "${MICA_LIBRARY:?the library to preload}"
export -n MICA_LIBRARY MICA_BUILD # they are not for what runs here

die() {
  printf '%s\n' "$*"
  exit 1
}

# put_under CMD ARG...: started is the command that runs CMD as this run wants it: as it is, with mica, or measured.
put_under() {
  started=("${unprivileged[@]}" "$@")
  if [ "$once" = once ]; then
    started=("$PROGRAMS_METER" --figures "$PROGRAMS_FIGURES" ${preload:+--preload "$preload"} -- "${started[@]}")
  elif [ -n "$preload" ]; then
    started=("${unprivileged[@]}" env "LD_PRELOAD=$preload" LD_DEBUG=bindings "LD_DEBUG_OUTPUT=$logs/bindings" LD_BIND_NOW=1 "$@")
  fi
}

# under CMD ARG...: runs CMD.
under() {
  put_under "$@"
  "${started[@]}"
}

# serve CMD ARG...: starts a server. It is the process $server, and is ended with the workload, however that ends.
serve() {
  put_under "$@"
  "${started[@]}" &
  server=$!
  servers+=("$server")
}

# answered CMD ARG...: waits until CMD succeeds, while the server runs.
answered() {
  local _
  for _ in $(seq 1 3000); do
    ! "$@" >/dev/null 2>&1 || return 0
    jobs -rp | grep -qx "$server" || break
    sleep 0.1
  done
  echo "the server does not answer"
  return 1
}

# served [SIGNAL]: ends the server, TERM if nothing else is said, and says how it ended.
served() {
  local status=0
  kill "-${1:-TERM}" "$server"
  wait "$server" || status=$?
  echo "exit status of the server: $status"
}

# end_servers: none is left behind.
servers=()
end_servers() {
  local pid _
  for pid in "${servers[@]}"; do
    kill -TERM "$pid" 2>/dev/null || continue
    for _ in $(seq 1 100); do
      jobs -rp | grep -qx "$pid" || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# free_port: a port of 127.0.0.1 that nobody has.
free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# leave_root: for servers that refuse to be root's. What is in the run's folder becomes nobody's, and what is started under mica
# from here on runs as nobody. Whoever is not root stays who he is.
unprivileged=()
leave_root() {
  [ "$(id -u)" -eq 0 ] || return 0
  chown -R 65534:65534 .
  unprivileged=(setpriv --reuid=65534 --regid=65534 --clear-groups)
}

# run_here: workload in the current folder, its servers ended.
run_here() {
  trap end_servers EXIT
  workload
}

# run_once NAME [LIBRARY]: the same in the folder NAME; stdout to NAME.out, stderr to NAME.err, the exit status to NAME.status.
run_once() {
  preload=${2:-}
  mkdir "$place/$1"
  set +e # behind `||` the workload would not stop at its first error
  (
    set -e
    cd "$place/$1"
    run_here
  ) >"$place/$1.out" 2>"$place/$1.err" </dev/null
  echo $? >"$place/$1.status"
  set -e
}

# check_bound: every process that was started with mica bound malloc to it, or has a malloc of its own and may.
check_bound() {
  local log file
  compgen -G "$logs/bindings.*" >/dev/null || die "no process was started with $library"
  for log in "$logs"/bindings.*; do
    # A process that ran no program of its own (a fork that ends at once) has bound nothing.
    grep -q "symbol .malloc'" "$log" || continue
    ! grep -qF " to $library [0]: normal symbol \`malloc'" "$log" || continue
    file=$(sed -n "s/.* to \(.*\) \[0\]: normal symbol .malloc'.*/\1/p;T;q" "$log")
    [ -n "$own_malloc" ] && [[ $file =~ $own_malloc ]] ||
      die "a process did not bind malloc to $library: $(grep -m1 "symbol .malloc'" "$log")"
  done
  grep -qhF " to $library [0]: normal symbol \`free'" "$logs"/bindings.* || [ -n "$own_malloc" ] ||
    die "free was not bound to $library"
}

# compare_both: both runs end well and say the same, byte for byte.
compare_both() {
  [ -r "$MICA_LIBRARY" ] || die "no $MICA_LIBRARY"
  place=$(mktemp -d)
  trap 'rm -rf "$place"' EXIT
  logs=$place/logs library=$place/libmica.so # where whoever is not root can read it
  mkdir -m 777 "$logs"
  chmod 755 "$place"
  cp -L "$MICA_LIBRARY" "$library"
  run_once without
  run_once with "$library"
  [ "$(cat "$place/without.status")" = 0 ] || die "without mica: exit status $(cat "$place/without.status")
$(tail -n 20 "$place/without.err")"
  [ "$(cat "$place/with.status")" = 0 ] || die "with mica: exit status $(cat "$place/with.status")
$(tail -n 20 "$place/with.err")"
  [ -s "$place/without.out" ] || die "the program said nothing"
  cmp "$place/without.out" "$place/with.out" || die "$(diff "$place/without.out" "$place/with.out" | head -n 20)"
  check_bound
}

# compare: what the script is called for.
compare() {
  if [ "$once" = once ]; then
    preload=$PROGRAMS_PRELOAD
    run_here
  else
    compare_both
  fi
}
