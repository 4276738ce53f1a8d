#!/usr/bin/env bash
# mica run: the program's own output and exit status, mica in it, its settings; from the build folder and installed, wherever the
# tree lies; and what it says where preloading has no effect.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
soname=$(basename "$(echo "$build"/libmica.so.*.*[0-9])")
soname=${soname%.*}
mapped() { sed -n "s|.* \(/.*/lib[a-z-]*mica[^/]*\)$|\1|p" | sort -u | tr '\n' ' '; }
maps=(cat /proc/self/maps)

# ---- what the program does ----
same "the output" "0: hello" "$(said "$mica" run echo hello)"
same "the arguments" "0: a b|c|" "$(said "$mica" run printf '%s|%s|' 'a b' c)"
same "options of the program's" "0: --stats" "$(said "$mica" run echo --stats)"
same "a command behind --" "0: hello" "$(said "$mica" run -- echo hello)"
same "the exit status" "7: " "$(said "$mica" run sh -c 'exit 7')"
same "no such program" "127: mica run: no-such-program: there is no such program" "$(said "$mica" run no-such-program)"
same "an empty name" "127: mica run: : there is no such program" "$(said "$mica" run '')"
same "what may not be run" "126: mica run: /etc/passwd: Permission denied" "$(said "$mica" run /etc/passwd)"
same "no program" "2: mica run: run what? (mica help run)" "$(said "$mica" run --stats)"
same "an unknown option" "2: mica run: no option --stat-s (mica help run)" "$(said "$mica" run --stat-s true)"
same "a bad limit" "2: mica run: --limit much: a number of KiB, or one that ends in K, M or G (mica help run)" "$(said "$mica" run --limit much true)"
same "no limit" "2: mica run: --limit needs a value (mica help run)" "$(said "$mica" run --limit)"
same "a bad variant" "2: mica run: no variant 'fast': there are release, debug, secure and valgrind (mica help run)" \
  "$(said "$mica" run --variant fast true)"
same "a comma" "2: mica run: --profile=a,b: a name of a file, without a comma (mica help run)" "$(said "$mica" run --profile=a,b true)"

# ---- mica in it, and its settings ----
same "mica in the process" "$build/libmica.so.$(sed 's/libmica.so.//' <<<"$soname").$(sed -n 's/^#define MICA_VERSION_PATCH //p' include/mica/base.h) " \
  "$("$mica" run "${maps[@]}" | mapped)"
same "a script" "yes" "$(printf '#!/bin/sh\ngrep -q libmica /proc/self/maps && echo yes\n' >"$place/script" && chmod +x "$place/script" && "$mica" run "$place/script" 2>&1)"
same "a script that names no reader" "yes" "$(printf 'grep -q libmica /proc/self/maps && echo yes\n' >"$place/script" && "$mica" run "$place/script" 2>&1)"
same "what is preloaded already" "LD_PRELOAD=$build/$soname:libm.so.6" "$(LD_PRELOAD=libm.so.6 "$mica" run env | grep ^LD_PRELOAD)"
same "MICA_DEEPBIND" "ignore" "$("$mica" run printenv MICA_DEEPBIND)"
same "MICA_DEEPBIND of the user's" "" "$(MICA_DEEPBIND='' "$mica" run printenv MICA_DEEPBIND)"
same "no other setting" "MICA_DEEPBIND=ignore " "$("$mica" run env | grep ^MICA_ | tr '\n' ' ')"
like "--stats" ' *[a-z].*[0-9].*' "$("$mica" run --stats perl -e 1 2>&1 >/dev/null)"
same "--limit" "64M" "$("$mica" run --limit 64M printenv MICA_MEMORY_LIMIT)"
same "a limit holds" "no memory" "$("$mica" run --limit 64M python3 -c '
try: print(len(bytes(200 << 20)))
except MemoryError: print("no memory")' 2>&1)"
same "--profile" "$place/mica.%p.heap" "$(cd "$place" && "$mica" run --profile env | sed -n 's/^MICA_PROFILE=//p')"
same "--profile=FILE --leaks" "$place/y,leaks" "$("$mica" run --profile="$place/y" --leaks env | sed -n 's/^MICA_PROFILE=//p')"
same "--leaks" ",leaks" "$("$mica" run --leaks env 2>/dev/null | sed -n 's/^MICA_PROFILE=//p')"

# ---- installed, and moved; in folders with blanks and colons, too ----
cmake --install "$build" --prefix "$place/first" >/dev/null
for name in moved 'a blank' 'a:colon' 'a $LIB'; do
  rm -rf "${place:?}/$name"
  cp -a "$place/first" "$place/$name"
  found=$(XDG_RUNTIME_DIR='' "$place/$name/bin/mica" run "${maps[@]}" 2>&1 | mapped)
  like "installed in $name" "$place/$(sed 's/\$/\\$/' <<<"$name")/lib[a-z0-9_/-]*/libmica.so[.0-9]* " "$found"
