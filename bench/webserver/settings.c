/* settings.c -- see settings.h. */
#include "settings.h"

#include "counters.h"
#include "memory.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings settings = {
    .root = ".",
    .address = "127.0.0.1",
    .log = "",
    .timeout = 30,
    .longest_uri = 4096,
    .cache = {.limit = 64u << 20, .page = 16u << 10, .looked_each = 1000, .way = &order_lru},
};

enum { MOST_THREADS = COUNTING_THREADS - 8 };

static _Noreturn void usage(const char* program) {
  fprintf(stderr,
          "usage: %s [OPTION...]\n"
          "  --root DIR           files below it are served (default: .)\n"
          "  --address ADDRESS    IPv4 address to listen at (127.0.0.1)\n"
          "  --port N             0: any that is free; it is printed (0)\n"
          "  --threads N          that serve (as many as processors)\n"
          "  --memory %s\n"
          "                       where a request's memory comes from\n"
          "  --pool-block BYTES   of a pool's blocks (0: what a pool takes by itself)\n"
          "  --cache BYTES        bound of the cache; K, M, G may follow (64M)\n"
          "  --layout pages|whole each file in pages, or in one block (pages)\n"
          "  --page BYTES         of a page (16K)\n"
          "  --frames keep|give   a free page is kept by the cache, or goes back to the allocator (keep)\n"
          "  --evict lru|lfu      what goes first: used longest ago, or least often (lru)\n"
          "  --revalidate MS      how often a kept file is compared with the disk, at most (1000)\n"
          "  --timeout SECONDS    that a connection may be silent (30)\n"
          "  --longest-uri BYTES  (4096)\n"
          "  --log FILE           access log, appended to (none)\n",
          program, memory_ways);
  exit(2);
}

/* A number up to most, with K, M or G behind it for bytes. */
static size_t number(const char* program, const char* name, const char* text, size_t most) {
  char* end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  static const char units[] = "KMG";
  const char* unit = *end == 0 ? NULL : strchr(units, *end);
  size_t shift = unit == NULL ? 0 : 10 * (size_t)(unit - units + 1);
  if (unit != NULL) end++;
  if (errno != 0 || end == text || *end != 0 || text[0] == '-' || value > most >> shift) {
    fprintf(stderr, "%s: --%s: not a number in its range: %s\n", program, name, text);
    exit(2);
  }
  return (size_t)value << shift;
}

static const struct option options[] = {
    {"root", required_argument, NULL, 'r'},       {"address", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},       {"threads", required_argument, NULL, 't'},
    {"memory", required_argument, NULL, 'm'},     {"pool-block", required_argument, NULL, 'b'},
    {"cache", required_argument, NULL, 'c'},      {"layout", required_argument, NULL, 'l'},
    {"page", required_argument, NULL, 'g'},       {"evict", required_argument, NULL, 'e'},
    {"revalidate", required_argument, NULL, 'v'}, {"timeout", required_argument, NULL, 'o'},
    {"log", required_argument, NULL, 'f'},        {"longest-uri", required_argument, NULL, 'u'},
    {"frames", required_argument, NULL, 'k'},     {NULL, 0, NULL, 0},
};

/* Which of two words it is; ends the program if neither. */
static bool is_first(const char* program, const char* text, const char* first, const char* second) {
  if (strcmp(text, first) != 0 && strcmp(text, second) != 0) usage(program);
  return strcmp(text, first) == 0;
}

void settings_read(int argc, char** argv) {
  const char* program = argv[0];
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  settings.threads = processors > 0 && processors < MOST_THREADS ? (unsigned)processors : 2;
  settings.memory = memory_default;
  bool is_whole = false;
  for (int c, index; (c = getopt_long(argc, argv, "", options, &index)) != -1;) {
    if (c == '?') usage(program);
    const char* name = options[index].name;
    switch (c) {
    case 'r': settings.root = optarg; break;
    case 'a': settings.address = optarg; break;
    case 'm': settings.memory = optarg; break;
    case 'f': settings.log = optarg; break;
    case 'p': settings.port = (unsigned)number(program, name, optarg, 65535); break;
    case 't': settings.threads = (unsigned)number(program, name, optarg, MOST_THREADS); break;
    case 'o': settings.timeout = (unsigned)number(program, name, optarg, 86400); break;
    case 'b': settings.pool_block = number(program, name, optarg, 1u << 28); break;
    case 'c': settings.cache.limit = number(program, name, optarg, SIZE_MAX / 2); break;
    case 'g': settings.cache.page = number(program, name, optarg, 1u << 30); break;
    case 'v': settings.cache.looked_each = (long long)number(program, name, optarg, 1u << 30); break;
    case 'u': settings.longest_uri = number(program, name, optarg, 1u << 20); break;
    case 'k': settings.cache.gives_back = !is_first(program, optarg, "keep", "give"); break;
    case 'l': is_whole = !is_first(program, optarg, "pages", "whole"); break;
    default: settings.cache.way = is_first(program, optarg, "lru", "lfu") ? &order_lru : &order_lfu;
    }
  }
  if (optind != argc || settings.threads == 0 || settings.cache.page < sizeof(void*)) usage(program);
  if (is_whole) settings.cache.page = 0;
}
