/* clean_cxx.cc -- no bug: containers, strings and shared objects that threads hand to one another; all forms of new. */
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bugs/bug.h"

namespace {

struct alignas(128) wide_t {
  char text[200];
};

std::mutex lock;
std::map<std::string, std::shared_ptr<std::vector<std::string>>> table;

void throw_one(int number) {
  try {
    throw std::runtime_error("thrown by " + std::to_string(number));
  } catch (const std::runtime_error& error) {
    BUG_CHECK(error.what()[0] == 't');
  }
}

void run(int number) {
  for (int i = 0; i < 60; i++) {
    auto strings = std::make_shared<std::vector<std::string>>();
    for (int k = 0; k < i; k++) strings->push_back(std::string(static_cast<size_t>(k * 3), 'x'));
    const std::lock_guard<std::mutex> guard(lock);
    /* The other thread's are freed here. Nothing is left here to drop later, out of the lock: the counter of a shared object
     * orders its owners in a way that helgrind and DRD do not see. */
    table[std::to_string(i)] = std::move(strings);
    if (table.count(std::to_string(i - 3)) != 0) table.erase(std::to_string(i - 3));
  }
  for (int i = 0; i < 20; i++) {
    std::unique_ptr<wide_t> one(new wide_t());
    std::unique_ptr<wide_t[]> some(new wide_t[3]());
    std::unique_ptr<char[]> bytes(new (std::nothrow) char[static_cast<size_t>(i) * 100 + 1]());
    BUG_CHECK(reinterpret_cast<uintptr_t>(one.get()) % 128 == 0 && some[2].text[0] == 0 && bytes[0] == 0);
    throw_one(number);
  }
}

} // namespace

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  throw_one(
      0); /* the compiler's library makes its tables at the first throw, by a pthread_once that helgrind does not know */
  std::thread a(run, 1), b(run, 2);
  a.join();
  b.join();
  table.clear();
  return 0;
}
