// new_handler_frees.cc -- a new-handler that frees a reserve lets the allocation succeed. Address space is limited, so that
// memory really runs out.

#include <cstddef>
#include <mica.h>
#include <new>
#include <sys/resource.h>

#include "tests/support/check.h"

namespace {

constexpr std::size_t kReserve = 200u << 20;
constexpr std::size_t kWanted = 150u << 20;
char* reserve;
int calls;

void free_the_reserve() {
  calls++;
  if (reserve == nullptr) {
    std::set_new_handler(nullptr);
    return;
  }
  ::operator delete(reserve);
  reserve = nullptr;
}

} // namespace

int main() {
  reserve = static_cast<char*>(::operator new(kReserve));
  CHECK(reserve != nullptr);
  const rlimit limit = {600u << 20, 600u << 20};
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  std::set_new_handler(free_the_reserve);
  char* blocks[16] = {};
  int made = 0;
  bool ended = false;
  while (!ended && made < 16) {
    try {
      blocks[made] = static_cast<char*>(::operator new(kWanted));
      blocks[made][0] = blocks[made][kWanted - 1] = 1;
      made++;
    } catch (const std::bad_alloc&) {
      ended = true;
    }
  }
  CHECK(ended);
  CHECK(calls == 2);
  CHECK(reserve == nullptr);
  CHECK(made >= 1);
  for (int i = 0; i < made; i++) ::operator delete(blocks[i]);
  SHOWN("new_handler_frees: a handler that frees its reserve lets operator new succeed, and bad_alloc comes after it");
  return 0;
}
