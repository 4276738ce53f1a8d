/* pipe.c -- one thread allocates, another frees: small blocks (16 to 143 bytes) through a bounded ring.
 *
 * usage: pipe [BLOCKS]         default 50000000; a multiple of 64
 * Prints nanoseconds per block, the peak and the page faults. */
#include "ring.h"

static struct ring ring;

int main(int argc, char** argv) {
  size_t total = argument(argc, argv, 1, 50000000);
  double seconds = ring_run(&ring, total);
  say("time=%.2f peak_kib=%zu faults=%ld\n", seconds * 1e9 / (double)total, peak_kib(), page_faults());
  return 0;
}
