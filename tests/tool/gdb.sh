#!/usr/bin/env bash
# gdb's commands for mica, on a process and on a core file of it, from the build folder and installed; what they say where they
# cannot look.
set -uo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tool/lines.bash
. tests/tool/lines.bash
command -v gdb >/dev/null || { pass "left out: there is no gdb" && exit 0; }
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cat >"$place/main.c" <<'EOC'
#include <mica.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
typedef struct pw_page_s mica_page_t;
char *block, *freed, *kept[20], *foreign;
void* in_heap;
mi_heap_t *heap, *main_heap;
mica_page_t* page;
mica_where_t where;
static pthread_barrier_t barrier;
static void* other(void* argument) {
  foreign = malloc(3000);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return argument;
}
__attribute__((noinline)) static void stop(void) { __asm__ volatile(""); }
int main(void) {
  pthread_t thread;
  for (int i = 0; i < 20; i++) kept[i] = malloc(700);
  block = strcpy(malloc(100), "a text");
  freed = kept[7];
  free(freed);
  heap = mi_heap_new();
  main_heap = mi_heap_main();
  mi_heap_set_limit(heap, 64 << 20);
  in_heap = mi_heap_malloc(heap, 5000);
  page = (mica_page_t*)block;
  where.size = sizeof where;
  mica_where(block + 3, &where);
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, other, NULL);
  pthread_barrier_wait(&barrier);
  stop();
  pthread_barrier_wait(&barrier);
  pthread_join(thread, NULL);
  return 0;
}
EOC
gcc -g -O0 -o "$place/program" "$place/main.c" -Iinclude "$build/libmica.so" -Wl,-rpath,"$build" -pthread
gcc -g -O0 -static -o "$place/static" "$place/main.c" -Iinclude "$build/libmica.a" -pthread
gcc -g -o "$place/bare" -x c - <<<'int main(void) { return 0; }'
quiet=(gdb -nx -batch -iex "set debuginfod enabled off" -iex "set auto-load safe-path $build:/usr/share/gdb/auto-load:/usr/lib")
looks=(-ex "mica where block" -ex "mica where block+5" -ex "mica block freed" -ex "mica block in_heap" -ex "mica classes" -ex "mica heaps"
  -ex "mica threads" -ex "p heap" -ex "p main_heap" -ex "p page" -ex "p where" -ex "mica where foreign")

# all NAME TEXT: what these commands say.
all() {
  like "$1: where" '0x[0-9a-f]+: a block of 112 bytes, in use; page 0x[0-9a-f]+ of thread 0x[0-9a-f]+, .*' "$2"
  like "$1: where, in the middle" '0x[0-9a-f]+: 5 bytes into the block of 112 bytes at 0x[0-9a-f]+, in use; .*' "$2"
  like "$1: block" 'block   0x[0-9a-f]+, (704|[0-9]+) bytes, number [0-9]+ of its page; 0x[0-9a-f]+ is 0 bytes into it' "$2"
  like "$1: a block's state" 'state   free, in a thread.s cache.*' "$2"
  like "$1: a block's thread" 'owner   thread [0-9]+ \(LWP [0-9]+\)' "$2"
  like "$1: another block's state" 'state   in use.*' "$2"
  like "$1: a block's heap" 'heap    0x[0-9a-f]+' "$2"
  like "$1: classes" ' *[0-9]+ +5120 +1 +1 +0 +0 +0' "$2"
  like "$1: classes, a freed block" ' *[0-9]+ +(704|768) +1 +19 +[0-9]+ +0 +0' "$2"
  like "$1: heaps" ' *0x[0-9a-f]+ +[0-9]+ +1 +64\.0 KiB +5\.0 KiB +64\.0 MiB +1' "$2"
  same "$1: threads" "2" "$(grep -cE '^ *[0-9]+ \(LWP [0-9]+\) +0x' <<<"$2")"
  like "$1: a heap printed" '\$[0-9]+ = 0x[0-9a-f]+ \(heap [0-9]+, 1 page, 5\.0 KiB in blocks, limit 64\.0 MiB\)' "$2"
  like "$1: the main heap printed" '\$[0-9]+ = 0x[0-9a-f]+ \(a main heap, or none\)' "$2"
  like "$1: a page printed" '\$[0-9]+ = 0x[0-9a-f]+ \(a block of 112 bytes, .*' "$2"
  like "$1: a mica_where_t printed" '\$[0-9]+ = 0x[0-9a-f]+: 3 bytes into the block of 112 bytes .*' "$2"
  like "$1: another thread's block" '0x[0-9a-f]+: a block of 30[0-9]* bytes, in use.*|0x[0-9a-f]+: a block of 3[0-9]* bytes, in use.*' "$2"
}

all "a process" "$("${quiet[@]}" -ex "break stop" -ex run "${looks[@]}" -ex "generate-core-file $place/core" "$place/program" 2>&1)"
all "a core file" "$("${quiet[@]}" "${looks[@]}" "$place/program" "$place/core" 2>&1)"
all "a static program" "$("${quiet[@]}" -ex "source $build/libmica.so.$(sed -n 's/^#define MICA_VERSION_STRING "\(.*\)"/\1/p' include/mica/base.h)-gdb.py" \
  -ex "break stop" -ex run "${looks[@]}" "$place/static" 2>&1)"
# What runs on is looked at anew.
again=$("${quiet[@]}" -ex "break stop" -ex run -ex "mica where block" -ex "call (void)free(block)" -ex "mica where block" "$place/program" 2>&1)
same "before a free and after it" "1 of 2" "$(grep -c ': a block of 112 bytes, in use' <<<"$again") of $(grep -c '^0x[0-9a-f]*: ' <<<"$again")"

# Installed, and moved: by name.
cmake --install "$build" --prefix "$place/first" >/dev/null
mv "$place/first" "$place/moved"
script=$place/moved/libexec/mica/mica_gdb.py
installed=$(cd / && "${quiet[@]}" -ex "source $script" -ex "break stop" -ex run "${looks[@]}" "$place/static" 2>&1)
all "installed" "$installed"

# Where they cannot look.
source=(-ex "source $script")
like "no process" 'mica: there is no process and no core file' "$("${quiet[@]}" "${source[@]}" -ex "mica classes" "$place/bare" 2>&1)"
like "no mica" 'mica: .*' "$("${quiet[@]}" "${source[@]}" -ex "break main" -ex run -ex "mica classes" "$place/bare" 2>&1)"
like "no address" 'usage: mica where ADDRESS' "$("${quiet[@]}" "${source[@]}" -ex "break main" -ex run -ex "mica where" "$place/bare" 2>&1)"
like "in no block" 'mica: 0x10 is in no block: .*' "$("${quiet[@]}" "${source[@]}" -ex "break stop" -ex run -ex "mica block 16" "$place/static" 2>&1)"
cp "$script" "$place/alone.py"
like "no reader" 'mica: libmica-reader\.so is not there: .*' "$("${quiet[@]}" -ex "source $place/alone.py" -ex "break main" -ex run -ex "mica heaps" "$place/bare" 2>&1)"
ends
