// client.cc -- a program for a malloc that stands in front of mica: it makes blocks in every way that a program has, reads what
// it has written, and gives them back, in two threads.
//
// usage: client [made]: prints "ok"; made: and how many blocks wrapper.c has counted, if that many were to be seen.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

struct alignas(64) wide {
  char bytes[64];
};

static void fail(const char* what) {
  printf("wrong contents: %s\n", what);
  exit(1);
}

// A block that holds the text; grown, read and freed.
static void use(const char* what, char* text) {
  char expected[40];
  strcpy(expected, text);
  text = static_cast<char*>(realloc(text, 300));
  if (strcmp(text, expected) != 0) fail(what);
  free(text);
}

static void work(int rounds) {
  for (int i = 0; i < rounds; i++) {
    char number[20];
    snprintf(number, sizeof number, "number %d", i);
    use("strdup", strdup(number));
    use("strndup", strndup(number, 8));
    use("realpath", realpath("/usr/..", nullptr));
    char* text = nullptr;
    if (asprintf(&text, "%s!", number) < 0) fail("asprintf");
    use("asprintf", text);
    use("reallocarray", strcpy(static_cast<char*>(reallocarray(nullptr, 5, 8)), number));
    use("calloc", strcpy(static_cast<char*>(calloc(5, 8)), number));
    const std::unique_ptr<std::string> string(new std::string(static_cast<size_t>(i), 'x'));
    if (string->size() != static_cast<size_t>(i)) fail("new");
    const std::unique_ptr<wide[]> several(new wide[3]);
    memset(several.get(), i, 3 * sizeof(wide));
    delete new (std::nothrow) int(i);
    if (several[2].bytes[63] != static_cast<char>(i)) fail("aligned new");
  }
}

int main(int count, char**) {
  enum { ROUNDS = 500, BLOCKS_OF_A_ROUND = 14 };
  std::thread other(work, ROUNDS);
  work(ROUNDS);
  other.join();
  long* const made = static_cast<long*>(dlsym(RTLD_DEFAULT, "wrapper_made"));
  if (count > 1) {
    if (made == nullptr) fail("there is no wrapper");
    if (*made < 2 * ROUNDS * BLOCKS_OF_A_ROUND) fail("the wrapper has not seen all blocks");
  }
  puts("ok");
}
