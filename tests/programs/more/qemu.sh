#!/usr/bin/env bash
# qemu-user: a program with threads, translated; the emulator has mica, and so has the program in it.
# packages: qemu-user gcc libc6-dev
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >work.c <<'EOT'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void* run(void* arg) {
  unsigned seed = (unsigned)(size_t)arg, sum = 0;
  char* p[500] = {0};
  for (int i = 0; i < 300000; i++) {
    seed = seed * 1103515245u + 12345u;
    int at = (int)(seed >> 16) % 500, n = (int)(seed >> 8) % 3000 + 1;
    if (p[at]) sum += (unsigned char)p[at][0];
    free(p[at]);
    p[at] = malloc((size_t)n);
    memset(p[at], i, (size_t)n);
  }
  for (int i = 0; i < 500; i++) free(p[i]);
  return (void*)(size_t)sum;
}
int main(void) {
  pthread_t t[4];
  for (size_t i = 0; i < 4; i++) pthread_create(&t[i], 0, run, (void*)(i + 1));
  for (int i = 0; i < 4; i++) { void* sum; pthread_join(t[i], &sum); printf("%zu\n", (size_t)sum); }
}
EOT
  gcc -O1 -pthread work.c -o work
  under "qemu-$(uname -m)" ./work
}
compare
