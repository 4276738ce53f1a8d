/* strings.c -- many strings grow by small appends, each a realloc.
 *
 * usage: strings [APPENDS [STRINGS]]         default 25000000 1000
 * An append takes a random one of STRINGS and makes it 1 to 64 bytes longer, to the byte, and writes them. A string that has
 * grown past a limit of its own, 64 bytes to 4 KiB, is given back, and begins again from nothing. A string is of one letter
 * all through but for the first byte; that is checked before it goes.
 * `time` is nanoseconds of wall time per append. */
#include BENCH_BLOCKS

enum { LONGEST_APPEND = 64, SHORTEST = 64, LIMITS = 4096 - SHORTEST + 1, ROOM = 4096 + LONGEST_APPEND };

struct string {
  char* text; /* or NULL */
  size_t length;
  size_t limit;
  char letter;
};

static void string_begin(struct string* s, uint64_t word) {
  s->text = NULL;
  s->length = 0;
  s->limit = SHORTEST + random_below(word, LIMITS);
  s->letter = (char)('a' + word % 26);
}

static void string_end(struct string* s) {
  if (s->length > 2 && (s->text[1] != s->letter || memcmp(s->text + 1, s->text + 2, s->length - 2) != 0)) {
    give_up("a string has lost its content");
  }
  block_release(s->text);
}

static void string_append(struct string* s, size_t more) {
  s->text = block_resize(s->text, s->length + more);
  memset(s->text + s->length, s->letter, more);
  s->length += more;
}

int main(int argc, char** argv) {
  size_t appends = argument(argc, argv, 1, 25000000);
  size_t count = argument(argc, argv, 2, 1000);
  if (appends == 0 || count == 0) give_up("arguments");
  struct string* strings = table_new(count, sizeof *strings);
  uint64_t random = random_seed(0);
  for (size_t i = 0; i < count; i++) string_begin(&strings[i], random_next(&random));
  blocks_begin(ROOM, 0);
  struct measured begun = measured_begin();
  for (size_t i = 0; i < appends; i++) {
    uint64_t word = random_next(&random);
    struct string* s = &strings[random_below(word, count)];
    string_append(s, 1 + (size_t)(word % LONGEST_APPEND));
    if (s->length <= s->limit) continue;
    string_end(s);
    string_begin(s, random_next(&random));
  }
  report_wall(&begun, 1e9 / (double)appends);
  for (size_t i = 0; i < count; i++) string_end(&strings[i]);
  return 0;
}
