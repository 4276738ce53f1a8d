#!/usr/bin/env bash
# go with cgo: the compiler, whose memory is its own, calls the C compiler; the program's goroutines allocate in C.
# packages: golang-go gcc libc6-dev
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >main.go <<'EOT'
package main

/*
#include <stdlib.h>
#include <string.h>
static char *twice(const char *s) { size_t n = strlen(s); char *p = malloc(2 * n + 1); memcpy(p, s, n); memcpy(p + n, s, n + 1); return p; }
*/
import "C"
import (
	"crypto/sha256"
	"fmt"
	"os/exec"
	"sync"
	"unsafe"
)

func work(n int) string {
	h := sha256.New()
	for i := 0; i < 20000; i++ {
		s := C.CString(fmt.Sprintf("text %d of %d", i, n))
		t := C.twice(s)
		C.free(unsafe.Pointer(s))
		h.Write([]byte(C.GoString(t)))
		C.free(unsafe.Pointer(t))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func main() {
	found := make([]string, 8)
	var all sync.WaitGroup
	for i := range found {
		all.Add(1)
		go func() { defer all.Done(); found[i] = work(i) }()
	}
	all.Wait()
	for _, f := range found {
		fmt.Println(f)
	}
	for i := 0; i < 20; i++ {
		out, err := exec.Command("/bin/echo", "child", fmt.Sprint(i)).Output()
		fmt.Print(string(out), err, "\n")
	}
}
EOT
  sed -i 's/go func() { defer/i := i; go func() { defer/' main.go
  HOME=$PWD GOCACHE=$PWD/cache CGO_ENABLED=1 GO111MODULE=off GOTOOLCHAIN=local under go build -p 2 -o work main.go
  under ./work
}
compare