done
links=$(readlink "/tmp/mica-$(id -u)"/* | grep -c "^$place/a")
same "a link for each" "3" "$links"
"$place/a blank/bin/mica" run true
same "and no more of them" "3" "$(readlink "/tmp/mica-$(id -u)"/* | grep -c "^$place/a")"
same "children of the program" "yes" "$("$place/a blank/bin/mica" run sh -c 'sh -c "grep -q libmica /proc/self/maps && echo yes"')"
for link in "/tmp/mica-$(id -u)"/*; do case "$(readlink "$link")" in "$place"/*) rm -f "$link" ;; esac done
library=$(find "$place/moved" -name "$soname")
cp "$library" "$(dirname "$library")/libmica-secure.so.${soname#libmica.so.}"
like "another variant" ".*/libmica-secure\.so[.0-9]* " "$("$place/moved/bin/mica" run --variant secure "${maps[@]}" | mapped)"
mkdir "$place/alone" && cp "$mica" "$place/alone"
same "no library" "1: mica run: there is no library: no $soname in $place/alone/.. or in $place/alone/$(realpath --relative-to="$place/moved/bin" "$(dirname "$library")")" \
  "$(said "$place/alone/mica" run true)"
like "no library of the variant" "1: mica run: there is no library: no libmica-debug\.so.* in .*" "$(said "$place/moved/bin/mica" run --variant debug true)"
same "no script" "1" "$(said "$place/alone/mica" report x | grep -c '^1: mica report: the script is missing: no mica-report in ')"

mkdir -p "$place/open/mica-$(id -u)" && chmod 777 "$place/open/mica-$(id -u)"
same "a folder for links that is everybody's" "1: mica run: $place/a blank/${library#"$place/moved/"}: its path has a blank, a colon or a dollar, and there is no folder for a link to it" \
  "$(XDG_RUNTIME_DIR=$place/open said "$place/a blank/bin/mica" run true)"

# ---- no effect ----
echo 'int main(void) { return 3; }' >"$place/main.c"
gcc -static -o "$place/static" "$place/main.c"
same "a static program" "3: mica run: preloading has no effect on $place/static: it is linked statically: there is no dynamic linker that would look at LD_PRELOAD; link it with libmica.a" \
  "$(said "$mica" run "$place/static")"
gcc -static-pie -o "$place/static" "$place/main.c"
like "a static program at any address" "3: mica run: preloading has no effect on .*: it is linked statically: .*" "$(said "$mica" run "$place/static")"
gcc -static -o "$place/holds" "$place/main.c" "$build/libmica.a" -Wl,--undefined=mi_malloc -pthread
same "a static program that holds mica" "3: " "$(said "$mica" run "$place/holds")"
printf '#!%s\n' "$place/static" >"$place/script"
like "a script of a static reader" "3: mica run: preloading has no effect on $place/script: its reader $place/static is linked statically: .*" "$(said "$mica" run "$place/script")"
printf '#include <stdlib.h>\nstatic char m[1000000]; static size_t n;\nvoid* malloc(size_t s) { n += 16; return m + (n += s & ~15UL); }\nvoid free(void* p) { (void)p; }\nint main(void) { return 3; }\n' >"$place/own.c"
gcc -w -o "$place/own" "$place/own.c"
like "a malloc of its own" "3: mica run: preloading has not its full effect on .*/own: it defines malloc itself, which comes before any library's" "$(said "$mica" run "$place/own")"
gcc -w -fvisibility=hidden -o "$place/own" "$place/own.c"
like "a hidden malloc of its own" "3: mica run: preloading has not its full effect on .*/own: it defines a malloc that it alone calls: .*" "$(said "$mica" run "$place/own")"
gcc -fsanitize=address -o "$place/asan" "$place/main.c"
like "a sanitizer" "[0-9]*: mica run: preloading has not its full effect on .*/asan: it is built with AddressSanitizer, which has a malloc of its own" "$(said "$mica" run "$place/asan")"
printf '\x7fELF\x01\x01\x01' >"$place/foreign"
head -c 200 /dev/zero >>"$place/foreign"
chmod +x "$place/foreign"
like "no program" "12[67]: mica run: preloading has no effect on .*/foreign: it is no ELF program, and no script that names one" "$(said "$mica" run "$place/foreign")"
if [ "$(id -u)" -eq 0 ]; then
  gcc -o "$place/raises" "$place/main.c"
  chmod 4755 "$place/raises"
  same "setuid, by its owner" "3: " "$(said "$place/moved/bin/mica" run "$place/raises")"
  nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  same "setuid" "3: mica run: preloading has no effect on $place/raises: it runs with more rights than its caller (setuid): the dynamic linker passes over LD_PRELOAD" \
    "$(said "${nobody[@]}" "$place/moved/bin/mica" run "$place/raises")"
  same "setuid, where that is off" "3: " "$(said "${nobody[@]}" --no-new-privs "$place/moved/bin/mica" run "$place/raises")"
  chmod 4711 "$place/raises"
  like "setuid, and not to be read" "3: mica run: preloading has no effect on .*" "$(said "${nobody[@]}" "$place/moved/bin/mica" run "$place/raises")"
  mkdir -m 755 "$place/taken" && mkdir -m 777 "$place/taken/mica-65534"
  same "a folder for links that is another's" "1" \
    "$(said "${nobody[@]}" env XDG_RUNTIME_DIR="$place/taken" "$place/a blank/bin/mica" run true | grep -c "no folder for a link\|^0:")"
fi
ends
