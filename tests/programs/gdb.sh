#!/usr/bin/env bash
# gdb: a program with threads, breakpoints, backtraces and the debugger's own Python. The program under it has mica as well.
# packages: gdb gcc libc6-dev
. "$(dirname "$0")/preload.bash"

workload() {
  cat >work.c <<'EOT'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
struct node { int value; struct node* next; };
static int deep(int n, struct node* list) { return n == 0 ? list->value : deep(n - 1, list) + 1; }
static void* run(void* last) {
  struct node* list = 0;
  for (int i = 0; i < 1000; i++) { struct node* n = malloc(sizeof *n); n->value = i; n->next = list; list = n; }
  *(int*)last = deep(20, list);
  while (list) { struct node* next = list->next; free(list); list = next; }
  return 0;
}
int main(void) {
  int last[3];
  for (int i = 0; i < 3; i++) { pthread_t t; pthread_create(&t, 0, run, &last[i]); pthread_join(t, 0); }
  char* text = strdup("text");
  free(text);
  return last[0] != 1019;
}
EOT
  gcc -g -O0 -pthread work.c -o work
  cat >commands.gdb <<'EOT'
set pagination off
set print thread-events off
set debuginfod enabled off
break deep if n == 0
run
backtrace 3
print *list
print *list->next
python
import hashlib
value, total = gdb.parse_and_eval("list"), 0
while value: total, value = total * 31 % 1000003 + int(value["value"]), value["next"]
print(total, hashlib.sha256(gdb.execute("info types node", to_string=True).encode()).hexdigest())
print(len(gdb.execute("disassemble main", to_string=True).splitlines()))
end
continue
info locals
delete
finish
continue
EOT
  HOME=$PWD under gdb -nx -batch -x commands.gdb ./work 2>/dev/null | grep -Ev '^warning|libthread_db|0x|^\[|LWP'
}
compare
