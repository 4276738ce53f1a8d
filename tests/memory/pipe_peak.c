/* pipe_peak.c -- one thread allocates, another frees, a bounded number of blocks on the way: the peak stays bounded.
 *
 * usage: pipe_peak [BLOCKS [ALLOWED_MIB]]         default 50000000 64; BLOCKS is a multiple of 64 */
#include "../../bench/ring.h"
#include "report.h"

static struct ring ring;

int main(int argc, char** argv) {
  size_t total = argument(argc, argv, 1, 50000000);
  ring_run(&ring, total);
  return check_mib("pipe/peak", peak_kib(), argument(argc, argv, 2, 64));
}
