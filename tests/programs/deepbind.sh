#!/usr/bin/env bash
# deepbind: a library that is opened with RTLD_DEEPBIND has its malloc from mica where MICA_DEEPBIND=ignore says so; and the library
# is found by the RUNPATH of whoever calls dlopen, the program or another library, as without mica.
#
# MICA_LIBRARY: the library to preload; given by ./build.sh test.
set -euo pipefail

: "${MICA_LIBRARY:?the library to preload}"
export -n MICA_LIBRARY MICA_BUILD # they are not for what runs here
here=$(cd "$(dirname "$0")/../deepbind" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
compiler=("${CC:-gcc}" -O1 -fno-builtin -fno-optimize-sibling-calls -Wall -Wextra -Werror)
mkdir "$place/plugins" "$place/other" "$place/other/plugins"
"${compiler[@]}" -shared -fPIC -o "$place/plugins/plugin.so" "$here/plugin.c"
cp "$place/plugins/plugin.so" "$place/other/plugins/plugin.so"
run_path="-Wl,--enable-new-dtags,-rpath,\$ORIGIN/plugins"
"${compiler[@]}" "$run_path" -o "$place/host" "$here/host.c" "$here/opener.c"
"${compiler[@]}" -Wl,-rpath,/nonexistent -o "$place/lost" "$here/host.c" "$here/opener.c"
"${compiler[@]}" -shared -fPIC "$run_path" -o "$place/other/opener.so" "$here/opener.c"

status=0
says() { # EXPECTED COMMAND...
  local said
  said=$("${@:2}" 2>&1) || true
  [ "$said" = "$1" ] || { printf '%s: %s\n' "${*:2}" "$said" && status=1; }
}
on_mica=(env "LD_PRELOAD=$MICA_LIBRARY" MICA_DEEPBIND=ignore)
for how in dlopen dlmopen; do
  says "one malloc" "$place/host" $how
  says "one malloc" "${on_mica[@]}" "$place/host" $how
  says "one malloc" "${on_mica[@]}" "$place/host" $how "$place/other/opener.so"
  # The opener's RUNPATH leads to the plugin though the program's does not; by its own the program does not find it.
  says "one malloc" "${on_mica[@]}" "$place/lost" $how "$place/other/opener.so"
  says "plugin.so: cannot open shared object file: No such file or directory" "${on_mica[@]}" "$place/lost" $how
  # Unless it is asked for, nothing is changed.
  says "two mallocs" env "LD_PRELOAD=$MICA_LIBRARY" "$place/host" $how
  says $'mica: MICA_DEEPBIND=0 is not understood; nothing but ignore is\ntwo mallocs' \
    env "LD_PRELOAD=$MICA_LIBRARY" MICA_DEEPBIND=0 "$place/host" $how
  says "two mallocs" env "LD_PRELOAD=$MICA_LIBRARY" MICA_DEEPBIND= "$place/host" $how
  says "one malloc" env "LD_PRELOAD=$MICA_LIBRARY" mica_deepbind=Ignore "$place/host" $how
done
says "two mallocs" "${on_mica[@]}" "$place/host" elsewhere

# Where there is no dlopen behind mica, as before glibc 2.34, it fails and says so: for mica dlsym finds none.
"${compiler[@]}" -shared -fPIC -o "$place/none_behind.so" "$here/none_behind.c"
for how in dlopen dlmopen; do
  says "none behind" env "LD_PRELOAD=$place/none_behind.so:$MICA_LIBRARY" "$place/host" $how
done
exit $status
