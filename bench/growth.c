/* growth.c -- one block grown by realloc in steps.
 *
 * usage: growth [untouched|touch [FROM_MIB [TO_MIB [STEP_MIB]]]]         default untouched 1 1024 8
 * untouched: only the first and the last byte of each size are written. touch: also the first byte of every new page after
 * each step, and all of them are checked at the end.
 * `time` is milliseconds of processor time, user and system. */
#include BENCH_BLOCKS

enum { PAGE = 4096 };

/* What the first byte of a page holds; in the first page, what block_resize writes there. */
static char page_mark(size_t at) { return (char)(1 + at / PAGE % 126); }

int main(int argc, char** argv) {
  int touch = argc > 1 && strcmp(argv[1], "touch") == 0;
  size_t from = argument(argc, argv, 2, 1) << 20;
  size_t to = argument(argc, argv, 3, 1024) << 20;
  size_t step = argument(argc, argv, 4, 8) << 20;
  if (from == 0 || step == 0 || to < from) give_up("arguments");
  blocks_begin(to, 0);
  struct measured begun = measured_begin();
  char* block = NULL;
  size_t touched = 0;
  for (size_t size = from;; size = size + step < to ? size + step : to) {
    block = block_resize(block, size);
    for (; touch && touched < size; touched += PAGE) block[touched] = page_mark(touched);
    if (size == to) break;
  }
  double seconds = cpu_seconds() - begun.cpu;
  for (size_t at = 0; at < touched; at += PAGE) {
    if (block[at] != page_mark(at)) give_up("realloc lost the content");
  }
  block_release(block);
  report(&begun, seconds * 1e3);
  return 0;
}
