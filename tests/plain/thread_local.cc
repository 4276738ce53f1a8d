// thread_local.cc -- C++ objects of thread storage: their destructors, and those of static objects, allocate and free after the
// thread's own code has ended.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/check.h"

namespace {

std::atomic<int> destroyed{0};

struct Late {
  std::map<int, std::string> entries;
  std::unique_ptr<std::vector<int>> handed;
  ~Late() {
    std::vector<std::string> copies;
    for (const auto& entry : entries) copies.push_back(entry.second + " and something to make it longer than it was");
    for (int i = 0; i < 300; i++) CHECK(copies[static_cast<size_t>(i)].compare(0, 4, "text") == 0);
    handed.reset();
    CHECK(copies.size() == 300);
    destroyed++;
  }
};

thread_local Late first;
thread_local Late second;

void use(Late& late) {
  for (int i = 0; i < 300; i++) late.entries[i] = "text of entry number " + std::to_string(i);
  late.handed = std::make_unique<std::vector<int>>(10000, 7);
}

struct Last {
  ~Last() {
    std::vector<std::string> some(1000, "a text that does not fit in the string itself");
    CHECK(some[999].size() == 45);
    CHECK(destroyed == 2 * 41);
    SHOWN("thread_local: destructors of thread_local and static objects allocate and free");
  }
};

Last last;

} // namespace

int main() {
  for (int round = 0; round < 10; round++) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
      threads.emplace_back([] {
        use(first);
        use(second);
      });
    }
    for (auto& thread : threads) thread.join();
  }
  CHECK(destroyed == 2 * 40);
  use(first);
  use(second);
  return 0;
}
