/* growth.c -- one block grown by realloc in steps.
 *
 * usage: growth [untouched|touch [FROM_MIB [TO_MIB [STEP_MIB]]]]         default untouched 1 1024 8
 * touch: write the first byte of every new page after each step, and check all of them at the end.
 * Prints milliseconds of processor time (user and system), the peak and the page faults. */
#include "measure.h"

enum { PAGE = 4096 };

int main(int argc, char** argv) {
  int touch = argc > 1 && strcmp(argv[1], "touch") == 0;
  size_t from = argument(argc, argv, 2, 1) << 20;
  size_t to = argument(argc, argv, 3, 1024) << 20;
  size_t step = argument(argc, argv, 4, 8) << 20;
  if (from == 0 || step == 0 || to < from) give_up("arguments");
  double start = cpu_seconds();
  char* block = NULL;
  size_t touched = 0;
  for (size_t size = from;; size = size + step < to ? size + step : to) {
    block = realloc(block, size);
    if (block == NULL) give_up("realloc returned NULL");
    for (; touch && touched < size; touched += PAGE) block[touched] = (char)(touched / PAGE % 127);
    if (size == to) break;
  }
  double seconds = cpu_seconds() - start;
  for (size_t at = 0; at < touched; at += PAGE) {
    if (block[at] != (char)(at / PAGE % 127)) give_up("realloc lost the content");
  }
  free(block);
  say("time=%.1f peak_kib=%zu faults=%ld\n", seconds * 1e3, peak_kib(), page_faults());
  return 0;
}
